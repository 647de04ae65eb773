//! Limits: what is just allowed, and what is not.

use super::support::{client, got, header, masked, receive_as, server, unmasked};
use crate::proto::session::fuzz::Driven;
use crate::proto::session::{Config, Progress, ProtocolError};
use crate::proto::wire::Opcode::{Binary, Ping};

#[test]
fn the_defaults_are_those_of_ws() {
    let config = Config::default();
    assert_eq!(config.max_payload, 100 << 20);
    assert_eq!(config.max_fragments, 16 << 10);
    assert_eq!(config.max_buffered_chunks, 256 << 10);
    assert!(config.auto_pong && !config.skip_utf8_validation);
}

#[test]
fn message_size() {
    let config = Config {
        max_payload: 5,
        ..server()
    };
    let too_long = Some(ProtocolError::MessageTooLong);
    assert_eq!(
        receive_as(&config, &masked(0x82, b"12345")),
        (vec![got(Binary, b"12345")], None)
    );
    assert_eq!(receive_as(&config, &masked(0x82, b"123456")), (vec![], too_long));
    let fragments = |last: &[u8]| [masked(0x02, b"12"), masked(0x00, b"34"), masked(0x80, last)].concat();
    assert_eq!(receive_as(&config, &fragments(b"5")).1, None);
    assert_eq!(receive_as(&config, &fragments(b"56")), (vec![], too_long));
    assert_eq!(
        receive_as(&config, &masked(0x89, b"123456")),
        (vec![got(Ping, b"123456")], None),
        "not for pings"
    );
    assert_eq!(
        receive_as(&config, &masked(0x82, b"12345").repeat(3)).1,
        None,
        "each message counts for itself"
    );
}

#[test]
fn no_limit_is_what_memory_can_number() {
    let table = [
        (u64::from(u32::MAX), None),
        (1 << 32, Some(ProtocolError::MessageTooLong)),
    ];
    for (len, error) in table {
        let header = [&[0x82, 0x7f][..], &len.to_be_bytes()].concat();
        assert_eq!(receive_as(&client(), &header), (vec![], error));
        let vast = Config {
            max_payload: u64::MAX,
            ..client()
        };
        assert_eq!(receive_as(&vast, &header), (vec![], error));
    }
}

#[test]
fn fragments() {
    let config = Config {
        max_fragments: 3,
        ..server()
    };
    let message = |middle: usize| {
        [
            masked(0x02, b"a"),
            masked(0x89, b""),
            masked(0x00, b"").repeat(middle),
            masked(0x80, b"z"),
        ]
        .concat()
    };
    assert_eq!(receive_as(&config, &message(1).repeat(2)).1, None);
    assert_eq!(
        receive_as(&config, &message(2)).1,
        Some(ProtocolError::TooManyFragments)
    );
}

#[test]
fn reads_of_one_frame() {
    let config = Config {
        max_buffered_chunks: 3,
        ..server()
    };
    let frame = masked(0x82, &[1; 10]);
    let header = frame.len() - 10;
    let pieces = |sizes: &[usize]| {
        let (mut driven, mut rest) = (Driven::default(), &frame.repeat(2)[..]);
        for &size in sizes {
            driven.read(&config, &rest[..size])?;
            rest = &rest[size..];
        }
        Ok(driven.transcript.told.len())
    };
    assert_eq!(pieces(&[header + 1, 1, 8, header + 1, 1, 8]), Ok(2));
    assert_eq!(pieces(&[header + 1, 1, 1, 1]), Err(ProtocolError::TooManyChunks));
    assert_eq!(pieces(&[1; 3]), Ok(0), "a header does not count");
}

#[test]
fn a_length_the_peer_names_is_not_allocated() {
    let mut driven = Driven {
        direct: true,
        ..Driven::default()
    };
    let config = Config {
        max_payload: 0,
        ..server()
    };
    let header = [&header(0x82, 0xffff_ffff, 0x80)[..], &[0; 4]].concat();
    assert_eq!(driven.read(&config, &header), Ok(Progress::Drained));
    assert!(driven.session.held() < 5000, "{}", driven.session.held());
    let mut sent = 0;
    for _ in 0..100 {
        assert_eq!(driven.read(&config, &[7; 3000]), Ok(Progress::Drained));
        sent += 3000;
        assert!(
            driven.session.held() < 2 * sent + 9000,
            "{} for {sent}",
            driven.session.held()
        );
    }
    let error = driven.read(&config, &masked(0x83, b""));
    assert_eq!(error, Ok(Progress::Drained), "that was payload");
}

#[test]
fn many_small_fragments_cost_little() {
    let mut driven = Driven::default();
    let fragments = [unmasked(0x02, b"a"), unmasked(0x00, b"b").repeat(20_000)].concat();
    assert_eq!(driven.read(&client(), &fragments), Ok(Progress::Drained));
    assert!(driven.session.held() < 170_000, "{}", driven.session.held());
    let before = driven.session.held();
    let growths = (0..20_000).filter(|_| {
        let held = driven.session.held();
        assert_eq!(driven.read(&client(), &unmasked(0x00, b"b")), Ok(Progress::Drained));
        driven.session.held() > held
    });
    assert!(
        growths.count() <= 4,
        "grew from {before} to {} in small steps",
        driven.session.held()
    );
}

#[test]
fn a_session_is_small() {
    assert!(size_of::<crate::proto::session::Session>() <= 56);
}
