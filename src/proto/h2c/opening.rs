//! How does the upgraded request get into the HTTP/2 connection? Behind the client's preface, whose SETTINGS frame says
//! what the upgrade said too, as HEADERS of stream 1. (RFC 7540 sections 3.2 and 3.5)

use super::Settings;
use super::frame::{self, FrameHeader, HEADER_LENGTH, MAX_PAYLOAD, flag, kind};

/// What every HTTP/2 client sends first.
pub const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The stream of the upgraded request.
pub const STREAM: u32 = 1;

/// What some bytes brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// The first SETTINGS frame is not whole yet.
    More,
    /// It is, and the output is what a server has to receive.
    Yes,
    /// The client does not speak HTTP/2: there is no output.
    No,
    /// It speaks it wrongly. The output is what it sent, for the server to say so.
    Wrong,
}

/// A connection between its 101 and its first SETTINGS frame.
#[derive(Clone, Debug, Default)]
pub struct Opening {
    /// What arrived and did not go to the output.
    received: Vec<u8>,
}

impl Opening {
    /// Takes bytes, and appends to `out` what the server has to receive as soon as that is known. What arrived behind it
    /// is the [`rest`](Self::into_rest).
    ///
    /// `block` are the fields of the request; `ends_stream` is whether it has no body.
    pub fn read(
        &mut self,
        bytes: &[u8],
        settings: &Settings,
        block: &[u8],
        ends_stream: bool,
        out: &mut Vec<u8>,
    ) -> Opened {
        self.received.extend_from_slice(bytes);
        let known = self.received.len().min(PREFACE.len());
        if self.received.get(..known) != PREFACE.get(..known) {
            return Opened::No;
        }
        let frame = self.received.get(PREFACE.len()..).unwrap_or_default();
        let Some(header) = FrameHeader::peek(frame) else {
            return Opened::More;
        };
        if !is_first_settings(header) {
            out.append(&mut self.received);
            return Opened::Wrong;
        }
        let Some((said, behind)) = frame
            .get(HEADER_LENGTH..)
            .and_then(|rest| rest.split_at_checked(header.length))
        else {
            return Opened::More;
        };
        let payload = settings.followed_by(said);
        if payload.len() > MAX_PAYLOAD {
            out.append(&mut self.received);
            return Opened::Wrong;
        }
        out.extend_from_slice(PREFACE);
        frame::append(out, kind::SETTINGS, 0, 0, &payload);
        frame::append_fields(out, STREAM, block, ends_stream);
        self.received = behind.to_vec();
        Opened::Yes
    }

    /// After [`Opened::Yes`]: what arrived behind the first frame.
    pub fn into_rest(self) -> Vec<u8> {
        self.received
    }
}

/// Whether this can be the frame that has to come first.
const fn is_first_settings(header: FrameHeader) -> bool {
    header.kind == kind::SETTINGS
        && !header.has(flag::ACK)
        && header.stream == 0
        && header.length.is_multiple_of(6)
        && header.length <= MAX_PAYLOAD
}
