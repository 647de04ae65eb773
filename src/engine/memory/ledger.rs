//! What JavaScript asks about a connection without a crossing: how much of what it sent the kernel has taken (for
//! `bufferedAmount`), and the bytes read and written in all. The reactor writes, JavaScript reads.
//!
//! The totals are doubles, since that is what JavaScript reads; they are exact below 2^53 bytes.

use super::arena::Arena;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Connections a reactor can hold: the low bits of an id are its index.
pub const SLOTS: usize = 1 << 20;
/// Totals of a connection.
pub const TOTALS: usize = 4;

/// Which total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    /// Of what JavaScript sent, bytes that are out.
    Written = 0,
    /// Bytes read from the transport.
    BytesRead = 1,
    /// Bytes written to it.
    BytesWritten = 2,
    /// Bytes that wait because the kernel would not take them; what it was not offered yet does not count.
    Refused = 3,
}

/// The totals of one reactor.
#[derive(Clone)]
pub struct Ledger {
    arena: Arc<Arena>,
}

impl Ledger {
    /// Bytes of its memory.
    pub const SIZE: usize = SLOTS * TOTALS * 8;

    /// All totals at zero; memory is mapped only for the connections that exist.
    pub fn new() -> Self {
        Self::over(Arc::new(Arena::new(Self::SIZE)))
    }

    /// The same in memory of [`SIZE`](Self::SIZE) zeroed bytes.
    pub fn over(arena: Arc<Arena>) -> Self {
        Self { arena }
    }

    /// The memory, for the border.
    pub fn arena(&self) -> &Arc<Arena> {
        &self.arena
    }

    /// Notes a total of the connection at `index`.
    #[inline]
    pub fn set(&self, index: usize, total: Total, bytes: u64) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "exact below 2^53 bytes, and JavaScript has no other number"
        )]
        let bits = (bytes as f64).to_bits();
        if let Some(slot) = self.arena.words().get(index * TOTALS + total as usize) {
            slot.store(bits, Ordering::Release);
        }
    }
}

impl Default for Ledger {
    fn default() -> Self {
        Self::new()
    }
}
