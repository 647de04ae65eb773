//! Tests of the wire room, one file per file of the room.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed, as it should"
)]

mod header;
mod key;
mod mask;
mod names;
mod oracle;
mod utf8;
