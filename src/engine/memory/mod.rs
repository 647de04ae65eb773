//! Memory that both languages look at, and the only room beside `transport` where the engine needs `unsafe`.
//!
//! [`batch`] goes up (events of a turn), [`command`] comes down (what JavaScript asked for), [`ledger`] says how much
//! of what was sent is out; all three lie in an [`arena`]. Nothing here knows sockets or threads.

pub mod arena;
pub mod batch;
pub mod command;
pub mod ledger;
