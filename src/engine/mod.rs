//! Ring 1: when and where bytes move. Readiness, threads and tokio; knows `proto`, not JavaScript.
//!
//! Read in this order: [`hub`] (who may do what from which thread), [`crossing`] (how one calls the other), [`reactor`]
//! (a turn), [`connection`] (one read, one write), [`memory`] (what both languages look at), [`driver`] (who calls the
//! turn), [`transport`].
#![cfg_attr(not(test), warn(unsafe_code))]

pub mod advances;
pub mod connection;
pub mod crossing;
pub mod deadlines;
pub mod driver;
pub mod fifo;
pub mod hub;
pub mod mailbox;
#[expect(unsafe_code, reason = "memory that JavaScript looks at too")]
pub mod memory;
#[cfg(not(loom))]
pub mod reactor;
#[cfg(loom)]
#[path = "model/reactor.rs"]
pub mod reactor;
pub mod settings;
pub mod sink;
pub mod stats;
pub mod sync;
#[expect(
    unsafe_code,
    reason = "descriptors, uninitialised memory, payloads that JavaScript owns"
)]
pub mod transport;
pub mod warm;

#[cfg(loom)]
pub mod model;
#[cfg(all(test, unix, not(loom)))]
mod tests;
