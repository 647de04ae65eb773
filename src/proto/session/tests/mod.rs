//! Tests of the session room, by theme. [`support`] writes frames by hand, so that no test trusts our own encoder.

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
