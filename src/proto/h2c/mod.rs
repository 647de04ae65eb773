//! How does an HTTP/1.1 request become stream 1 of an HTTP/2 connection? The upgrade to `h2c`, as a server sees it, for a
//! server that knows HTTP/2 but not this way into it.
//!
//! Uses [`http`](super::http) only. Read in this order: [`examine`] (may this request be upgraded; [`Refusal`] says why
//! not), [`Settings`] (what `HTTP2-Settings` says), `fields` and `target` (what the request says, in HTTP/2), [`Body`]
//! (the rest of it; `aside` is what may stand beside its data), and once 101 was answered [`Opening`] (what the server has to receive first) and [`Replay`] (the body,
//! at the server's pace). [`frame`] and `walker` are what the last two stand on.
//! Implements RFC 7540 section 3.2 and of RFC 9113 what it takes to put frames into a connection.
//! Deliberately is no HTTP/2: whatever else the client sends is the server's to judge, and no HPACK state is touched.
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing, clippy::missing_docs_in_private_items, clippy::unwrap_used)]

mod aside;
mod body;
mod fields;
pub mod frame;
mod fuzz;
mod opening;
mod refusal;
mod replay;
mod request;
mod settings;
mod target;
#[cfg(test)]
mod tests;
mod walker;

pub use body::{Body, BodyError, Read};
pub use fuzz::fuzz_h2c;
pub use opening::{Opened, Opening, PREFACE, STREAM};
pub use refusal::Refusal;
pub use replay::Replay;
pub use request::{Framing, Request, examine, validate};
pub use settings::Settings;
