//! What goes when nobody needs it any more: compressors, which are large.

use super::Reactor;
use std::time::{Duration, Instant};

/// How long a compressor is kept, at least, when nobody uses it.
const SWEEP: Duration = Duration::from_secs(1);

impl Reactor {
    /// Every second, as long as there are any, compressors that were not used go.
    pub(super) fn sweep(&mut self) {
        if self.sweep.is_none() && !self.work.pool.is_warm() {
            return;
        }
        let now = Instant::now();
        let is_due = self.sweep.is_some_and(|at| at <= now);
        if is_due {
            self.work.pool.sweep();
            self.sweep = None;
        }
        if self.sweep.is_none() && self.work.pool.is_warm() {
            self.sweep = Some(now + SWEEP);
        }
    }
}
