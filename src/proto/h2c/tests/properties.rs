//! What holds for any bytes, and for any order in which the two sides are heard.

use proptest::prelude::*;

use super::super::{PREFACE, Replay, fuzz_h2c};
use super::support::{Frame, bytes, frame, frames, increment, settings};

/// What a side may send during a replay.
fn sent_by(is_client: bool) -> impl Strategy<Value = Frame> {
    let payload = prop::collection::vec(any::<u8>(), 0..40);
    let other = (2..8_u8, 0..6_u8, 2..6_u32, payload);
    prop_oneof![
        (1..70_000_u32).prop_map(|by| frame(8, 0, 0, &increment(by))),
        (1..70_000_u32).prop_map(|by| frame(8, 0, 1, &increment(by))),
        (0..200_000_u32).prop_map(|size| frame(4, 0, 0, &settings(&[(4, size)]))),
        Just(frame(4, 1, 0, &[])),
        other.prop_map(|(kind, flags, stream, payload)| frame(kind + 6, flags, stream, &payload)),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(move |payload| frame(
            0,
            0,
            if is_client { 3 } else { 1 },
            &payload
        )),
    ]
}

/// A server that looks after its windows as a receiver does.
#[derive(Default)]
struct Windows {
    /// What it said about the connection.
    offered: i64,
    /// What it took of the body.
    taken: i64,
    /// What it said about the stream.
    stream: i64,
    /// Its settings that are not acknowledged, and those that are.
    announced: Vec<u32>,
    initial: i64,
}

impl Windows {
    /// Takes note of what it sends.
    fn says(&mut self, frame: &Frame) {
        let number = || i64::from(u32::from_be_bytes(frame.payload[..4].try_into().expect("four bytes")));
        match (frame.kind, frame.flags, frame.stream) {
            (8, _, 0) => self.offered += number(),
            (8, _, 1) => self.stream += number(),
            (4, 0, 0) => self
                .announced
                .push(u32::from_be_bytes(frame.payload[2..].try_into().expect("one setting"))),
            _ => {}
        }
    }

    /// Checks what it hears.
    fn hears(&mut self, frame: &Frame) {
        if (frame.kind, frame.flags) == (4, 1) && !self.announced.is_empty() {
            let next = i64::from(self.announced.remove(0));
            self.stream += next - self.initial;
            self.initial = next;
        }
        if (frame.kind, frame.stream) == (0, 1) {
            self.taken += frame.payload.len() as i64;
            assert!(self.taken <= self.offered, "the connection's window");
            assert!(self.taken <= self.stream, "the stream's window");
        }
    }
}

proptest! {
    #[test]
    fn anything_may_be_sent(data in prop::collection::vec(any::<u8>(), 0..300)) {
        fuzz_h2c(&data);
    }

    #[test]
    fn anything_may_be_sent_behind_a_preface(data in prop::collection::vec(any::<u8>(), 0..200), cut in 0..90_u8) {
        fuzz_h2c(&[&[cut], &PREFACE[..], &[0, 0, 6, 4, 0], &data].concat());
    }

    #[test]
    fn chunks_may_be_cut_anywhere(
        text in "([0-9a-f]{1,2}(;x)?\r\n[a-z]{0,20}\r\n){0,4}(0\r\n(a: b\r\n){0,2}\r\n)?[a-z]{0,3}",
        cut in any::<u8>(),
    ) {
        fuzz_h2c(&[&[cut], text.as_bytes()].concat());
    }

    #[test]
    fn windows_are_obeyed_and_nothing_is_lost(
        length in 0..300_000_usize,
        turns in prop::collection::vec(prop_oneof![
            sent_by(true).prop_map(|frame| (true, frame)),
            sent_by(false).prop_map(|frame| (false, frame)),
        ], 0..60),
    ) {
        let mut replay = Replay::new((0..length).map(|n| (n % 251) as u8).collect());
        let mut windows = Windows { stream: 65_535, initial: 65_535, ..Windows::default() };
        let (mut to_server, mut body, mut hidden) = (Vec::new(), Vec::new(), 0);
        for (is_client, sent) in &turns {
            let (mut to_client, bytes) = (Vec::new(), bytes(std::slice::from_ref(sent)));
            if *is_client {
                replay.client_sent(&bytes, &mut to_server, &mut to_client);
            } else {
                windows.says(sent);
                replay.server_sent(&bytes, &mut to_client, &mut to_server);
                let passed = frames(&to_client);
                let rest = passed.first().filter(|frame| (frame.kind, frame.stream) == (8, 0));
                if (sent.kind, sent.stream) == (8, 0) {
                    let number = |frame: &Frame| u32::from_be_bytes(frame.payload[..4].try_into().expect("four"));
                    hidden += number(sent) - rest.map_or(0, number);
                } else if (sent.kind, sent.stream) != (8, 1) {
                    prop_assert_eq!(&passed, std::slice::from_ref(sent));
                }
            }
            for heard in frames(&std::mem::take(&mut to_server)) {
                windows.hears(&heard);
                if (heard.kind, heard.stream) == (0, 1) {
                    prop_assert_eq!(heard.flags == 1, body.len() + heard.payload.len() == length);
                    body.extend_from_slice(&heard.payload);
                }
            }
        }
        prop_assert!(hidden as usize + replay.owed() == length);
        prop_assert!(body.len() <= hidden as usize);
        prop_assert!(body.iter().enumerate().all(|(n, &byte)| byte == (n % 251) as u8));
    }
}
