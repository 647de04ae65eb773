//! Tests of the room, one file per part of the way.
#![allow(
    clippy::cast_possible_wrap,
    clippy::indexing_slicing,
    clippy::large_stack_arrays,
    reason = "a test that panics has failed, as it should"
)]

mod body;
mod opening;
mod properties;
mod replay;
mod request;
mod settings;
mod support;
