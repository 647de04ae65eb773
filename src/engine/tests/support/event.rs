//! An event as JavaScript reads it out of a batch.

use crate::engine::memory::batch::{Batch, TABLE, kind};
use crate::proto::wire::Opcode;
use std::sync::atomic::Ordering;

/// What JavaScript was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine::tests) struct Event {
    pub(in crate::engine::tests) id: u32,
    pub(in crate::engine::tests) kind: u32,
    pub(in crate::engine::tests) data: Vec<u8>,
    /// Which scope, counted from the start.
    pub(in crate::engine::tests) scope: u64,
    /// How many events of the same read begin here.
    pub(in crate::engine::tests) run: u32,
}

impl Event {
    pub(super) fn read(batch: &Batch, index: usize, scope: u64) -> Self {
        let words = batch.arena().words();
        let word = |at: usize| words[at].load(Ordering::Relaxed);
        let (first, second) = (word(index * 2), word(index * 2 + 1));
        let (id, meaning) = (first as u32, (first >> 32) as u32);
        let (offset, length) = (second as u32 as usize, (second >> 32) as usize);
        let data = if meaning & kind::LARGE == 0 {
            let from = (TABLE + offset) / 8;
            let mut data = Vec::with_capacity(length + 8);
            for word in &words[from..from + length.div_ceil(8)] {
                data.extend_from_slice(&word.load(Ordering::Relaxed).to_ne_bytes());
            }
            data.truncate(length);
            data
        } else {
            batch.large[offset].data.clone()
        };
        assert_eq!(data.len(), length);
        Self {
            id,
            kind: meaning & 0x0f,
            data,
            scope,
            run: meaning >> 16,
        }
    }

    /// The opcode, when it is a message.
    pub(in crate::engine::tests) fn message(&self) -> Option<Opcode> {
        match self.kind {
            1 => Some(Opcode::Text),
            2 => Some(Opcode::Binary),
            _ => None,
        }
    }
}
