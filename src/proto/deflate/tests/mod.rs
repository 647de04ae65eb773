//! Tests of the deflate room: how endpoints agree, and how few compressors serve many. What becomes of messages is tested
//! where messages are, in the session room.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

mod negotiation;
mod pool;
