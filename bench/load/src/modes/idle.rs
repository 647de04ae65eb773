//! Open connections and silence: what does the server keep for each?

use crate::Outcome;
use crate::options::Options;
use crate::process;
use crate::report::Report;
use crate::swarm::Swarm;

/// Runs it. The word on stderr tells whoever started this when to look at the server's memory.
pub fn run(options: &Options) -> Outcome<String> {
    let resident = || {
        options
            .pid
            .and_then(process::resident)
            .map_or(f64::NAN, |kib| kib as f64)
    };
    let before = resident();
    let (swarm, took) = Swarm::open(options)?;
    eprintln!("open");
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
