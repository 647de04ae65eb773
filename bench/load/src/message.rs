//! Which bytes go out? The upgrade request, and a few frames that are sent again and again, masked unless they go to a
//! client: one, or compressed ones that are different enough to be no repetition of each other.

use crate::options::{Deflate, Mode, Options};
use upshift::proto::deflate::negotiate::accept_response;
use upshift::proto::deflate::{Options as DeflateOptions, Pool, Tuning};
use upshift::proto::session::{Config, Role, Session};
use upshift::proto::wire::{FrameHeader, Opcode, mask};

/// More of them than a window holds of 4 KiB each.
const COMPRESSED: usize = 32;

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

/// The frames of this run, to be sent in turn.
pub fn frames(options: &Options) -> Vec<Vec<u8>> {
    if options.deflate == Deflate::None {
        return vec![frame(options)];
    }
    (0..COMPRESSED).map(|number| compressed(options, number)).collect()
}

/// One whole masked and compressed message, which refers to no other.
fn compressed(options: &Options, number: usize) -> Vec<u8> {
    let agreed = accept_response(DeflateOptions::default(), std::iter::once(&b"permessage-deflate"[..]));
    let config = Config {
        role: Role::Client,
        deflate: agreed.ok().map(|agreed| agreed.deflate(0, Tuning::default())),
        ..Config::default()
    };
    let (mut frame, mut pool) = (Vec::new(), Pool::default());
    let text = text_like_json(options.size, number);
    let kind = (opcode(options), true);
    Session::new().send_message(&config, kind, &text, true, Some(KEY), &mut pool, &mut frame);
    frame
}

/// Records of numbers and words, of which no two are the same.
fn text_like_json(size: usize, number: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15 ^ (number as u64) << 17 | 1;
    let mut next = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let words = ["open", "closed", "pending", "north", "south", "café", "urgent", "none"];
    let mut text = String::from("[");
    while text.len() < size {
        let (id, price, word) = (next(1_000_000), next(100_000), words[next(8) as usize]);
        let user = next(5000);
        let record = format!(
            "{{\"id\":{id},\"user\":\"user-{user}\",\"state\":\"{word}\",\"price\":{price},\"tags\":[\"a\",\"b\"]}},"
        );
        text.push_str(&record);
    }
    while !text.is_char_boundary(size) {
        text.push(' ');
        text = text.replacen("é", "e", 1);
    }
    text.truncate(size);
    text.into_bytes()
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

/// Whether these bytes may be the answer: inflating them would cost more than the echo, so of compressed ones it is only
/// known that they are shorter.
pub fn is_answer(payload: &[u8], options: &Options) -> bool {
    if options.deflate == Deflate::None {
        return is_echo(payload, options.size);
    }
    !payload.is_empty() && payload.len() < options.size
}

/// Whether these bytes are what was sent: length and both ends; comparing every byte would cost more than the echo.
fn is_echo(payload: &[u8], size: usize) -> bool {
    let ends = || payload.first() == Some(&payload_byte(0)) && payload.last() == Some(&payload_byte(size - 1));
    payload.len() == size && (size == 0 || ends())
}

/// The upgrade request. The key is RFC 6455's example: nothing here checks the answer's accept value.
pub fn request(options: &Options) -> Vec<u8> {
    let Options { path, addr, .. } = options;
    let offer = match options.deflate {
        Deflate::None => "",
        Deflate::Keep => "Sec-WebSocket-Extensions: permessage-deflate\r\n",
        Deflate::Forget => {
            "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"
        }
    };
    format!(
        "GET {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\n{offer}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
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
    fn compressed_messages_are_text_of_the_right_size_and_not_the_same() {
        let texts: Vec<_> = (0..COMPRESSED).map(|number| text_like_json(4096, number)).collect();
        for (number, text) in texts.iter().enumerate() {
            assert!(text.len() == 4096 && str::from_utf8(text).is_ok());
            assert!(texts.iter().skip(number + 1).all(|other| other != text));
        }
        let options = Options {
            size: 4096,
            text: true,
            deflate: Deflate::Keep,
            ..Options::default()
        };
        let frame = &frames(&options)[0];
        assert_eq!(frame[0], 0xc1);
        assert!((600..3000).contains(&frame.len()), "{}", frame.len());
    }

    #[test]
    fn echoes_are_known_by_their_ends() {
        assert!(is_echo(b"abc", 3) && is_echo(b"", 0));
        assert!(!is_echo(b"abd", 3) && !is_echo(b"ab", 3));
    }
}
