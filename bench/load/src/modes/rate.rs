//! Open loop: message k is due at start + k / R on connection k mod N, whatever the server does.

use super::receive;
use crate::Outcome;
use crate::message;
use crate::meter::Meter;
use crate::options::Options;
use crate::report::Report;
use crate::swarm::Swarm;
use std::time::{Duration, Instant};

/// Longer waits sleep; shorter ones spin, or the generator's own wake-up would be part of every latency.
const SPIN_BELOW: Duration = Duration::from_millis(2);

/// Runs it.
pub fn run(options: &Options) -> Outcome<String> {
    let (mut swarm, _) = Swarm::open(options)?;
    let frame = message::frame(options);
    let gap = Duration::from_secs_f64(1.0 / options.rate);
    let mut meter = Meter::new(options);
    let (mut due, mut next) = (meter.start, 0);
    loop {
        let now = Instant::now();
        if !meter.runs(now) {
            return Ok(report(options, meter));
        }
        while due <= now {
            let peer = &mut swarm.peers[next];
            peer.push(&frame, due);
            peer.flush()?;
            next = (next + 1) % options.conns;
            due += gap;
        }
        swarm.wait(pause(due))?;
        for event in &swarm.events {
            let peer = &mut swarm.peers[event.token().0];
            if event.is_writable() {
                peer.writable = true;
                peer.flush()?;
            }
            if event.is_readable() {
                receive(peer, &mut swarm.scratch, options, &mut meter)?;
            }
        }
    }
}

/// How long to sleep before a message is due.
fn pause(due: Instant) -> Duration {
    let left = due.saturating_duration_since(Instant::now());
    if left > SPIN_BELOW {
        left.saturating_sub(Duration::from_millis(1))
    } else {
        Duration::ZERO
    }
}

fn report(options: &Options, meter: Meter) -> String {
    let mut report = Report::new("rate");
    report
        .add("conns", options.conns)
        .add("size", options.size)
        .number("asked_per_s", options.rate, 0);
    meter.rates(&mut report, "msgs_per_s", None);
    meter.finish(&mut report);
    report.finish()
}
