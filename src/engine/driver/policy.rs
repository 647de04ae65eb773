//! When the connections move to a thread and when they come back: pure functions of measured shares, with hysteresis.
//!
//! The loop is cheaper while the JavaScript thread has time to spare; a thread pays when turns and writes fill it. The
//! bounds were found by measurement: single windows made it flap 6 to 11 times in two seconds, these hold still.

use std::time::{Duration, Instant};

/// Windows of the loop's measurement.
const LOOP_WINDOW: Duration = Duration::from_millis(20);
/// Windows of the thread's.
const THREAD_WINDOW: Duration = Duration::from_millis(50);
/// Windows in a row that must agree.
const AGREEING: u32 = 2;
/// Share of the JavaScript thread that turns and writes may take.
const HOT: f64 = 0.70;
/// The same on two cores, where a thread's wake-up costs latency: 1-3 ms against 50 us.
const HOT_TWO_CORES: f64 = 0.85;
/// Their share that already hurts when the program's own work fills the thread.
const WARM: f64 = 0.20;
/// What counts as filled.
const FULL: f64 = 0.90;
/// The part of a filled thread that has nothing to do with the connections, when it is not their handlers that fill it.
const OTHER_WORK: f64 = 0.40;
/// The thread's own CPU share below which the loop can have the work back.
const COLD: f64 = 0.25;
/// The same as long as the JavaScript thread is filled without it.
const COLD_WHEN_FULL: f64 = 0.10;
/// Shortest stay with a driver.
const STAY: Duration = Duration::from_millis(100);
/// Longest stay, after doubling.
const STAY_MOST: Duration = Duration::from_millis(6400);
/// A return within this doubles the stay.
const SOON: Duration = Duration::from_secs(1);

/// What decides.
#[derive(Debug)]
pub struct Policy {
    hot: f64,
    window: Instant,
    since: Instant,
    agreeing: u32,
    stay: Duration,
    busy: Duration,
    total: Duration,
    cpu: Duration,
}

impl Policy {
    /// A policy for a machine with `cores` cores.
    pub fn new(cores: usize, now: Instant) -> Self {
        Self {
            hot: if cores <= 2 { HOT_TWO_CORES } else { HOT },
            window: now,
            since: now,
            agreeing: 0,
            stay: STAY,
            busy: Duration::ZERO,
            total: Duration::ZERO,
            cpu: Duration::ZERO,
        }
    }

    /// A driver begins at `now`; `cpu` is the reading of its clock.
    pub fn begin(&mut self, now: Instant, cpu: Duration) {
        let stayed = now - self.since;
        if stayed < SOON {
            self.stay = (self.stay * 2).min(STAY_MOST);
        } else if stayed > STAY_MOST {
            self.stay = STAY;
        }
        self.since = now;
        self.restart(now, cpu);
        self.agreeing = 0;
    }

    fn restart(&mut self, now: Instant, cpu: Duration) {
        self.window = now;
        self.busy = Duration::ZERO;
        self.total = Duration::ZERO;
        self.cpu = cpu;
    }

    /// The loop spent `busy` on turns and writes, `total` with the handlers; the CPU clock of its thread stands at
    /// `cpu()`. Whether to go to a thread.
    pub fn note_loop(&mut self, busy: Duration, total: Duration, cpu: impl Fn() -> Duration, now: Instant) -> bool {
        self.busy += busy;
        self.total += total;
        let window = now - self.window;
        if window < LOOP_WINDOW {
            return false;
        }
        let share = self.busy.as_secs_f64() / window.as_secs_f64();
        let all = self.total.as_secs_f64() / window.as_secs_f64();
        let used = self.used(cpu(), now);
        let is_full = all > FULL || (used > FULL && used - all > OTHER_WORK);
        self.agree(share > self.hot || (is_full && share > WARM), now)
    }

    /// A thread drives, and the CPU clock of the JavaScript thread stands at `cpu()`: whether that one is filled
    /// nevertheless. Nothing within a window.
    pub fn note_dispatch(&mut self, cpu: impl Fn() -> Duration, now: Instant) -> Option<bool> {
        (now - self.window >= THREAD_WINDOW).then(|| self.used(cpu(), now) > FULL)
    }

    /// The thread's CPU clock stands at `cpu()`; `is_full` says whether the JavaScript thread has no time to spare.
    /// Whether to go back to the loop.
    pub fn note_thread(&mut self, cpu: impl Fn() -> Duration, is_full: bool, now: Instant) -> bool {
        if now - self.window < THREAD_WINDOW {
            return false;
        }
        let bound = if is_full { COLD_WHEN_FULL } else { COLD };
        let share = self.used(cpu(), now);
        self.agree(share < bound, now)
    }

    /// The share of the window that the clock ran; the next one begins.
    fn used(&mut self, cpu: Duration, now: Instant) -> f64 {
        let share = cpu.saturating_sub(self.cpu).as_secs_f64() / (now - self.window).as_secs_f64();
        self.restart(now, cpu);
        share
    }

    fn agree(&mut self, yes: bool, now: Instant) -> bool {
        self.agreeing = if yes { self.agreeing + 1 } else { 0 };
        self.agreeing >= AGREEING && now - self.since >= self.stay
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn feed(policy: &mut Policy, from: Instant, windows: u32, busy: f64, total: f64) -> Option<u32> {
        (1..=windows).find(|n| {
            let step = LOOP_WINDOW;
            policy.note_loop(
                step.mul_f64(busy),
                step.mul_f64(total),
                || step.mul_f64(total) * *n,
                from + step * *n,
            )
        })
    }

    #[test]
    fn one_hot_window_is_not_enough_and_the_stay_is_kept() {
        let start = Instant::now();
        let mut policy = Policy::new(4, start);
        assert_eq!(feed(&mut policy, start, 20, 0.75, 0.8), Some(5), "not before 100 ms");
    }

    #[test]
    fn two_cores_ask_for_more() {
        let start = Instant::now();
        assert_eq!(feed(&mut Policy::new(2, start), start, 50, 0.75, 0.8), None);
        assert!(feed(&mut Policy::new(2, start), start, 50, 0.9, 0.9).is_some());
    }

    #[test]
    fn handlers_that_fill_the_thread_send_the_rest_away() {
        let start = Instant::now();
        assert!(feed(&mut Policy::new(4, start), start, 50, 0.3, 0.95).is_some());
        assert_eq!(feed(&mut Policy::new(4, start), start, 50, 0.15, 0.95), None);
    }

    #[test]
    fn a_program_that_fills_the_thread_with_other_work_sends_it_away_and_keeps_it_away() {
        let start = Instant::now();
        let leaves = |used: f64, total: f64| {
            let mut policy = Policy::new(4, start);
            (1..=50).any(|n| {
                let cpu = || LOOP_WINDOW.mul_f64(used) * n;
                policy.note_loop(
                    LOOP_WINDOW.mul_f64(0.22),
                    LOOP_WINDOW.mul_f64(total),
                    cpu,
                    start + LOOP_WINDOW * n,
                )
            })
        };
        assert!(leaves(0.97, 0.3));
        assert!(!leaves(0.8, 0.3), "there is time to spare");
        assert!(!leaves(0.97, 0.7), "the connections themselves are what there is to do");

        let returns = |is_full: bool, share: f64| {
            let mut policy = Policy::new(4, start);
            (1..=50)
                .any(|n| policy.note_thread(|| THREAD_WINDOW.mul_f64(share) * n, is_full, start + THREAD_WINDOW * n))
        };
        assert!(returns(false, 0.2) && !returns(true, 0.2) && returns(true, 0.05));
    }

    #[test]
    fn the_javascript_thread_tells_once_a_window_whether_it_is_full() {
        let start = Instant::now();
        let mut policy = Policy::new(4, start);
        policy.begin(start, Duration::from_secs(1));
        let clock = |share: f64| move || Duration::from_secs(1) + THREAD_WINDOW.mul_f64(share);
        assert_eq!(policy.note_dispatch(clock(1.0), start + THREAD_WINDOW / 2), None);
        assert_eq!(policy.note_dispatch(clock(0.95), start + THREAD_WINDOW), Some(true));
        assert_eq!(policy.note_dispatch(clock(1.5), start + THREAD_WINDOW * 2), Some(false));
    }

    #[test]
    fn it_comes_back_after_two_cold_windows_and_stays_longer_each_time_it_was_soon() {
        let start = Instant::now();
        let mut policy = Policy::new(4, start);
        let mut now = start;
        let mut stays = Vec::new();
        for _ in 0..4 {
            policy.begin(now, Duration::ZERO);
            let began = now;
            loop {
                now += THREAD_WINDOW;
                if policy.note_thread(|| Duration::ZERO, false, now) {
                    break;
                }
            }
            stays.push((now - began).as_millis());
        }
        assert_eq!(stays, [200, 400, 800, 1600].map(|ms: u128| ms.max(100)));
        assert!(stays[0] >= (2 * 50 * MS).as_millis());
    }

    #[test]
    fn a_busy_thread_keeps_the_work() {
        let start = Instant::now();
        let mut policy = Policy::new(4, start);
        policy.begin(start, Duration::ZERO);
        for n in 1..100 {
            let now = start + THREAD_WINDOW * n;
            assert!(!policy.note_thread(|| THREAD_WINDOW.mul_f64(0.5) * n, false, now));
        }
    }
}
