//! When something has to happen although no byte moves.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// A moment: milliseconds since the reactor began, from 1 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tick(u64);

impl Tick {
    /// No moment.
    pub const NEVER: Self = Self(0);
}

/// One deadline a connection at most, the earliest first.
#[derive(Debug)]
pub struct Deadlines {
    start: Instant,
    due: BTreeSet<(Tick, u32)>,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            due: BTreeSet::new(),
        }
    }
}

impl Deadlines {
    /// This moment.
    pub fn now(&self) -> Tick {
        Tick(self.start.elapsed().as_millis() as u64)
    }

    /// Something is due for connection `id` after `delay`; the result takes it back.
    pub fn add(&mut self, delay: Duration, id: u32) -> Tick {
        // Rounded up, so that it never comes early.
        let due = Tick((self.start.elapsed() + delay).as_millis() as u64 + 1);
        self.due.insert((due, id));
        due
    }

    /// Takes a deadline back.
    pub fn remove(&mut self, due: Tick, id: u32) {
        if due != Tick::NEVER {
            self.due.remove(&(due, id));
        }
    }

    /// No deadline at all.
    pub fn is_empty(&self) -> bool {
        self.due.is_empty()
    }

    /// The earliest.
    pub fn next(&self) -> Option<Instant> {
        self.due
            .first()
            .map(|(due, _)| self.start + Duration::from_millis(due.0))
    }

    /// Takes one that is due at `now`.
    pub fn take_due(&mut self, now: Tick) -> Option<u32> {
        if self.due.first()?.0 > now {
            return None;
        }
        self.due.pop_first().map(|(_, id)| id)
    }
}

/// The longest a timer of JavaScript takes (24.8 days); one that rings earlier than its deadline is set again.
const LONGEST: u128 = i32::MAX as u128;

/// How many milliseconds after `now` a timer of the event loop has to ring for a deadline: never before it, at most one
/// late.
pub fn timer(deadline: Instant, now: Instant) -> u32 {
    let left = deadline.saturating_duration_since(now).as_nanos();
    left.div_ceil(1_000_000).min(LONGEST) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_deadline_is_never_early_and_at_most_a_millisecond_late() {
        for delay in [0, 1, 999, 1000, 1001, 30_000_000].map(Duration::from_micros) {
            let mut deadlines = Deadlines::default();
            let before = Instant::now();
            deadlines.add(delay, 1);
            let after = Instant::now();
            let due = deadlines.next().unwrap();
            assert!(due >= before + delay && due <= after + delay + MS, "{delay:?}");
        }
    }

    #[test]
    fn a_timer_is_never_early_and_at_most_a_millisecond_late() {
        let now = Instant::now();
        for micros in [0, 1, 999, 1000, 1001, 30_000_000] {
            let left = Duration::from_micros(micros);
            let rings = Duration::from_millis(timer(now + left, now).into());
            assert!(rings >= left && rings < left + MS, "{left:?}: {rings:?}");
        }
        assert_eq!(timer(now, now + MS), 0, "long due");
    }

    #[test]
    fn a_timer_takes_no_more_than_javascript_can() {
        let now = Instant::now();
        assert_eq!(timer(now + Duration::from_secs(1 << 30), now), 0x7fff_ffff);
    }

    #[test]
    fn the_earliest_comes_first_and_none_before_its_time() {
        let mut deadlines = Deadlines::default();
        let late = deadlines.add(Duration::from_secs(20), 2);
        let early = deadlines.add(Duration::from_secs(10), 1);
        assert!(early < late);
        assert_eq!(deadlines.take_due(deadlines.now()), None);
        assert_eq!(deadlines.take_due(late), Some(1));
        assert_eq!(deadlines.take_due(late), Some(2));
        assert!(deadlines.is_empty());
    }

    #[test]
    fn one_taken_back_never_comes() {
        let mut deadlines = Deadlines::default();
        let due = deadlines.add(Duration::from_secs(1), 7);
        deadlines.remove(due, 7);
        deadlines.remove(Tick::NEVER, 7);
        assert_eq!(deadlines.next(), None);
    }
}
