//! How much does a WebSocket server, or a client, on this machine cost? One thread offers load, one JSON line answers.
//!
//! ```text
//! upshift-load MODE --addr 127.0.0.1:PORT [--port PORT] [--path /] [--conns N] [--pipeline P] [--size S]
//!              [--text] [--deflate keep|forget] [--messages M] [--secs D] [--warmup W] [--rate R] [--pid SERVER_PID]
//! MODE: echo       every connection keeps P messages in flight, each must come back whole
//!       rate       open loop: R messages/s on a schedule; latency counts from the scheduled time
//!       handshake  connect + upgrade + drop, one at a time per connection
//!       client     the other way round: say the port on stderr, let N clients connect, send to them as echo does
//!       mask       no server: what masking takes, as a multiple of a plain copy of the same bytes, within D seconds
//!       idle       open N connections, have M messages echoed on each, say "open" on stderr, hold them for D seconds
//! --deflate negotiates permessage-deflate, with context takeover on both sides or on none, and sends text like JSON,
//!           compressed beforehand
//! ```
//!
//! CPU figures are nanosecond-exact per thread, from `/proc/PID/task/*/schedstat` over the measured window. Frames are
//! written and read with the codec of the `upshift` crate; everything else is deliberately plain.

mod message;
mod meter;
mod modes;
mod options;
mod peer;
mod process;
mod report;
mod swarm;

use options::{Mode, Options};
use std::process::ExitCode;

/// What can go wrong: a sentence for the person who started the run.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    match Options::from_args(std::env::args().skip(1)) {
        Err(problem) => {
            eprintln!("upshift-load: {problem}\n\n{}", usage());
            ExitCode::from(64)
        }
        Ok(options) => match run(&options) {
            Ok(line) => {
                println!("{line}");
                ExitCode::SUCCESS
            }
            Err(problem) => {
                eprintln!("upshift-load: {problem}");
                ExitCode::FAILURE
            }
        },
    }
}

/// Runs one mode; the JSON line it ends with.
fn run(options: &Options) -> Outcome<String> {
    match options.mode {
        Mode::Echo => modes::echo::run(options),
        Mode::Client => modes::client::run(options),
        Mode::Rate => modes::rate::run(options),
        Mode::Handshake => modes::handshake::run(options),
        Mode::Idle => modes::idle::run(options),
        Mode::Mask => Ok(modes::mask::run(options)),
    }
}

/// The block in this file's head, so that help and documentation cannot differ.
fn usage() -> String {
    let lines = include_str!("main.rs").lines();
    let block = lines.skip_while(|line| *line != "//! ```text").skip(1);
    block
        .take_while(|line| *line != "//! ```")
        .map(|line| line.trim_start_matches("//!").strip_prefix(' ').unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}
