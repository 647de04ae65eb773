//! Pings and pongs (RFC 6455 sections 5.5.2 and 5.5.3).

use super::support::{KEY, client, got, masked, server, unmasked};
use crate::proto::session::fuzz::{Driven, Transcript};
use crate::proto::session::{Config, Pongs, Progress, ProtocolError, Session};
use crate::proto::wire::Opcode::{Ping, Pong};

/// More than a peer may leave lying before pings are held back.
const STUCK: usize = 64 * 1024 + 1;

/// A session that received `input` with so much output stuck, and its pongs.
fn received(input: &[u8], pending: usize) -> (Session, Vec<u8>) {
    let (mut session, mut out) = (Session::new(), Vec::new());
    let progress = session.receive(
        &server(),
        input,
        &mut Transcript::default(),
        &mut Pongs::new(&mut out, pending),
    );
    assert_eq!(progress, Ok((input.len(), Progress::Drained)));
    (session, out)
}

#[test]
fn a_ping_is_answered_with_its_own_payload() {
    let longest = [b'p'; 125];
    for payload in [&b""[..], b"hello", b"\xff\x00", &longest] {
        let (session, out) = received(&masked(0x89, payload), 0);
        assert_eq!(out, unmasked(0x8a, payload));
        assert!(session.is_idle());
    }
    let mut driven = Driven::default();
    assert_eq!(driven.read(&client(), &unmasked(0x89, b"hello")), Ok(Progress::Drained));
    assert_eq!(driven.out, masked(0x8a, b"hello"));
    assert_eq!(&driven.out[2..6], KEY);
}

#[test]
fn a_pong_is_not_answered_and_answers_can_be_switched_off() {
    assert_eq!(received(&masked(0x8a, b"x"), 0).1, b"");
    let manual = Config {
        auto_pong: false,
        ..server()
    };
    let mut driven = Driven::default();
    assert_eq!(driven.read(&manual, &masked(0x89, b"x")), Ok(Progress::Drained));
    assert_eq!(driven.transcript.told, [got(Ping, b"x")]);
    assert_eq!(driven.out, b"");
}

#[test]
fn no_answer_after_our_close_frame() {
    let mut driven = Driven::default();
    driven.session.send_close(Some(1000), b"", None, &mut Vec::new());
    assert_eq!(driven.read(&server(), &masked(0x89, b"x")), Ok(Progress::Drained));
    assert_eq!(driven.transcript.told, [got(Ping, b"x")]);
    assert_eq!(driven.out, b"");
}

#[test]
fn a_control_frame_in_pieces_is_kept_whole() {
    let frame = masked(0x89, &[b'p'; 125]);
    for cut in 1..frame.len() {
        let mut driven = Driven::default();
        assert_eq!(driven.read(&server(), &frame[..cut]), Ok(Progress::Drained));
        assert!(driven.transcript.told.is_empty());
        assert_eq!(
            driven.read(&server(), &[&frame[cut..], &masked(0x8a, b"q")].concat()),
            Ok(Progress::Drained)
        );
        assert_eq!(driven.transcript.told, [got(Ping, &[b'p'; 125]), got(Pong, b"q")]);
        assert!(driven.session.is_idle());
    }
}

#[test]
fn a_peer_that_does_not_read_gets_one_pong() {
    let pings = [masked(0x89, b"first, and longer"), masked(0x89, b"last")].concat();
    let (mut session, mut out) = received(&pings, STUCK);
    assert_eq!(out, b"");
    assert!(!session.is_idle());
    session.drained(&server(), &mut out);
    assert_eq!(out, unmasked(0x8a, b"last"));
    session.drained(&server(), &mut out);
    assert_eq!(out, unmasked(0x8a, b"last"), "once");
    assert!(session.is_idle());
}

#[test]
fn a_pong_held_back_does_not_follow_our_close_frame() {
    let (mut session, mut out) = received(&masked(0x89, b"x"), STUCK);
    session.send_close(None, b"", None, &mut out);
    session.drained(&server(), &mut out);
    assert_eq!(out, unmasked(0x88, b""));
}

#[test]
fn pongs_of_one_read_count_as_pending() {
    let pings = masked(0x89, &[b'p'; 125]).repeat(2000);
    let (mut session, mut out) = received(&pings, 0);
    let bound = 64 * 1024 + 127;
    assert!(out.len() > 64 * 1024 && out.len() <= bound);
    session.drained(&server(), &mut out);
    assert!(out.len() <= bound + 127);
}

#[test]
fn one_ping_too_many_is_an_error_that_nobody_is_told() {
    let two = masked(0x89, b"x").repeat(2);
    for room in 0..=3 {
        let (mut out, mut transcript) = (Vec::new(), Transcript::default());
        let mut pongs = Pongs::new(&mut out, 0).at_most(room);
        let result = Session::new().receive(&server(), &two, &mut transcript, &mut pongs);
        let answered = room.min(2);
        assert_eq!(pongs.answered(), answered);
        assert_eq!(transcript.told.len(), answered as usize);
        assert_eq!(out, unmasked(0x8a, b"x").repeat(answered as usize));
        let error = (room < 2).then_some(ProtocolError::TooManyPings);
        assert_eq!(result.err(), error);
    }
}

#[test]
fn an_answer_in_time_takes_the_place_of_one_held_back() {
    let (mut session, mut out) = received(&masked(0x89, b"old"), STUCK);
    let ping = masked(0x89, b"new");
    assert!(
        session
            .receive(
                &server(),
                &ping,
                &mut Transcript::default(),
                &mut Pongs::new(&mut out, 0)
            )
            .is_ok()
    );
    session.drained(&server(), &mut out);
    assert_eq!(out, unmasked(0x8a, b"new"));
}

#[test]
fn a_refused_ping_is_answered_when_it_is_taken() {
    let mut sink = Transcript::refusing(1);
    let (mut session, mut out) = (Session::new(), Vec::new());
    let ping = masked(0x89, b"x");
    assert_eq!(
        session.receive(&server(), &ping, &mut sink, &mut Pongs::new(&mut out, 0)),
        Ok((0, Progress::Blocked))
    );
    assert_eq!(out, b"");
    assert_eq!(
        session.receive(&server(), &ping, &mut sink, &mut Pongs::new(&mut out, 0)),
        Ok((ping.len(), Progress::Drained))
    );
    assert_eq!(out, unmasked(0x8a, b"x"));
}
