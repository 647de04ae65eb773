//! The close frame, both ways (RFC 6455 sections 5.5.1 and 7).

use super::support::{KEY, masked, receive, receive_as, server, unmasked};
use crate::proto::session::fuzz::{Driven, Told};
use crate::proto::session::{Config, Progress, Session};

#[test]
fn codes_and_reasons_arrive() {
    let table: [(&[u8], u16, &str); 6] = [
        (b"", 1005, ""),
        (b"\x03\xe8", 1000, ""),
        (b"\x03\xe8bye", 1000, "bye"),
        (b"\x03\xf6", 1014, ""),
        (b"\x0b\xb8\xe2\x82\xac", 3000, "€"),
        (b"\x13\x87", 4999, ""),
    ];
    for (payload, code, reason) in table {
        let told = vec![Told::Close(code, reason.as_bytes().to_vec())];
        assert_eq!(receive(&masked(0x88, payload)), (told, None));
    }
    let longest = [b"\x03\xe8", &[b'r'; 123][..]].concat();
    assert_eq!(
        receive(&masked(0x88, &longest)),
        (vec![Told::Close(1000, vec![b'r'; 123])], None)
    );
}

#[test]
fn a_reason_is_let_through_unseen_when_asked() {
    let lax = Config {
        skip_utf8_validation: true,
        ..server()
    };
    let told = vec![Told::Close(1000, vec![0xff])];
    assert_eq!(receive_as(&lax, &masked(0x88, b"\x03\xe8\xff")), (told, None));
}

#[test]
fn what_follows_a_close_frame_is_ignored() {
    let mut driven = Driven::default();
    let input = [masked(0x01, b"half"), masked(0x88, b""), vec![0xff; 50]].concat();
    assert_eq!(driven.read(&server(), &input), Ok(Progress::Closed));
    assert_eq!(driven.read(&server(), &[0xff; 9]), Ok(Progress::Closed));
    assert!(driven.session.close_received() && !driven.session.failed() && !driven.session.close_sent());
    assert_eq!(driven.transcript.told, [Told::Close(1005, vec![])]);
    assert_eq!(driven.session.held(), 0);
}

#[test]
fn messages_still_arrive_after_our_close_frame() {
    let mut driven = Driven::default();
    driven.session.send_close(None, b"", None, &mut Vec::new());
    assert_eq!(driven.read(&server(), &masked(0x81, b"x")), Ok(Progress::Drained));
    assert_eq!(driven.transcript.told.len(), 1);
}

#[test]
fn our_close_frame_is_sent_once_and_last() {
    let (mut session, mut out) = (Session::new(), Vec::new());
    session.send_close(Some(1001), b"going", None, &mut out);
    assert_eq!(out, unmasked(0x88, b"\x03\xe9going"));
    assert!(session.close_sent());
    session.send_close(Some(1000), b"", None, &mut out);
    session.send(crate::proto::wire::Opcode::Text, true, b"late", None, &mut out);
    session.send_header(crate::proto::wire::Opcode::Binary, true, 9, &mut out);
    assert_eq!(out, unmasked(0x88, b"\x03\xe9going"));
}

#[test]
fn our_close_frame_in_other_forms() {
    let sent = |code, reason: &[u8], key| {
        let mut out = Vec::new();
        Session::new().send_close(code, reason, key, &mut out);
        out
    };
    assert_eq!(sent(None, b"ignored", None), unmasked(0x88, b""));
    assert_eq!(sent(Some(1000), b"", Some(KEY)), masked(0x88, b"\x03\xe8"));
    assert_eq!(
        sent(Some(1000), &[b'r'; 200], None),
        unmasked(0x88, &[b"\x03\xe8", &[b'r'; 123][..]].concat())
    );
}

#[test]
fn a_failed_session_can_still_say_why() {
    let mut driven = Driven::default();
    let error = driven.read(&server(), &[0x83, 0x80]).unwrap_err();
    let mut out = Vec::new();
    driven.session.send_close(Some(error.close_code()), b"", None, &mut out);
    assert_eq!(out, unmasked(0x88, b"\x03\xea"));
}
