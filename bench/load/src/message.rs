//! Which bytes go out? The upgrade request, and one frame that is sent again and again, masked unless it goes to a client.

use crate::options::{Mode, Options};
use upshift::proto::wire::{FrameHeader, Opcode, mask};

/// Any key masks; a constant one keeps the frame constant.
const KEY: [u8; 4] = [0x12, 0x34, 0x56, 0x78];

/// The alphabet over and over: what an echo's first and last byte are is known from its length.
pub fn payload_byte(index: usize) -> u8 {
    b'a' + (index % 26) as u8
}

/// The opcode of the messages of this run.
pub fn opcode(options: &Options) -> Opcode {
    if options.text { Opcode::Text } else { Opcode::Binary }
}

/// One whole message.
pub fn frame(options: &Options) -> Vec<u8> {
    let key = (options.mode != Mode::Client).then_some(KEY);
    let header = FrameHeader {
        fin: true,
        rsv1: false,
        opcode: opcode(options),
        mask: key,
        len: options.size as u64,
    };
    let mut frame = Vec::with_capacity(options.size + 14);
    header.encode(&mut frame);
    let start = frame.len();
    frame.extend((0..options.size).map(payload_byte));
    mask::mask_in_place(&mut frame[start..], key.unwrap_or_default(), 0);
    frame
}

/// Whether these bytes are what was sent: length and both ends; comparing every byte would cost more than the echo.
pub fn is_echo(payload: &[u8], size: usize) -> bool {
    let ends = || payload.first() == Some(&payload_byte(0)) && payload.last() == Some(&payload_byte(size - 1));
    payload.len() == size && (size == 0 || ends())
}

/// The upgrade request. The key is RFC 6455's example: nothing here checks the answer's accept value.
pub fn request(options: &Options) -> Vec<u8> {
    let Options { path, addr, .. } = options;
    format!(
        "GET {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_header_and_masked_alphabet() {
        let frame = frame(&Options {
            size: 3,
            ..Options::default()
        });
        assert_eq!(
            frame,
            [
                0x82,
                0x83,
                0x12,
                0x34,
                0x56,
                0x78,
                b'a' ^ 0x12,
                b'b' ^ 0x34,
                b'c' ^ 0x56
            ]
        );
    }

    #[test]
    fn a_client_gets_it_without_a_mask() {
        let frame = frame(&Options {
            mode: Mode::Client,
            size: 3,
            ..Options::default()
        });
        assert_eq!(frame, [0x82, 3, b'a', b'b', b'c']);
    }

    #[test]
    fn echoes_are_known_by_their_ends() {
        assert!(is_echo(b"abc", 3) && is_echo(b"", 0));
        assert!(!is_echo(b"abd", 3) && !is_echo(b"ab", 3));
    }
}
