//! Who calls `turn()`: the JavaScript loop or an I/O thread, and how the one hands over to the other.
//!
//! [`exchange`] holds the few atomics both sides meet in and nothing else, so that it can be modelled; [`policy`] says
//! when to change; [`thread`] is the I/O thread. The loop's side is the border's business.

pub mod exchange;
pub mod policy;
#[cfg(not(loom))]
pub mod thread;
