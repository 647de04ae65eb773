//! What do two endpoints agree on about compression, and how do the payloads of messages become smaller and whole again?
//! permessage-deflate (RFC 7692).
//!
//! Uses the grammar of [`handshake::extension`](super::handshake::extension). Read in this order: [`Options`] (what an
//! endpoint wants), [`negotiate`] (offer, acceptance, response), [`Parameters`] (what was agreed on), [`Deflate`] (that as
//! a session sees it), [`Pool`] (compressors and decompressors, shared by the connections of a thread), [`Inflating`] (a
//! message that arrives).
//!
//! It has no clock: whoever owns the pool says when something was not used for long enough ([`Pool::sweep`]). It does not
//! know frames; RSV1 and fragments are the [`session`](super::session)'s.
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing, clippy::missing_docs_in_private_items, clippy::unwrap_used)]

mod compressor;
mod history;
mod inflating;
pub mod negotiate;
mod options;
mod parameters;
mod pool;
#[cfg(test)]
mod tests;

pub use compressor::{Compressor, End, Kind, Tuning};
pub use history::History;
pub use inflating::{Fault, InflateError, Inflating};
pub use negotiate::NegotiationError;
pub use options::{Options, Window};
pub use parameters::{Deflate, Parameters, Side};
pub use pool::{Pool, Tally};

/// The name of the extension.
pub const NAME: &str = "permessage-deflate";

/// What a sender leaves away behind each message, and a receiver puts back (RFC 7692 sections 7.2.1 and 7.2.2).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// The smallest window there is a compressor for: raw deflate cannot keep to 256 bytes.
const COMPRESSOR_BITS_MIN: u8 = 9;
