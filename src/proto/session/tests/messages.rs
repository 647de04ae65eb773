//! Whole and fragmented messages (RFC 6455 sections 5.4 and 5.6).

use super::support::{client, got, masked, receive, receive_as, unmasked};
use crate::proto::session::fuzz::Told;
use crate::proto::session::{ASSEMBLE_MIN, Config, ProtocolError};
use crate::proto::wire::Opcode::{Binary, Ping, Pong, Text};

#[test]
fn the_examples_of_the_rfc() {
    // Section 5.7, in its order.
    let hello = [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f];
    assert_eq!(receive_as(&client(), &hello), (vec![got(Text, b"Hello")], None));
    let hello_masked = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    assert_eq!(receive(&hello_masked), (vec![got(Text, b"Hello")], None));
    let fragmented = [0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f];
    let told = Told::Got(Text, b"Hello".to_vec(), vec![3, 5]);
    assert_eq!(receive_as(&client(), &fragmented), (vec![told], None));
    let a_ping = [0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f];
    assert_eq!(receive_as(&client(), &a_ping), (vec![got(Ping, b"Hello")], None));
    let masked_pong = [0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    assert_eq!(receive(&masked_pong), (vec![got(Pong, b"Hello")], None));
    for len in [256, 65536] {
        let payload = vec![7; len];
        assert_eq!(
            receive_as(&client(), &unmasked(0x82, &payload)),
            (vec![got(Binary, &payload)], None)
        );
    }
}

#[test]
fn every_length_that_changes_something() {
    let lens = [
        0,
        1,
        125,
        126,
        127,
        ASSEMBLE_MIN - 1,
        ASSEMBLE_MIN,
        65535,
        65536,
        100_000,
    ];
    for len in lens {
        let payload: Vec<u8> = (0..len).map(|i| (i % 120) as u8).collect();
        for (first, opcode) in [(0x81, Text), (0x82, Binary)] {
            let twice = masked(first, &payload).repeat(2);
            let told = vec![got(opcode, &payload); 2];
            assert_eq!(receive(&twice), (told, None), "{len} bytes");
        }
    }
}

#[test]
fn control_frames_come_between_fragments() {
    let input = [
        masked(0x02, b"ab"),
        masked(0x89, b"p"),
        masked(0x00, b"cd"),
        masked(0x8a, b""),
        masked(0x80, b"e"),
        masked(0x81, b"next"),
    ];
    let told = vec![
        got(Ping, b"p"),
        got(Pong, b""),
        Told::Got(Binary, b"abcde".to_vec(), vec![2, 4, 5]),
        got(Text, b"next"),
    ];
    assert_eq!(receive(&input.concat()), (told, None));
}

#[test]
fn empty_fragments_leave_no_trace() {
    let input = [
        masked(0x01, b""),
        masked(0x00, b"a"),
        masked(0x00, b""),
        masked(0x80, b""),
    ];
    assert_eq!(receive(&input.concat()), (vec![got(Text, b"a")], None));
    let input = [masked(0x02, b""), masked(0x80, b"")];
    assert_eq!(receive(&input.concat()), (vec![got(Binary, b"")], None));
}

#[test]
fn characters_cut_by_fragments() {
    let text = "κόσμε 😀".as_bytes();
    for cut in 0..=text.len() {
        let input = [masked(0x01, &text[..cut]), masked(0x80, &text[cut..])].concat();
        let (told, error) = receive(&input);
        assert_eq!(error, None);
        assert!(matches!(&told[..], [Told::Got(Text, data, _)] if data == text));
    }
}

#[test]
fn text_that_is_not_utf8() {
    let wrong = Some(ProtocolError::InvalidUtf8);
    let before = masked(0x81, b"before");
    for bad in [
        &b"\xff"[..],
        b"abc\xc3",
        b"\xed\xa0\x80",
        &[b'a', 0xc3, 0x28].repeat(200),
    ] {
        let input = [&before[..], &masked(0x81, bad), &masked(0x81, b"after")].concat();
        assert_eq!(receive(&input), (vec![got(Text, b"before")], wrong));
        assert_eq!(
            receive(&masked(0x82, bad)),
            (vec![got(Binary, bad)], None),
            "binary may be anything"
        );
        let lax = Config {
            skip_utf8_validation: true,
            ..super::support::server()
        };
        assert_eq!(receive_as(&lax, &masked(0x81, bad)), (vec![got(Text, bad)], None));
    }
    let cut_at_the_end = [masked(0x01, b"a"), masked(0x80, b"\xe2\x82")].concat();
    assert_eq!(receive(&cut_at_the_end), (vec![], wrong));
}

#[test]
fn an_error_in_text_is_found_at_its_first_wrong_byte() {
    // Autobahn 6.4: a frame of which only the start has come, and a fragment without its successor.
    let frame = masked(0x81, b"abc\xf4\x90\x80\x80def");
    let wrong_at = frame.len() - b"\x90\x80\x80def".len() + 1;
    assert_eq!(receive(&frame[..wrong_at - 1]), (vec![], None));
    assert_eq!(receive(&frame[..wrong_at]), (vec![], Some(ProtocolError::InvalidUtf8)));
    let fragment = masked(0x01, b"\xce\xba\xff");
    assert_eq!(receive(&fragment), (vec![], Some(ProtocolError::InvalidUtf8)));
}
