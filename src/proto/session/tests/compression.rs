//! Compressed messages: where RSV1 may stand, what limits hold while inflating, and what is remembered.

use super::support::{client, got, masked, receive_as, server, unmasked};
use crate::proto::deflate::negotiate::{accept_offers, accept_response};
use crate::proto::deflate::{End, Options, Parameters, Pool, Tuning};
use crate::proto::session::fuzz::{Driven, Told, Transcript};
use crate::proto::session::{Config, Pongs, ProtocolError, Session};
use crate::proto::wire::FrameError;
use crate::proto::wire::Opcode::{Binary, Ping, Text};
use proptest::prelude::*;

/// RFC 7692 section 7.2.3.1: "Hello".
const HELLO: [u8; 7] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
/// Section 7.2.3.2: "Hello" again, which the window knows.
const HELLO_AGAIN: [u8; 5] = [0xf2, 0x00, 0x11, 0x00, 0x00];
/// Section 7.2.3.4: "Hello" in a block that says it is the last.
const FINAL_HELLO: [u8; 8] = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
/// Section 7.2.3.3: "Hello" as it is.
const STORED_HELLO: [u8; 11] = [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00];

/// Rules under which what `response` says was agreed on.
fn agreed(mut config: Config, response: &str, threshold: u64) -> Config {
    let lines = [response.as_bytes()];
    let parameters = accept_response(Options::default(), lines.into_iter()).unwrap();
    config.deflate = Some(parameters.deflate(threshold, Tuning::default()));
    config
}

/// A server whose client compresses as it likes.
fn plain() -> Config {
    agreed(server(), "permessage-deflate", 0)
}

/// Bytes that compress a thousand times.
fn bomb(len: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut session = Session::new();
    let config = agreed(client(), "permessage-deflate", 0);
    session.send_message(
        &config,
        (Binary, true),
        &vec![0; len],
        true,
        Some([1, 2, 3, 4]),
        &mut Pool::default(),
        &mut out,
    );
    out
}

#[test]
fn the_examples_of_the_rfc() {
    let input = [
        masked(0xc1, &HELLO),
        masked(0xc1, &HELLO_AGAIN),
        masked(0xc1, &FINAL_HELLO),
        masked(0xc1, &HELLO_AGAIN),
        masked(0xc1, &STORED_HELLO),
        masked(0xc1, &[0x00]),
        masked(0xc1, &[0x02, 0x00]),
        masked(0x81, b"Hello"),
    ]
    .concat();
    let hello = || got(Text, b"Hello");
    let told = vec![
        hello(),
        hello(),
        hello(),
        hello(),
        hello(),
        got(Text, b""),
        got(Text, b""),
        hello(),
    ];
    assert_eq!(receive_as(&plain(), &input), (told, None));
}

#[test]
fn final_blocks_that_say_nothing_are_not_taken_without_end() {
    let ends = |count: usize| masked(0xc2, &[0x03, 0x00].repeat(count));
    assert_eq!(receive_as(&plain(), &ends(15)), (vec![got(Binary, b"")], None));
    let (told, error) = receive_as(&plain(), &ends(1000));
    assert!(told.is_empty() && error.is_some_and(|error| error.close_code() == 1007));
}

#[test]
fn two_fragments_one_of_them_empty() {
    let input = [
        masked(0x41, &HELLO[..3]),
        masked(0x00, b""),
        masked(0x89, b"?"),
        masked(0x80, &HELLO[3..]),
    ]
    .concat();
    let (told, error) = receive_as(&plain(), &input);
    assert_eq!(error, None);
    assert_eq!(told[0], got(Ping, b"?"));
    assert!(matches!(&told[1], Told::Got(Text, data, _) if data == b"Hello"));
}

#[test]
fn rsv1_stands_only_where_it_means_something() {
    let rsv1 = Some(ProtocolError::Frame(FrameError::Rsv1));
    assert_eq!(receive_as(&server(), &masked(0xc1, &HELLO)).1, rsv1, "not agreed on");
    for first in [0xc9, 0xca, 0xc8] {
        assert_eq!(receive_as(&plain(), &masked(first, &[])).1, rsv1, "a control frame");
    }
    let continuation = [masked(0x41, &HELLO[..3]), masked(0xc0, &HELLO[3..])].concat();
    assert_eq!(receive_as(&plain(), &continuation).1, rsv1);
    let other = Some(ProtocolError::Frame(FrameError::Rsv2Or3));
    assert_eq!(receive_as(&plain(), &masked(0xe1, &HELLO)).1, other);
}

#[test]
fn what_is_no_deflate_stream_is_told_in_zlibs_words() {
    for (bytes, words) in [
        (&[0x06][..], "invalid block type"),
        (&[0x00, 1, 2, 3, 4], "invalid stored block lengths"),
        (&HELLO_AGAIN[..], "invalid distance too far back"),
    ] {
        let (told, error) = receive_as(&plain(), &masked(0xc1, bytes));
        assert_eq!(told, []);
        let error = error.unwrap();
        assert_eq!((error.close_code(), error.code()), (1007, "Z_DATA_ERROR"));
        assert_eq!(error.to_string(), words);
    }
}

#[test]
fn the_words_do_not_depend_on_how_fast_the_fault_was_found() {
    let text: Vec<u8> = (0u32..3000).map(|i| (i.wrapping_mul(i) % 97) as u8).collect();
    let mut packed = Vec::new();
    let config = agreed(client(), "permessage-deflate", 0);
    Session::new().send_message(
        &config,
        (Binary, true),
        &text,
        true,
        None,
        &mut Pool::default(),
        &mut packed,
    );
    let mut words = std::collections::BTreeSet::new();
    for bit in 0..(packed.len() - 4) * 8 {
        let mut broken = packed[4..].to_vec();
        broken[bit / 8] ^= 1 << (bit % 8);
        // Byte by byte it is always found slowly: both have to say the same.
        words.extend(
            receive_as(&plain(), &masked(0xc2, &broken))
                .1
                .map(|error| error.to_string()),
        );
    }
    assert!(words.contains("invalid distance too far back"));
    assert!(!words.contains("invalid compressed data"));
}

#[test]
fn who_forgets_is_taken_at_its_word() {
    let config = agreed(server(), "permessage-deflate; client_no_context_takeover", 0);
    let input = [masked(0xc1, &HELLO), masked(0xc1, &HELLO_AGAIN)].concat();
    let (told, error) = receive_as(&config, &input);
    assert_eq!(told, [got(Text, b"Hello")]);
    assert_eq!(error.unwrap().to_string(), "invalid distance too far back");
}

#[test]
fn text_is_checked_when_it_is_whole_again() {
    let mut out = Vec::new();
    let config = agreed(client(), "permessage-deflate", 0);
    let mut session = Session::new();
    let mut pool = Pool::default();
    for text in [&"\u{20ac}".repeat(2000).into_bytes()[..], b"ok \xff", b"never"] {
        session.send_message(&config, (Text, true), text, true, Some([9; 4]), &mut pool, &mut out);
    }
    let (told, error) = receive_as(&plain(), &out);
    assert_eq!((told.len(), error), (1, Some(ProtocolError::InvalidUtf8)));
}

#[test]
fn a_message_that_inflates_beyond_the_limit_stops_there() {
    let config = |max_payload| Config { max_payload, ..plain() };
    let input = bomb(10 << 20);
    assert!(input.len() < 20_000);
    let mut driven = Driven::default();
    assert_eq!(
        driven.read(&config(1 << 20), &input),
        Err(ProtocolError::MessageTooLong)
    );
    assert!(driven.transcript.told.is_empty() && driven.session.held() < 4096);
    assert_eq!(
        receive_as(&config(10 << 20), &input).1,
        None,
        "exactly as long as allowed"
    );
    assert_eq!(
        receive_as(&config((10 << 20) - 1), &input).1,
        Some(ProtocolError::MessageTooLong)
    );
    assert_eq!(ProtocolError::MessageTooLong.close_code(), 1009);
}

#[test]
fn what_arrives_is_limited_too() {
    let config = Config {
        max_payload: 5,
        ..plain()
    };
    assert_eq!(
        receive_as(&config, &masked(0xc1, &HELLO)).1,
        Some(ProtocolError::MessageTooLong)
    );
}

#[test]
fn the_threshold_counts_where_nothing_is_remembered() {
    let mut pool = Pool::default();
    let mut first = |response: &str, compress| {
        let mut out = Vec::new();
        let config = agreed(server(), response, 10);
        let mut session = Session::new();
        session.send_message(&config, (Text, true), b"123456789", compress, None, &mut pool, &mut out);
        out[0]
    };
    assert_eq!(first("permessage-deflate; server_no_context_takeover", true), 0x81);
    assert_eq!(first("permessage-deflate; client_no_context_takeover", true), 0xc1);
    assert_eq!(first("permessage-deflate", true), 0xc1);
    assert_eq!(first("permessage-deflate", false), 0x81);
    assert_eq!(
        first("permessage-deflate; server_max_window_bits=8", true),
        0x81,
        "nobody can"
    );
}

#[test]
fn nothing_is_held_where_nothing_is_remembered() {
    let config = agreed(
        server(),
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
        0,
    );
    let mut driven = Driven::default();
    driven.read(&config, &masked(0xc1, &HELLO)).unwrap();
    let (mut pool, mut out) = (Pool::default(), Vec::new());
    driven
        .session
        .send_message(&config, (Text, true), b"Hello", true, None, &mut pool, &mut out);
    assert_eq!(driven.session.held(), 0);
    assert_eq!(pool.compressors(), 1);
}

#[test]
fn an_answer_of_ours_is_readable_by_a_client() {
    let (server, client) = (plain(), agreed(client(), "permessage-deflate", 0));
    let (mut session, mut pool, mut out) = (Session::new(), Pool::default(), Vec::new());
    session.send_message(&server, (Text, false), b"one ", true, None, &mut pool, &mut out);
    session.send_message(&server, (Text, false), b"", false, None, &mut pool, &mut out);
    session.send(Ping, true, b"between", None, &mut out);
    session.send_message(&server, (Text, true), b"message", false, None, &mut pool, &mut out);
    session.send_message(&server, (Text, true), b"", true, None, &mut pool, &mut out);
    session.send_close(None, b"", None, &mut out);
    session.send_message(&server, (Text, true), b"too late", true, None, &mut pool, &mut out);
    let mut driven = Driven::default();
    driven.read(&client, &out).unwrap();
    let data = |told: &Told| match told {
        Told::Got(_, data, _) => data.clone(),
        Told::Close(..) => b"closed".to_vec(),
    };
    let said: Vec<_> = driven.transcript.told.iter().map(data).collect();
    assert_eq!(said, [&b"between"[..], b"one message", b"", b"closed"]);
    assert_eq!(unmasked(0x88, b""), out[out.len() - 2..]);
}

#[test]
fn one_that_yields_is_read_on_and_counts_its_reads_once() {
    let config = Config {
        max_buffered_chunks: 2,
        ..plain()
    };
    let input = bomb(20 << 20);
    let mut driven = Driven {
        transcript: Transcript::refusing(0x5555_5555_5555_5555),
        ..Driven::default()
    };
    let (first, last) = input.split_at(input.len() / 2);
    let (mut calls, mut taken) = (0, 0);
    while taken < first.len() {
        let pongs = &mut Pongs::new(&mut driven.out, 0);
        let rest = &first[taken..];
        let read = driven.session.receive(&config, rest, &mut driven.transcript, pongs);
        taken += read.unwrap().0;
        calls += 1;
    }
    assert!(calls > 1, "it never yielded");
    driven.read(&config, last).unwrap();
    assert!(driven.transcript.told == [got(Binary, &vec![0; 20 << 20])]);
}

/// Any parameters that can be agreed on.
fn parameters() -> impl Strategy<Value = Parameters> {
    (any::<[bool; 2]>(), 9u8..=15, 8u8..=15).prop_map(|(flags, server, client)| {
        let mut offer = format!("permessage-deflate; server_max_window_bits={server}; client_max_window_bits={client}");
        for (flag, name) in flags
            .into_iter()
            .zip(["server_no_context_takeover", "client_no_context_takeover"])
        {
            if flag {
                offer = format!("{offer}; {name}");
            }
        }
        let accepted = accept_offers(Options::default(), std::iter::once(offer.as_bytes()));
        accepted.unwrap().unwrap()
    })
}

/// A message that compresses more or less well.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::collection::vec(prop::sample::select(vec!["alpha ", "beta ", "x", "{\"id\":"]), 0..400);
    prop_oneof![
        words.prop_map(|words| words.concat().into_bytes()),
        prop::collection::vec(any::<u8>(), 0..300),
        (0usize..200_000).prop_map(|len| (0..len).map(|at| (at % 251 % 97) as u8).collect()),
    ]
}

/// Sends the first fragment of a message, compressed piece by piece.
fn send_in_pieces(
    session: &mut Session,
    config: &Config,
    payload: &[u8],
    piece: usize,
    pool: &mut Pool,
    out: &mut Vec<u8>,
) {
    let mut packed = Vec::new();
    let mut pieces = payload.chunks(piece).peekable();
    while let Some(piece) = pieces.next() {
        let end = if pieces.peek().is_some() {
            End::Piece
        } else {
            End::Frame
        };
        session.pack(config, piece, end, pool, &mut packed);
    }
    session.send_packed(Binary, false, &packed, Some([5, 6, 7, 8]), out);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_a_client_compresses_a_server_reads_however_it_is_cut(
        parameters in parameters(),
        level in 0u8..=9,
        mem_level in 1u8..=9,
        strategy in 0u8..=4,
        messages in prop::collection::vec((message(), any::<bool>(), 0usize..500), 1..6),
        sizes in prop::collection::vec(1usize..5000, 1..4),
        evict in any::<bool>(),
        piece in 1usize..50_000,
        refusals in any::<u32>(),
    ) {
        let tuning = Tuning { level, mem_level, strategy };
        let deflate = Some(parameters.deflate(0, tuning));
        let client = Config { deflate, ..client() };
        let server = Config { deflate, ..server() };
        let (mut session, mut pool, mut out) = (Session::new(), Pool::default(), Vec::new());
        for (data, compress, cut) in &messages {
            let (first, last) = data.split_at((*cut).min(data.len()));
            if session.compresses(&client, first.len(), *compress) {
                send_in_pieces(&mut session, &client, first, piece, &mut pool, &mut out);
            } else {
                session.send_message(&client, (Binary, false), first, false, Some([5, 6, 7, 8]), &mut pool, &mut out);
            }
            session.send_message(&client, (Binary, true), last, *compress, Some([5, 6, 7, 8]), &mut pool, &mut out);
            if evict {
                pool.sweep();
                pool.sweep();
            }
        }
        for sizes in [&[][..], &sizes[..]] {
            let transcript = Transcript::refusing(u64::from(refusals));
            let mut driven = Driven { transcript, ..Driven::default() };
            driven.read_in(&server, &out, sizes).unwrap();
            prop_assert_eq!(driven.transcript.told.len(), messages.len());
            for (told, (data, ..)) in driven.transcript.told.iter().zip(&messages) {
                prop_assert!(matches!(told, Told::Got(Binary, got, _) if got == data));
            }
        }
    }

    #[test]
    fn any_bytes_may_come(frames in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..60)), 1..8), size in 1usize..20) {
        let config = Config { max_payload: 5000, ..plain() };
        let frames: Vec<_> = frames.iter().map(|(compressed, bytes)| masked(if *compressed { 0xc2 } else { 0x82 }, bytes)).collect();
        let input = frames.concat();
        let (mut whole, mut pieces) = (Driven::default(), Driven::default());
        // Which of zlib's words an error gets depends on which of its loops found it.
        let kind = |error| match error {
            ProtocolError::Inflate(_) => None,
            other => Some(other),
        };
        prop_assert_eq!(whole.read(&config, &input).map_err(kind), pieces.read_in(&config, &input, &[size]).map_err(kind));
        prop_assert_eq!(whole.transcript.told, pieces.transcript.told);
    }
}
