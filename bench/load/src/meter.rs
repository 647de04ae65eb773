//! What happened inside the measured window? Counts, latencies and the server's CPU time, without the warm-up.

use crate::options::Options;
use crate::process::{self, Thread};
use crate::report::Report;
use std::time::{Duration, Instant};

/// Beyond so many latencies no quantile moves any more, but memory does.
const MAX_LATENCIES: usize = 20_000_000;

/// One measurement.
pub struct Meter {
    /// When it began; the schedule of an open loop counts from here too.
    pub start: Instant,
    /// The end of the warm-up.
    opens: Instant,
    /// The end of everything.
    ends: Instant,
    /// When the window really opened.
    opened: Option<Instant>,
    count: u64,
    /// Nanoseconds each; capped at four seconds.
    latencies: Vec<u32>,
    pid: Option<u32>,
    before: Vec<Thread>,
}

impl Meter {
    /// Starts the warm-up now.
    pub fn new(options: &Options) -> Self {
        let start = Instant::now();
        let opens = start + options.warmup;
        let latencies = Vec::with_capacity(1 << 22);
        Self {
            start,
            opens,
            ends: opens + options.time,
            opened: None,
            count: 0,
            latencies,
            pid: options.pid,
            before: Vec::new(),
        }
    }

    /// Opens the window when it is time; false when it is over.
    pub fn runs(&mut self, now: Instant) -> bool {
        if self.opened.is_none() && now >= self.opens {
            self.opened = Some(now);
            self.count = 0;
            self.latencies.clear();
            self.before = self.pid.map(process::threads).unwrap_or_default();
        }
        now < self.ends
    }

    /// One more message or handshake, and how long it took.
    pub fn record(&mut self, took: Duration) {
        self.count += 1;
        if self.latencies.len() < MAX_LATENCIES {
            self.latencies.push(took.as_nanos().min(u128::from(u32::MAX)) as u32);
        }
    }

    /// Completed per second; with the bytes of each, megabytes per second too.
    pub fn rates(&self, report: &mut Report, name: &str, size: Option<usize>) {
        let per_second = self.count as f64 / self.opened.map_or(f64::NAN, |opened| opened.elapsed().as_secs_f64());
        report.number(name, per_second, 0);
        if let Some(size) = size {
            report.number("mb_per_s", per_second * size as f64 / 1e6, 1);
        }
    }

    /// Closes the measurement: latencies in microseconds, then CPU per message and memory of the server.
    pub fn finish(mut self, report: &mut Report) {
        let after = self.pid.map(process::threads).unwrap_or_default();
        self.latencies.sort_unstable();
        for (name, share) in [
            ("p50_us", 0.5),
            ("p90_us", 0.9),
            ("p99_us", 0.99),
            ("p999_us", 0.999),
            ("max_us", 1.0),
        ] {
            report.number(name, quantile(&self.latencies, share) / 1000.0, 1);
        }
        let Some(pid) = self.pid else { return };
        let used = process::used(&self.before, &after);
        let each = |nanos: u64| nanos as f64 / 1000.0 / self.count as f64;
        let main = used
            .iter()
            .find(|thread| thread.id == pid)
            .map_or(0, |thread| thread.nanos);
        report.number("cpu_us", each(used.iter().map(|thread| thread.nanos).sum()), 3);
        report.number("main_us", each(main), 3);
        let busy = used.iter().filter(|thread| thread.nanos > 1_000_000);
        let busy: Vec<_> = busy
            .map(|thread| (format!("{}/{}", thread.name, thread.id), each(thread.nanos)))
            .collect();
        report.map("threads", &busy);
        report.add("rss_kb", process::resident(pid).unwrap_or(0));
    }
}

/// The value below which `share` of the sorted values lie.
fn quantile(sorted: &[u32], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1) as f64;
    sorted
        .get((last * share) as usize)
        .map_or(f64::NAN, |value| f64::from(*value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_little() {
        assert!(quantile(&[], 0.5).is_nan());
        assert!((quantile(&[7], 0.99) - 7.0).abs() < 1e-9);
        assert!((quantile(&[1, 2, 3], 0.5) - 2.0).abs() < 1e-9);
    }

    #[test]
    fn the_warm_up_is_forgotten() {
        let options = Options {
            warmup: Duration::from_millis(5),
            time: Duration::from_secs(60),
            ..Options::default()
        };
        let mut meter = Meter::new(&options);
        assert!(meter.runs(meter.start));
        meter.record(Duration::from_micros(1));
        assert!(meter.runs(meter.opens));
        assert_eq!((meter.count, meter.latencies.len()), (0, 0));
        assert!(!meter.runs(meter.ends));
    }
}
