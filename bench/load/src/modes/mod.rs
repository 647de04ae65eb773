//! The kinds of load, one file each. All end in one line of JSON.

pub mod client;
pub mod echo;
pub mod handshake;
pub mod idle;
pub mod mask;
pub mod rate;

use crate::Outcome;
use crate::message;
use crate::meter::Meter;
use crate::options::Options;
use crate::peer::Peer;
use std::time::Instant;

/// Reads what is there and records every echo; how many there were. Anything but an echo ends the run.
fn receive(peer: &mut Peer, scratch: &mut [u8], options: &Options, meter: &mut Meter) -> Outcome<usize> {
    if !peer.fill(scratch)? {
        return Err("connection closed by the server".into());
    }
    let (now, mut count) = (Instant::now(), 0);
    while let Some((opcode, range)) = peer.next_message()? {
        if opcode != message::opcode(options) || !message::is_answer(peer.payload(range.clone()), options) {
            return Err(format!("not what was sent: {opcode:?} of {} bytes", range.len()).into());
        }
        let departure = peer.sent.pop_front().ok_or("more echoes than messages")?;
        meter.record(now - departure);
        count += 1;
    }
    Ok(count)
}
