//! Closed loop: each connection keeps its messages in flight and sends the next when one has come back.

use super::receive;
use crate::Outcome;
use crate::message;
use crate::meter::Meter;
use crate::options::Options;
use crate::peer::Peer;
use crate::report::Report;
use crate::swarm::Swarm;
use std::time::{Duration, Instant};

/// Runs it.
pub fn run(options: &Options) -> Outcome<String> {
    let (swarm, _) = Swarm::open(options)?;
    drive("echo", options, swarm)
}

/// Runs it over connections that are open.
pub fn drive(mode: &str, options: &Options, mut swarm: Swarm) -> Outcome<String> {
    let frames = message::frames(options);
    let mut frames = frames.iter().cycle();
    let mut push = |peer: &mut Peer, now| frames.next().into_iter().for_each(|frame| peer.push(frame, now));
    let mut meter = Meter::new(options);
    for peer in &mut swarm.peers {
        (0..options.pipeline).for_each(|_| push(peer, Instant::now()));
        peer.flush()?;
    }
    while meter.runs(Instant::now()) {
        swarm.wait(Duration::from_millis(200))?;
        for event in &swarm.events {
            let peer = &mut swarm.peers[event.token().0];
            peer.writable |= event.is_writable();
            if event.is_readable() {
                let count = receive(peer, &mut swarm.scratch, options, &mut meter)?;
                let now = Instant::now();
                (0..count).for_each(|_| push(peer, now));
            }
            peer.flush()?;
        }
    }
    Ok(report(mode, options, meter))
}

fn report(mode: &str, options: &Options, meter: Meter) -> String {
    let mut report = Report::new(mode);
    report
        .add("conns", options.conns)
        .add("pipeline", options.pipeline)
        .add("size", options.size)
        .add("text", options.text);
    meter.rates(&mut report, "msgs_per_s", Some(options.size));
    meter.finish(&mut report);
    report.finish()
}
