//! Tests of the session room, by theme. [`support`] writes frames by hand, so that no test trusts our own encoder.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed, as it should"
)]

mod assembly;
mod closing;
mod compression;
mod control;
mod limits;
mod malformed;
mod messages;
mod pieces;
mod send;
mod support;
