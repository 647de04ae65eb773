//! What goes when nobody needs it any more: compressors and the memory of large messages.

use super::Reactor;
use std::time::{Duration, Instant};

/// How long they are kept, at least, when nobody uses them.
const SWEEP: Duration = Duration::from_secs(1);

impl Reactor {
    /// Every second, as long as there are any, those that were not used go.
    pub(super) fn sweep(&mut self) {
        if self.sweep.is_some_and(|at| at <= Instant::now()) {
            self.work.pool.sweep();
            self.work.warm.rest();
            self.sweep = None;
        }
        self.plan_sweep();
    }

    /// Has the next turn after a while do so.
    pub(super) fn plan_sweep(&mut self) {
        if self.sweep.is_none() && self.is_warm() {
            self.sweep = Some(Instant::now() + SWEEP);
        }
    }

    fn is_warm(&self) -> bool {
        self.work.pool.is_warm() || self.work.warm.is_warm()
    }
}
