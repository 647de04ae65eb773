//! How are small messages received fast?
//!
//! A read holds up to ten thousand of them. Each goes from the input to its final place in one pass: header, room from the
//! sink, an unmasking copy that notices text which is not ASCII. Nothing is allocated and no state of the session is
//! touched, so this is a function, not a method.

use super::{ASSEMBLE_MIN, Config, ProtocolError, Sink};
use crate::proto::wire::{Opcode, SmallFrame, is_utf8, mask};

/// Receives the whole small messages at the front of `input`, while no message is under way. Says how many bytes they
/// were, and whether the sink refused the next one; what else the next bytes may be, it does not know.
#[inline]
pub(super) fn receive<S: Sink>(config: &Config, input: &[u8], sink: &mut S) -> Result<(usize, bool), ProtocolError> {
    let masked = config.peer_masks();
    let checks_text = !config.skip_utf8_validation;
    let len_max = config.message_max().min(ASSEMBLE_MIN as u64 - 1) as usize;
    let mut rest = input;
    let mut refused = false;
    while let Some(frame) = SmallFrame::parse(rest, masked) {
        let len = frame.payload.len();
        if len > len_max {
            break;
        }
        let Some(place) = sink.reserve(len) else {
            refused = true;
            break;
        };
        let ascii = mask::mask_copy_ascii(frame.payload, place, frame.key, 0);
        if frame.text && checks_text && !ascii && !is_utf8(place) {
            return Err(ProtocolError::InvalidUtf8);
        }
        sink.commit(if frame.text { Opcode::Text } else { Opcode::Binary }, len);
        rest = frame.rest;
    }
    Ok((input.len() - rest.len(), refused))
}
