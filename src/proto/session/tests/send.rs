//! What the application sends, as bytes and as the other end reads it.

use proptest::prelude::*;

use super::support::{KEY, client, header, masked, server, unmasked};
use crate::proto::session::fuzz::{Driven, Told};
use crate::proto::session::{Progress, Session};
use crate::proto::wire::Opcode::{self, Binary, Ping, Pong, Text};

#[test]
fn whole_messages_of_every_length_class() {
    for len in [0, 1, 125, 126, 65535, 65536] {
        let payload = vec![b'x'; len];
        let (mut session, mut out) = (Session::new(), Vec::new());
        session.send(Binary, true, &payload, None, &mut out);
        assert_eq!(out, unmasked(0x82, &payload));
        out.clear();
        session.send(Text, true, &payload, Some(KEY), &mut out);
        assert_eq!(out, masked(0x81, &payload));
        out.clear();
        session.send_header(Binary, true, len, &mut out);
        assert_eq!(out, header(0x82, len, 0));
    }
}

#[test]
fn fragments_become_continuations() {
    let (mut session, mut out) = (Session::new(), Vec::new());
    session.send(Text, false, b"a", None, &mut out);
    session.send(Ping, true, b"p", None, &mut out);
    session.send_header(Text, false, 1, &mut out);
    out.extend_from_slice(b"b");
    session.send(Text, true, b"c", None, &mut out);
    session.send(Binary, true, b"d", None, &mut out);
    let expected = [
        unmasked(0x01, b"a"),
        unmasked(0x89, b"p"),
        unmasked(0x00, b"b"),
        unmasked(0x80, b"c"),
        unmasked(0x82, b"d"),
    ];
    assert_eq!(out, expected.concat());
}

/// One thing to send: a message in fragments, or a ping or pong.
fn sendings() -> impl Strategy<Value = (Opcode, Vec<Vec<u8>>)> {
    let payload = prop_oneof![4 => "[a-zé😀]{0,60}", 1 => "[a-z]{120,300}"].prop_map(String::into_bytes);
    let fragments = prop::collection::vec(payload, 1..4);
    (prop::sample::select(vec![Text, Binary, Ping, Pong]), fragments).prop_map(|(opcode, mut fragments)| {
        if opcode.is_control() {
            fragments.truncate(1);
            fragments[0].truncate(125);
        }
        (opcode, fragments)
    })
}

proptest! {
    #[test]
    fn the_other_end_reads_what_was_sent(sendings in prop::collection::vec(sendings(), 0..12), key: [u8; 4], to_server: bool) {
        let (mut session, mut wire) = (Session::new(), Vec::new());
        for (opcode, fragments) in &sendings {
            for (index, fragment) in fragments.iter().enumerate() {
                let fin = index + 1 == fragments.len();
                session.send(*opcode, fin, fragment, to_server.then_some(key), &mut wire);
            }
        }
        let config = if to_server { server() } else { client() };
        let mut driven = Driven::default();
        prop_assert_eq!(driven.read(&config, &wire), Ok(Progress::Drained));
        let told: Vec<_> = driven.transcript.told.into_iter().map(|told| match told {
            Told::Got(opcode, data, _) => (opcode, data),
            Told::Close(..) => unreachable!("no close frame was sent"),
        }).collect();
        let sent: Vec<_> = sendings.into_iter().map(|(opcode, fragments)| (opcode, fragments.concat())).collect();
        prop_assert_eq!(told, sent);
    }
}
