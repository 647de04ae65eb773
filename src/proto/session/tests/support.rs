//! Frames written by hand, and short ways to receive them.

use crate::proto::session::fuzz::{Driven, Told};
use crate::proto::session::{Config, ProtocolError, Role};
use crate::proto::wire::Opcode;

/// The key all masked test frames use.
pub(super) const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame as a client sends it: first byte, payload.
pub(super) fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(first, payload.len(), 0x80);
    frame.extend(KEY);
    frame.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

/// A frame as a server sends it.
pub(super) fn unmasked(first: u8, payload: &[u8]) -> Vec<u8> {
    [&header(first, payload.len(), 0)[..], payload].concat()
}

/// First byte and length, without a key.
pub(super) fn header(first: u8, len: usize, mask: u8) -> Vec<u8> {
    match len {
        0..126 => vec![first, mask | len as u8],
        126..65536 => [&[first, mask | 0x7e][..], &(len as u16).to_be_bytes()].concat(),
        _ => [&[first, mask | 0x7f][..], &(len as u64).to_be_bytes()].concat(),
    }
}

/// A server without limits.
pub(super) fn server() -> Config {
    Config {
        max_payload: 0,
        max_fragments: 0,
        max_buffered_chunks: 0,
        ..Config::default()
    }
}

/// A client without limits.
pub(super) fn client() -> Config {
    Config {
        role: Role::Client,
        mask_key: || KEY,
        ..server()
    }
}

/// A message that came in one frame.
pub(super) fn got(opcode: Opcode, data: &[u8]) -> Told {
    Told::Got(opcode, data.to_vec(), Vec::new())
}

/// What a server is told of `input`, and how it ended.
pub(super) fn receive(input: &[u8]) -> (Vec<Told>, Option<ProtocolError>) {
    receive_as(&server(), input)
}

/// The same with other rules, in one read, and as a check byte by byte.
pub(super) fn receive_as(config: &Config, input: &[u8]) -> (Vec<Told>, Option<ProtocolError>) {
    let (mut whole, mut bytes) = (Driven::default(), Driven::default());
    let error = whole.read(config, input).err();
    if config.max_buffered_chunks == 0 {
        assert_eq!(bytes.read_in(config, input, &[1]).err(), error);
        assert_eq!(bytes.transcript.told, whole.transcript.told);
    }
    (whole.transcript.told, error)
}
