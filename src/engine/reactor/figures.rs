//! What a reactor tells of itself: totals, what there is now, and the memory it takes.

use super::Reactor;
use crate::engine::stats::Counters;
use crate::proto::deflate::Pool;

impl Reactor {
    /// What compresses.
    pub fn pool(&self) -> &Pool {
        &self.work.pool
    }

    /// Running totals.
    pub fn counters(&self) -> &Counters {
        &self.work.counters
    }

    /// Live connections.
    pub fn live(&self) -> usize {
        self.live
    }

    /// Connections that are not read because JavaScript has not taken what they sent.
    pub fn starved(&self) -> usize {
        self.starved
    }

    /// Memory held for connections: output that the kernel has not taken, input that waits, messages under way, what
    /// compresses, and spare output buffers.
    pub fn held(&self) -> usize {
        let connections = self.slots.iter().flatten().map(|connection| connection.held());
        let spare = self.work.spare.iter().map(Vec::capacity);
        connections.chain(spare).sum::<usize>() + self.work.pool.held()
    }

    /// Of messages under way, the memory that was given for what is only announced.
    #[cfg(test)]
    pub fn advanced(&self) -> usize {
        self.work.advances.total()
    }
}
