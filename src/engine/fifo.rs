//! The events on their way to JavaScript: one queue per reactor. Both drivers append to it, only the dispatcher removes.

use super::memory::batch::Batch;
use super::sync::Mutex;
use std::collections::VecDeque;

/// Batches in existence before reading has to wait for JavaScript: 30 MiB.
const MOST_BATCHES: u32 = 48;

#[derive(Default)]
struct Inner {
    full: VecDeque<Box<Batch>>,
    tail: Option<Box<Batch>>,
    #[expect(clippy::vec_box, reason = "batches travel between threads as pointers")]
    spare: Vec<Box<Batch>>,
    made: u32,
}

/// The queue.
#[derive(Default)]
pub struct Fifo(Mutex<Inner>);

impl Fifo {
    /// The batch a turn goes on filling; it comes back with [`Fifo::publish`].
    pub fn open(&self) -> Box<Batch> {
        let mut inner = self.0.lock();
        let scarce = inner.spare.is_empty() && inner.made >= MOST_BATCHES;
        match inner.tail.take() {
            Some(batch) if !batch.is_tight() || scarce => return batch,
            Some(batch) => inner.full.push_back(batch),
            None => {}
        }
        if let Some(batch) = inner.spare.pop() {
            return batch;
        }
        let index = inner.made;
        inner.made += 1;
        drop(inner);
        Box::new(Batch::new(index))
    }

    /// Puts the batch at the end of the queue, or back among the spare ones when it is empty.
    pub fn publish(&self, batch: Box<Batch>) {
        let mut inner = self.0.lock();
        if batch.is_empty() {
            inner.spare.push(batch);
        } else {
            inner.tail = Some(batch);
        }
    }

    /// What is there is all there is: a turn fills another batch. Under the reactor's lock, so that no turn has the last one.
    pub fn complete(&self) {
        let mut inner = self.0.lock();
        if let Some(batch) = inner.tail.take() {
            inner.full.push_back(batch);
        }
    }

    /// The oldest batch, for the dispatcher.
    pub fn take(&self) -> Option<Box<Batch>> {
        let mut inner = self.0.lock();
        inner.full.pop_front().or_else(|| inner.tail.take())
    }

    /// Whether nothing waits for the dispatcher.
    pub fn is_empty(&self) -> bool {
        let inner = self.0.lock();
        inner.full.is_empty() && inner.tail.is_none()
    }

    /// A dispatched batch, emptied.
    pub fn recycle(&self, mut batch: Box<Batch>) {
        batch.clear();
        self.0.lock().spare.push(batch);
    }

    /// Memory that what waits takes.
    pub fn held(&self) -> usize {
        let inner = self.0.lock();
        inner.full.iter().chain(&inner.tail).map(|batch| batch.held()).sum()
    }

    /// Batches made, and batches waiting to be dispatched.
    pub fn depth(&self) -> (u32, usize) {
        let inner = self.0.lock();
        (inner.made, inner.full.len() + usize::from(inner.tail.is_some()))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::Fifo;
    use crate::engine::memory::batch::kind;

    #[test]
    fn what_is_complete_waits_for_the_dispatcher_while_a_turn_is_at_work() {
        let fifo = Fifo::default();
        let mut batch = fifo.open();
        batch.event(7, kind::WRITTEN, &[]);
        fifo.publish(batch);
        fifo.complete();
        let next = fifo.open();
        assert_eq!(next.events(), 0);
        assert_eq!(fifo.take().map(|batch| batch.events()), Some(1));
    }
}
