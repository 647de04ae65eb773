//! How does what the application sends become frames?

use super::{Sending, Session};
use crate::proto::wire::{FrameHeader, Opcode, mask};

/// A control frame's 125 bytes less the close code.
const REASON_MAX: usize = 123;

impl Session {
    /// Appends one frame to `out`, masked with `key` if there is one. `fin` = false begins or goes on with a fragmented
    /// message, whose further frames are sent as continuations whatever `opcode` says. After a close frame nothing is
    /// appended: "the application MUST NOT send any more data frames" (RFC 6455 section 5.5.1).
    #[inline]
    pub fn send(&mut self, opcode: Opcode, fin: bool, payload: &[u8], key: Option<[u8; 4]>, out: &mut Vec<u8>) {
        if self.close_sent {
            return;
        }
        let opcode = self.next_opcode(opcode, fin);
        put_frame(opcode, fin, payload, key, out);
    }

    /// Appends the header of an unmasked frame whose payload of `len` bytes follows by another way.
    #[inline]
    pub fn send_header(&mut self, opcode: Opcode, fin: bool, len: usize, out: &mut Vec<u8>) {
        if self.close_sent {
            return;
        }
        let opcode = self.next_opcode(opcode, fin);
        FrameHeader::new(opcode, fin, len as u64).encode(out);
    }

    /// Appends the close frame, once. Without a code there is no reason either; a reason is cut at what fits.
    pub fn send_close(&mut self, code: Option<u16>, reason: &[u8], key: Option<[u8; 4]>, out: &mut Vec<u8>) {
        if self.close_sent {
            return;
        }
        self.close_sent = true;
        self.deferred = None;
        let mut payload = Vec::new();
        if let Some(code) = code {
            payload.extend_from_slice(&code.to_be_bytes());
            payload.extend(reason.iter().take(REASON_MAX));
        }
        put_frame(Opcode::Close, true, &payload, key, out);
    }

    /// What the frame has to be called, given what was sent before it (section 5.4).
    #[inline]
    fn next_opcode(&mut self, opcode: Opcode, fin: bool) -> Opcode {
        if opcode.is_control() {
            return opcode;
        }
        let begins = self.sending == Sending::Nothing;
        if fin {
            self.sending = Sending::Nothing;
        } else if begins {
            self.sending = Sending::Plain;
        }
        if begins { opcode } else { Opcode::Continuation }
    }
}

/// Appends one frame.
#[inline]
pub(super) fn put_frame(opcode: Opcode, fin: bool, payload: &[u8], key: Option<[u8; 4]>, out: &mut Vec<u8>) {
    let header = FrameHeader {
        mask: key,
        ..FrameHeader::new(opcode, fin, payload.len() as u64)
    };
    put(header, payload, out);
}

/// Appends one frame with this header.
#[inline]
pub(super) fn put(header: FrameHeader, payload: &[u8], out: &mut Vec<u8>) {
    header.encode(out);
    match header.mask {
        Some(key) => mask::mask_append(payload, out, key, 0),
        None => out.extend_from_slice(payload),
    }
}
