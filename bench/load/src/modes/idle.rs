//! Open connections and silence: what does the server keep for each?

use super::receive;
use crate::Outcome;
use crate::message;
use crate::meter::Meter;
use crate::options::Options;
use crate::process;
use crate::report::Report;
use crate::swarm::Swarm;
use std::time::{Duration, Instant};

/// Runs it. The word on stderr tells whoever started this when to look at the server's memory.
pub fn run(options: &Options) -> Outcome<String> {
    let resident = || {
        options
            .pid
            .and_then(process::resident)
            .map_or(f64::NAN, |kib| kib as f64)
    };
    let before = resident();
    let (mut swarm, took) = Swarm::open(options)?;
    talk(&mut swarm, options)?;
    eprintln!("open");
    #[expect(clippy::disallowed_methods, reason = "silence is the load")]
    std::thread::sleep(options.time);
    let after = resident();
    let mut report = Report::new("idle");
    report
        .add("conns", swarm.peers.len())
        .number("open_secs", took.as_secs_f64(), 2);
    report.number("rss_kb_before", before, 0).number("rss_kb", after, 0);
    report.number("kb_per_conn", (after - before) / swarm.peers.len() as f64, 3);
    Ok(report.finish())
}

/// Has some messages echoed on every connection, one after the other.
fn talk(swarm: &mut Swarm, options: &Options) -> Outcome<()> {
    let frames = message::frames(options);
    let mut meter = Meter::new(options);
    for round in 0..options.messages {
        let frame = &frames[round % frames.len()];
        for peer in &mut swarm.peers {
            peer.push(frame, Instant::now());
            peer.flush()?;
        }
        let mut waiting = swarm.peers.len();
        while waiting > 0 {
            swarm.wait(Duration::from_millis(200))?;
            for event in &swarm.events {
                let peer = &mut swarm.peers[event.token().0];
                peer.writable |= event.is_writable();
                if event.is_readable() {
                    waiting -= receive(peer, &mut swarm.scratch, options, &mut meter)?;
                }
                peer.flush()?;
            }
        }
    }
    Ok(())
}
