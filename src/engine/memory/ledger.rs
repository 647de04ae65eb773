//! How much of what JavaScript sent each connection has been taken by the kernel: one running total per connection,
//! written by the reactor, read by `bufferedAmount` without a crossing.
//!
//! A total is a double, since that is what JavaScript reads; it is exact below 2^53 bytes.

use super::arena::Arena;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Connections a reactor can hold: the low bits of an id are its index.
pub const SLOTS: usize = 1 << 20;

/// The totals of one reactor.
#[derive(Clone)]
pub struct Ledger {
    arena: Arc<Arena>,
}

impl Ledger {
    /// All totals at zero; memory is mapped only for the connections that exist.
    pub fn new() -> Self {
        Self {
            arena: Arc::new(Arena::new(SLOTS * 8)),
        }
    }

    /// The memory, for the border.
    pub fn arena(&self) -> &Arc<Arena> {
        &self.arena
    }

    /// Notes that `total` bytes of the connection at `index` are out.
    pub fn set(&self, index: usize, total: u64) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "exact below 2^53 bytes, and JavaScript has no other number"
        )]
        let bits = (total as f64).to_bits();
        if let Some(slot) = self.arena.words().get(index) {
            slot.store(bits, Ordering::Release);
        }
    }
}

impl Default for Ledger {
    fn default() -> Self {
        Self::new()
    }
}
