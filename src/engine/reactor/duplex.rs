//! Connections whose bytes JavaScript moves: what it brings, and what it has to write.

use super::fault::contain;
use super::{Reactor, connection, note_input, note_output};
use crate::engine::memory::batch::{Batch, Run};
use crate::engine::transport::Segment;

/// Output of a Duplex connection.
pub struct DuplexOutput {
    /// The connection.
    pub id: u32,
    /// What to write first, in order.
    pub queued: Vec<Segment>,
    /// What to write then.
    pub out: Vec<u8>,
    /// End the stream after it.
    pub end: bool,
}

impl Reactor {
    /// Input that JavaScript brings for a Duplex with `backlog` bytes to pass on; `None` is its end. Dispatch follows.
    pub fn input(&mut self, id: u32, bytes: Option<&[u8]>, backlog: u32, batch: &mut Batch) {
        let (first_event, first_run) = (batch.events(), batch.runs.len());
        if let Some(connection) = connection(&mut self.slots, id) {
            let taken = contain(connection, &mut self.work, |connection, work| {
                connection.input(bytes, backlog, batch, work);
            });
            if taken.is_none() {
                batch.close_rest(Run { id, cost: 0 });
            }
            note_input(&self.ledger, connection);
            if connection.mark_dirty() {
                self.dirty.push(id);
            }
            if connection.enqueue() {
                self.ready.push_back(id);
            }
        }
        self.seal(batch, first_event, first_run);
    }

    /// A Duplex has passed on all that it was given.
    pub fn passed_on(&mut self, id: u32) {
        if let Some(connection) = connection(&mut self.slots, id) {
            connection.passed_on();
            if connection.mark_dirty() {
                self.dirty.push(id);
            }
        }
    }

    /// What has to be written to Duplexes; `take` returns memory it has no use for.
    pub fn duplex_output(&mut self, mut take: impl FnMut(DuplexOutput) -> Vec<u8>) {
        self.write();
        let mut ids = std::mem::take(&mut self.duplexes);
        for id in ids.drain(..) {
            let Some(connection) = connection(&mut self.slots, id) else {
                continue;
            };
            let (queued, out, end) = connection.take_output();
            note_output(&self.ledger, connection);
            let left = take(DuplexOutput { id, queued, out, end });
            self.work.recycle(left);
        }
        self.duplexes = ids;
    }
}
