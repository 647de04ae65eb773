//! What the tests share: frames as values, and a head to change.

use super::super::frame::{FrameHeader, HEADER_LENGTH};

/// A frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) kind: u8,
    pub(super) flags: u8,
    pub(super) stream: u32,
    pub(super) payload: Vec<u8>,
}

/// Makes one.
pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Frame {
    Frame {
        kind,
        flags,
        stream,
        payload: payload.to_vec(),
    }
}

/// Reads frames, which have to be whole.
pub(super) fn frames(mut bytes: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    while let Some(header) = FrameHeader::peek(bytes) {
        let end = HEADER_LENGTH + header.length;
        frames.push(frame(
            header.kind,
            header.flags,
            header.stream,
            &bytes[HEADER_LENGTH..end],
        ));
        bytes = &bytes[end..];
    }
    assert!(bytes.is_empty(), "a frame is cut off: {bytes:?}");
    frames
}

/// Writes frames.
pub(super) fn bytes(frames: &[Frame]) -> Vec<u8> {
    frames
        .iter()
        .flat_map(|frame| {
            let header = FrameHeader {
                length: frame.payload.len(),
                kind: frame.kind,
                flags: frame.flags,
                stream: frame.stream,
            };
            [&header.encode()[..], &frame.payload].concat()
        })
        .collect()
}

/// The payload of a `WINDOW_UPDATE`.
pub(super) fn increment(by: u32) -> [u8; 4] {
    by.to_be_bytes()
}

/// The payload of a SETTINGS frame.
pub(super) fn settings(all: &[(u16, u32)]) -> Vec<u8> {
    all.iter()
        .flat_map(|(id, value)| [&id.to_be_bytes()[..], &value.to_be_bytes()].concat())
        .collect()
}

/// `HTTP2-Settings` that say so.
pub(super) fn encoded(all: &[(u16, u32)]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(settings(all))
}
