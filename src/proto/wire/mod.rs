//! What do the bytes of one WebSocket frame say?
//!
//! Uses no other room. Read in this order: [`Opcode`] and [`close_code`] (the names), [`FrameHeader`] (RFC 6455
//! section 5.2), [`mask`] and [`random_key`] (section 5.3), [`Utf8Validator`] (section 8.1). What a *sequence* of frames
//! means, and what is allowed to whom, is the business of [`session`](super::session). `unsafe` is allowed in [`mask`]
//! alone; every other file forbids it.
#![warn(clippy::indexing_slicing, clippy::missing_docs_in_private_items, clippy::unwrap_used)]

pub mod close_code;
mod header;
mod key;
pub mod mask;
mod opcode;
mod utf8;

pub use header::{FrameError, FrameHeader, FramePrefix, LEN_MAX, MAX_HEADER_LEN, SmallFrame};
pub use key::random_key;
pub use opcode::Opcode;
pub use utf8::{Utf8Error, Utf8Validator, is_utf8};

#[cfg(test)]
mod tests;
