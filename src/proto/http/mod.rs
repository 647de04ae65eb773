//! What does an HTTP/1.1 head say? Request and response heads, header fields and the list grammars inside them.
//!
//! Uses no other room. Read in this order: [`RequestHead`] and [`ResponseHead`] (`head`), [`Headers`] (`headers`),
//! [`list`] (comma-separated lists), [`token`] (the alphabet of them all), and what an upgrade asks for (`upgrade`).
//! Implements RFC 9112 sections 2 to 5 (through `httparse`) and RFC 9110 sections 5.3, 5.6 and 7.8.
//! Deliberately reads no bodies, follows no redirects and knows nothing of frames.
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing, clippy::missing_docs_in_private_items, clippy::unwrap_used)]

mod head;
mod headers;
pub mod list;
pub mod token;
mod upgrade;

pub use head::{HeadError, RequestHead, ResponseHead};
pub use headers::{Headers, Repeated};
pub use upgrade::{asked_protocols, ordinary_head};
