//! Connections whose bytes JavaScript moves: what it brings, and what it has to write.

use super::fault::contain;
use super::{Reactor, connection, note_input, note_output};
use crate::engine::memory::batch::{Batch, Large, Run, kind};
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
        self.work.effort = 0;
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
        self.plan_sweep();
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

    /// What Duplexes have to write is told in the batch from now on.
    pub fn tell_duplexes(&mut self) {
        self.tells_duplexes = true;
        // JavaScript gives it copies: its thread reads them when the application may have changed what it sent.
        self.work.keeps_foreign = true;
    }

    /// Tells it, as far as the batch has room. It belongs to no scope of its own: no application sees these events.
    pub fn tell_output(&mut self, batch: &mut Batch) {
        if !self.tells_duplexes || self.duplexes.is_empty() {
            return;
        }
        let mut waiting = std::mem::take(&mut self.duplexes).into_iter();
        while !batch.is_full() {
            let Some(id) = waiting.next() else { break };
            if let Some(connection) = connection(&mut self.slots, id) {
                let first = batch.events();
                let (queued, out, end) = connection.take_output();
                #[expect(clippy::cast_precision_loss, reason = "JavaScript has no other number")]
                let done = [&(connection.asked() as f64).to_le_bytes()[..], &[u8::from(end)]];
                if queued.is_empty() && out.is_empty() && !end {
                    continue;
                }
                for segment in queued {
                    let bytes = match segment {
                        Segment::Own(bytes, 0) => bytes,
                        Segment::Own(bytes, at) => bytes.get(at..).unwrap_or_default().to_vec(),
                        Segment::Foreign(bytes, at) => {
                            self.work.released.push(bytes.token());
                            bytes.as_slice().get(at..).unwrap_or_default().to_vec()
                        }
                    };
                    put_output(id, bytes, batch);
                }
                put_output(id, out, batch);
                batch.event(id, kind::FLUSHED, &done);
                batch.close_run(first, Run { id, cost: 0 });
                note_output(&self.ledger, connection);
            }
        }
        self.duplexes = waiting.collect();
        self.extend_scope(batch);
    }

    /// Events that no application sees go with the open scope.
    fn extend_scope(&mut self, batch: &mut Batch) {
        if batch.scopes.is_empty() {
            self.scope = self.scope.wrapping_add(1);
            batch.scope = self.scope;
            batch.scopes.push(0);
        }
        let end = batch.events() as u32;
        if let Some(last) = batch.scopes.last_mut() {
            *last = end;
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

/// Output up to this is copied into the batch; larger output crosses in memory of its own.
const COPIED: usize = 4 << 10;

/// One piece of output.
fn put_output(id: u32, bytes: Vec<u8>, batch: &mut Batch) {
    if bytes.len() > COPIED {
        let fragments = Vec::new();
        batch.large(id, kind::OUTPUT, Large { data: bytes, fragments });
    } else if !bytes.is_empty() {
        batch.event(id, kind::OUTPUT, &[&bytes]);
    }
}
