//! Connecting, upgrading and dropping the connection, again and again in each slot.

use crate::Outcome;
use crate::meter::Meter;
use crate::options::Options;
use crate::peer::Peer;
use crate::report::Report;
use crate::swarm::Swarm;
use mio::Token;
use std::time::{Duration, Instant};

/// Runs it.
pub fn run(options: &Options) -> Outcome<String> {
    let mut swarm = Swarm::new()?;
    let mut meter = Meter::new(options);
    let mut began = vec![Instant::now(); options.conns];
    for _ in 0..options.conns {
        swarm.connect(options)?;
    }
    while meter.runs(Instant::now()) {
        swarm.wait(Duration::from_millis(200))?;
        for event in swarm.events.iter().filter(|event| event.is_readable()) {
            let slot = event.token().0;
            let peer = &mut swarm.peers[slot];
            let alive = peer.fill(&mut swarm.scratch)?;
            let done = peer.take_response()?;
            if done {
                meter.record(began[slot].elapsed());
            }
            if done || !alive {
                began[slot] = Instant::now();
                let fresh = Peer::connect(options, swarm.poll.registry(), Token(slot))?;
                std::mem::replace(peer, fresh).retire(swarm.poll.registry());
                peer.flush()?;
            }
        }
    }
    let mut report = Report::new("handshake");
    report.add("conns", options.conns);
    meter.rates(&mut report, "per_s", None);
    meter.finish(&mut report);
    Ok(report.finish())
}
