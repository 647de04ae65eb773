//! Large messages, read straight into their own memory.

use super::support::{got, masked, server, unmasked};
use crate::proto::session::fuzz::{Driven, Told, Transcript};
use crate::proto::session::{ASSEMBLE_MIN, Pongs, Progress, ProtocolError, Session};
use crate::proto::wire::Opcode::{Binary, Text};

/// Bytes whose order shows.
fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i % 251) as u8).collect()
}

#[test]
fn a_large_message_is_read_in_place() {
    let payload = pattern(300_000);
    let frame = masked(0x82, &payload);
    for first in [1, 14, 15, 5000, 65536] {
        let mut driven = Driven {
            direct: true,
            ..Driven::default()
        };
        assert_eq!(driven.read(&server(), &frame[..first]), Ok(Progress::Drained));
        assert_eq!(driven.session.assembly().is_some(), first >= 14);
        assert_eq!(
            driven.read_in(&server(), &frame[first..], &[65536, 1, 4095]),
            Ok(Progress::Drained)
        );
        assert_eq!(driven.transcript.told, [got(Binary, &payload)]);
        assert!(driven.session.is_idle() && driven.session.assembly().is_none());
    }
}

#[test]
fn no_more_is_wanted_than_the_frame_has_and_grows_by_doubling() {
    let payload = pattern(100_000);
    let frame = masked(0x82, &payload);
    let (mut session, mut sink) = (Session::new(), Transcript::default());
    assert!(
        session
            .receive(
                &server(),
                &frame[..10_014],
                &mut sink,
                &mut Pongs::new(&mut Vec::new(), 0)
            )
            .is_ok()
    );
    let mut rest = &frame[10_014..];
    while let Some((message, want)) = session.assembly() {
        assert!(want <= rest.len() && message.capacity() <= 2 * message.len() + 4096);
        message.extend_from_slice(&rest[..want]);
        rest = &rest[want..];
        assert_eq!(session.assembled(&server(), want, &mut sink), Ok(Progress::Drained));
    }
    assert!(rest.is_empty());
    assert_eq!(sink.told, [got(Binary, &payload)]);
}

#[test]
fn what_is_worth_reading_in_place() {
    let frame = masked(0x82, &pattern(5000));
    for (missing, worth) in [(4097, true), (4096, true), (4095, false)] {
        let mut driven = Driven::default();
        assert_eq!(
            driven.read(&server(), &frame[..frame.len() - missing]),
            Ok(Progress::Drained)
        );
        assert_eq!(driven.session.assembly().is_some(), worth, "{missing}");
    }
}

#[test]
fn what_gets_memory_of_its_own() {
    let frames = [
        (masked(0x82, &pattern(ASSEMBLE_MIN - 1)), 0),
        (masked(0x82, &pattern(ASSEMBLE_MIN)), 1),
        ([masked(0x02, b"a"), masked(0x80, b"b")].concat(), 1),
    ];
    for (frame, expected) in frames {
        let mut driven = Driven::default();
        assert_eq!(driven.read(&server(), &frame), Ok(Progress::Drained));
        assert_eq!(
            (driven.transcript.assembled, driven.transcript.told.len()),
            (expected, 1)
        );
    }
}

#[test]
fn fragments_and_other_frames_go_the_ordinary_way() {
    let payload = pattern(20_000);
    let input = [
        masked(0x02, &payload),
        masked(0x89, b"p"),
        masked(0x80, &payload),
        masked(0x81, b"x"),
    ]
    .concat();
    let mut driven = Driven {
        direct: true,
        ..Driven::default()
    };
    assert_eq!(driven.read_in(&server(), &input, &[7000]), Ok(Progress::Drained));
    let told = &driven.transcript.told;
    assert_eq!(told[1], Told::Got(Binary, payload.repeat(2), vec![20_000, 40_000]));
    assert_eq!(told.len(), 3);
    assert!(driven.session.assembly().is_none());
}

#[test]
fn text_is_checked_as_it_arrives() {
    let mut payload = vec![b'a'; 50_000];
    payload[30_000] = 0xff;
    let frame = masked(0x81, &payload);
    let mut driven = Driven {
        direct: true,
        ..Driven::default()
    };
    assert_eq!(driven.read(&server(), &frame[..30_008]), Ok(Progress::Drained));
    assert_eq!(
        driven.read(&server(), &frame[30_008..30_009]),
        Err(ProtocolError::InvalidUtf8)
    );
    assert!(driven.session.failed() && driven.session.assembly().is_none());
    let mut cut = vec![b'a'; 50_000];
    cut[49_999] = 0xc3;
    let mut driven = Driven {
        direct: true,
        ..Driven::default()
    };
    let result = driven.read_in(&server(), &masked(0x81, &cut), &[20_000]);
    assert_eq!(result, Err(ProtocolError::InvalidUtf8));
}

#[test]
fn a_zero_key_leaves_the_payload_as_it_is() {
    let payload = pattern(20_000);
    let mut frame = unmasked(0x82, &payload);
    frame[1] |= 0x80;
    frame.splice(4..4, [0; 4]);
    let mut driven = Driven {
        direct: true,
        ..Driven::default()
    };
    assert_eq!(driven.read_in(&server(), &frame, &[3000]), Ok(Progress::Drained));
    assert_eq!(driven.transcript.told, [got(Binary, &payload)]);
}

#[test]
fn a_sink_that_is_not_ready_is_not_given_a_message() {
    let payload = vec![b'a'; 20_000];
    let frame = masked(0x81, &payload);
    let (mut session, mut sink, mut out) = (Session::new(), Transcript::refusing(0b101), Vec::new());
    let mut receive =
        |input: &[u8], sink: &mut _| session.receive(&server(), input, sink, &mut Pongs::new(&mut out, 0));
    assert_eq!(receive(&frame, &mut sink), Ok((0, Progress::Blocked)), "not begun");
    assert_eq!(
        receive(&frame[..9000], &mut sink),
        Ok((9000, Progress::Drained)),
        "begun"
    );
    assert_eq!(
        receive(&frame[9000..], &mut sink),
        Ok((0, Progress::Blocked)),
        "not finished"
    );
    assert!(sink.told.is_empty());
    assert_eq!(
        receive(&frame[9000..], &mut sink),
        Ok((frame.len() - 9000, Progress::Drained))
    );
    assert_eq!(sink.told, [got(Text, &payload)]);
}

#[test]
fn the_last_fragment_waits_for_a_sink_that_is_not_ready() {
    let (first, last) = (masked(0x02, b"a"), masked(0x80, b"b"));
    let (mut session, mut sink, mut out) = (Session::new(), Transcript::refusing(0b10), Vec::new());
    let mut receive =
        |input: &[u8], sink: &mut _| session.receive(&server(), input, sink, &mut Pongs::new(&mut out, 0));
    assert_eq!(
        receive(&[&first[..], &last].concat(), &mut sink),
        Ok((first.len(), Progress::Blocked))
    );
    assert!(sink.told.is_empty());
    assert_eq!(receive(&last, &mut sink), Ok((last.len(), Progress::Drained)));
    assert_eq!(sink.told, [Told::Got(Binary, b"ab".to_vec(), vec![1, 2])]);
}
