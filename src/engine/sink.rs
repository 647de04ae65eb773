//! Where a session's messages go: into the batch, at the cost of the connection's credit.

use super::advances::Advances;
use super::connection::{EFFORT, MESSAGE_COST, Work};
use super::memory::batch::{Batch, Large, kind};
use super::stats::Counters;
use super::warm::Warm;
use crate::proto::deflate::Pool;
use crate::proto::session::{ASSEMBLE_MIN, Sink};
use crate::proto::wire::Opcode;

/// The receiving end of one read.
pub struct BatchSink<'a> {
    id: u32,
    batch: &'a mut Batch,
    credit: &'a mut i32,
    messages_left: usize,
    warm: &'a mut Warm,
    advances: &'a mut Advances,
    counters: &'a mut Counters,
    pool: &'a mut Pool,
    effort: &'a mut usize,
}

impl<'a> BatchSink<'a> {
    /// At most `messages` messages of connection `id`.
    pub fn new(id: u32, batch: &'a mut Batch, credit: &'a mut i32, messages: usize, work: &'a mut Work) -> Self {
        let Work {
            warm,
            advances,
            counters,
            pool,
            effort,
            ..
        } = work;
        Self {
            id,
            batch,
            credit,
            messages_left: messages,
            warm,
            advances,
            counters,
            pool,
            effort,
        }
    }

    fn charge(&mut self, opcode: Opcode, length: usize) {
        self.messages_left = self.messages_left.saturating_sub(1);
        let cost = i32::try_from(length)
            .unwrap_or(i32::MAX / 2)
            .saturating_add(MESSAGE_COST);
        *self.credit = self.credit.saturating_sub(cost);
        self.counters.message_in(opcode, length);
    }
}

impl Sink for BatchSink<'_> {
    #[inline]
    fn reserve(&mut self, length: usize) -> Option<&mut [u8]> {
        if !self.ready() {
            return None;
        }
        self.batch.reserve_message(length)
    }

    #[inline]
    fn commit(&mut self, opcode: Opcode, length: usize) {
        self.charge(opcode, length);
        self.batch.commit(self.id, opcode as u32, length);
    }

    fn message(&mut self, opcode: Opcode, mut data: Vec<u8>, fragments: Vec<u32>) {
        let length = data.len();
        self.advances.settle(self.id);
        // A small message that came in pieces needs no memory of its own.
        if length < ASSEMBLE_MIN
            && fragments.is_empty()
            && let Some(room) = self.batch.reserve(length)
        {
            room.copy_from_slice(&data);
            self.warm.give(data);
            return self.commit(opcode, length);
        }
        self.charge(opcode, length);
        // It grew by doubling; JavaScript may keep it.
        if data.capacity() - length > length / 4 {
            data.shrink_to_fit();
        }
        self.batch.large(self.id, opcode as u32, Large { data, fragments });
    }

    #[inline]
    fn ready(&self) -> bool {
        self.messages_left > 0 && *self.credit > 0
    }

    fn buffer(&mut self, capacity: usize, length: u64) -> Vec<u8> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let data = self.warm.take(capacity, self.advances.limit(capacity, length));
        self.advances.note(self.id, capacity, data.capacity());
        data
    }

    fn pool(&mut self) -> &mut Pool {
        self.pool
    }

    fn inflated(&mut self, bytes: usize) -> bool {
        *self.effort += bytes;
        *self.effort >= EFFORT
    }

    fn close(&mut self, code: u16, reason: &[u8]) {
        self.batch
            .event(self.id, kind::PEER_CLOSE, &[&code.to_le_bytes(), reason]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_keeps_at_most_a_quarter_more_memory_than_it_has_bytes() {
        let (mut warm, mut advances, mut counters) = <(Warm, Advances, Counters)>::default();
        let (mut pool, mut effort, mut credit) = (Pool::default(), 0, i32::MAX);
        let mut batch = Batch::new(0);
        let mut sink = BatchSink {
            id: 1,
            batch: &mut batch,
            credit: &mut credit,
            messages_left: usize::MAX,
            warm: &mut warm,
            advances: &mut advances,
            counters: &mut counters,
            pool: &mut pool,
            effort: &mut effort,
        };
        let length = 3 * ASSEMBLE_MIN;
        for capacity in [length, length * 5 / 4, length * 5 / 4 + 1, length * 2, length * 40] {
            let mut data = Vec::with_capacity(capacity);
            data.resize(length, 7);
            sink.message(Opcode::Binary, data, Vec::new());
        }
        assert_eq!(batch.large.len(), 5);
        for Large { data, .. } in &batch.large {
            assert_eq!(data.len(), length);
            assert!(data.capacity() <= length * 5 / 4, "{} bytes", data.capacity());
        }
    }
}
