//! What a call to the hub has led to.

use crate::engine::transport::Token;
use std::time::Instant;

/// What a turn left.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent")]
pub struct Turned {
    /// There is something for JavaScript.
    pub published: bool,
    /// Another turn would find work.
    pub more: bool,
    /// Connections wait for JavaScript, not for the peer.
    pub hungry: bool,
    /// The loop has places to make or to close.
    pub unsettled: bool,
    /// When to look again without being woken.
    pub deadline: Option<Instant>,
}

/// What became of a slab.
#[derive(Debug, Default)]
pub struct Submitted {
    /// By-reference payloads that are done with.
    pub released: Vec<Token>,
    /// Written right away: the ledger is up to date.
    pub direct: bool,
    /// A turn would find work: the loop has to come back, a thread was told.
    pub more: bool,
    /// When the loop has to look again, when it drives.
    pub deadline: Option<Instant>,
}
