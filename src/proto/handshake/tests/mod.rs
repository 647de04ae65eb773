//! Does the room keep what it promises? Tables of requests, the document, and properties of any request.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed, as it should"
)]

mod document;
mod extended;
pub(super) mod growth;
mod properties;
mod request;
mod response;
mod strict;
mod ws;
