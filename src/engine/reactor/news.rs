//! What became of the output, told before what came in.
//!
//! The callback of a `send()` comes before the peer's answer, whatever the two are waited for with: so the news is a scope
//! of its own, behind which nextTicks and microtasks run.

use super::{Reactor, connection};
use crate::engine::memory::batch::Batch;

impl Reactor {
    /// Tells it, as far as the batch has room.
    pub(super) fn tell_news(&mut self, batch: &mut Batch) {
        if self.news.is_empty() {
            return;
        }
        let (first_event, first_run) = (batch.events(), batch.runs.len());
        while !batch.is_full()
            && let Some(id) = self.news.pop()
        {
            if let Some(connection) = connection(&mut self.slots, id) {
                connection.tell(batch);
            }
        }
        self.seal(batch, first_event, first_run);
    }
}
