//! Is this request a WebSocket handshake, and what is the answer? Is this response the answer we asked for? Both sides of
//! the upgrade.
//!
//! Uses [`http`](super::http) only. Read in this order: [`examine`] (bytes in, decision out), [`Rules`], `strict` and
//! `ws` (the two sets of rules), [`examine_stream`] (those of HTTP/2), [`Refusal`] (every cause), [`Answer`] (what the peer is told), [`subprotocol`] and
//! [`extension`] (the two grammars), [`accept_key`]; and for clients [`confirm`].
//! Implements RFC 6455 sections 4.1 (what a client makes of a response), 4.2, 9.1 and 11.3, and RFC 8441 sections 4 and 5.
//! Deliberately writes nothing, chooses no subprotocol and accepts no extension: that is the application's, and the
//! answer is put together where the application had its say.
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing, clippy::missing_docs_in_private_items, clippy::unwrap_used)]

mod accept_key;
mod answer;
mod extended;
pub mod extension;
mod fuzz;
mod refusal;
mod response;
mod rules;
mod strict;
pub mod subprotocol;
#[cfg(test)]
mod tests;
mod ws;

pub use accept_key::{accept_key, is_key};
pub use answer::{Answer, Stage};
pub use extended::{AcceptedStream, Pseudo, examine_stream};
pub use fuzz::fuzz_handshake;
pub use refusal::Refusal;
pub use response::{Asked, Mismatch, Opened, confirm};
pub use rules::{Accepted, Rules, examine, validate};
