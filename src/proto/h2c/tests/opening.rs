//! What the server receives first.

use super::super::{Opened, Opening, PREFACE, Settings};
use super::support::{Frame, bytes, encoded, frame, frames, settings};

/// Opens with what a client sent; how it went, the frames for the server, and what is left.
fn open(sent: &[u8], block: &[u8], ends_stream: bool) -> (Opened, Vec<Frame>, Vec<u8>) {
    let said = Settings::decode(encoded(&[(3, 100), (4, 7)]).as_bytes()).expect("valid");
    let (mut opening, mut out) = (Opening::default(), Vec::new());
    let opened = opening.read(sent, &said, block, ends_stream, &mut out);
    let frames = out.strip_prefix(PREFACE).map(frames).unwrap_or_default();
    (opened, frames, opening.into_rest())
}

/// A preface and frames.
fn sent(all: &[Frame]) -> Vec<u8> {
    [PREFACE, &bytes(all)[..]].concat()
}

#[test]
fn the_request_follows_the_settings_of_both() {
    let first = frame(4, 0, 0, &settings(&[(4, 9), (2, 0)]));
    let ping = frame(6, 0, 0, b"12345678");
    let (opened, frames, rest) = open(&sent(&[first, ping.clone()]), b"fields", true);
    assert_eq!(opened, Opened::Yes);
    let both = settings(&[(3, 100), (4, 9), (2, 0)]);
    assert_eq!(frames, [frame(4, 0, 0, &both), frame(1, 5, 1, b"fields")]);
    assert_eq!(rest, bytes(&[ping]));
}

#[test]
fn a_request_with_a_body_is_not_over() {
    let (_, frames, _) = open(&sent(&[frame(4, 0, 0, &[])]), b"fields", false);
    assert_eq!(frames[1], frame(1, 4, 1, b"fields"));
}

#[test]
fn many_fields_become_several_frames() {
    let block = [7; 16_384 * 2 + 1];
    let (_, frames, _) = open(&sent(&[frame(4, 0, 0, &[])]), &block, true);
    let expected = [(1, 1, 16_384), (9, 0, 16_384), (9, 4, 1)];
    let seen = frames[1..]
        .iter()
        .map(|frame| (frame.kind, frame.flags, frame.payload.len()));
    assert_eq!(seen.collect::<Vec<_>>(), expected);
    let (_, frames, _) = open(&sent(&[frame(4, 0, 0, &[])]), &block[..16_384], true);
    assert_eq!((frames.len(), frames[1].flags), (2, 5));
}

#[test]
fn bytes_may_come_one_at_a_time() {
    let all = sent(&[frame(4, 0, 0, &settings(&[(4, 9)])), frame(6, 0, 0, b"12345678")]);
    let (mut opening, mut out) = (Opening::default(), Vec::new());
    let first = PREFACE.len() + 9 + 6;
    for (at, byte) in all[..first].iter().enumerate() {
        let opened = opening.read(&[*byte], &Settings::default(), b"fields", true, &mut out);
        assert_eq!(opened, if at + 1 == first { Opened::Yes } else { Opened::More });
    }
    assert_eq!(frames(&out[PREFACE.len()..]).len(), 2);
}

#[test]
fn what_is_no_preface_is_found_at_once() {
    for wrong in ["G", "PRI * HTTP/1.1", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r"] {
        assert_eq!(open(wrong.as_bytes(), b"", true).0, Opened::No, "{wrong:?}");
    }
    assert_eq!(open(b"", b"", true).0, Opened::More);
}

#[test]
fn what_is_no_first_frame_is_the_servers_to_refuse() {
    for wrong in [
        frame(6, 0, 0, b"12345678"),
        frame(4, 1, 0, &[]),
        frame(4, 0, 1, &[]),
        frame(4, 0, 0, b"12345"),
        frame(4, 0, 0, &[0; 16_386]),
    ] {
        let (opened, frames, _) = open(&sent(std::slice::from_ref(&wrong)), b"fields", true);
        assert_eq!((opened, frames), (Opened::Wrong, vec![wrong]));
    }
    let full = frame(4, 0, 0, &settings(&[(0xabcd, 1); 2730]));
    assert_eq!(open(&sent(&[full]), b"fields", true).0, Opened::Wrong);
}
