//! However the input is cut and wherever the sink refuses, the session says the same. For valid input, what it says is
//! known from what was written.

use proptest::prelude::*;

use super::support::{masked, server, unmasked};
use crate::proto::session::Progress;
use crate::proto::session::fuzz::{Driven, Told, Transcript, fuzz_receive};
use crate::proto::wire::Opcode::{Binary, Ping, Pong, Text};

/// What a client may write: messages in fragments, with a ping after each, or a pong.
#[derive(Clone, Debug)]
enum Item {
    /// Text or not, its bytes, where it is cut (in thousandths), the ping's payload.
    Message(bool, Vec<u8>, Vec<usize>, Option<Vec<u8>>),
    /// A pong of that payload.
    Pong(Vec<u8>),
}

impl Item {
    /// Appends its frames to `wire`, what is to be told of them to `told` and the pongs to `pongs`.
    fn write(&self, wire: &mut Vec<u8>, told: &mut Vec<Told>, pongs: &mut Vec<u8>) {
        let (text, data, cuts, ping) = match self {
            Self::Message(text, data, cuts, ping) => (*text, data, cuts, ping),
            Self::Pong(payload) => {
                wire.extend(masked(0x8a, payload));
                return told.push(Told::Got(Pong, payload.clone(), vec![]));
            }
        };
        let mut ends: Vec<usize> = cuts.iter().map(|cut| data.len() * cut / 1000).collect();
        ends.push(data.len());
        ends.sort_unstable();
        let mut start = 0;
        for (index, &end) in ends.iter().enumerate() {
            let kind = if index > 0 { 0 } else { 2 - u8::from(text) };
            let last = index + 1 == ends.len();
            wire.extend(masked(kind | u8::from(last) << 7, &data[start..end]));
            start = end;
            if let (Some(ping), false) = (ping, last) {
                wire.extend(masked(0x89, ping));
                pongs.extend(unmasked(0x8a, ping));
                told.push(Told::Got(Ping, ping.clone(), vec![]));
            }
        }
        let mut fragments: Vec<u32> = ends.into_iter().map(|end| end as u32).filter(|&end| end > 0).collect();
        fragments.dedup();
        let fragments = if fragments.len() > 1 { fragments } else { vec![] };
        told.push(Told::Got(if text { Text } else { Binary }, data.clone(), fragments));
    }
}

/// Small and now and then large.
fn items() -> impl Strategy<Value = Vec<Item>> {
    let text = prop_oneof![5 => "[a-zé€😀]{0,50}", 1 => "[a-zé€😀]{3000,9000}"].prop_map(String::into_bytes);
    let bytes = prop_oneof![
        5 => prop::collection::vec(any::<u8>(), 0..200),
        1 => (any::<u8>(), 10_000..40_000_usize).prop_map(|(first, len)| {
            (0..len).map(|i| first.wrapping_add((i % 253) as u8)).collect()
        }),
    ];
    let cuts = || prop_oneof![3 => Just(vec![]), 1 => prop::collection::vec(0..=1000_usize, 1..4)];
    let ping = || prop::option::of(prop::collection::vec(any::<u8>(), 0..=125));
    let item = prop_oneof![
        4 => (text, cuts(), ping()).prop_map(|(data, cuts, ping)| Item::Message(true, data, cuts, ping)),
        4 => (bytes, cuts(), ping()).prop_map(|(data, cuts, ping)| Item::Message(false, data, cuts, ping)),
        1 => prop::collection::vec(any::<u8>(), 0..=125).prop_map(Item::Pong),
    ];
    prop::collection::vec(item, 0..8)
}

/// Read sizes, most of them small.
fn sizes() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(
        prop_oneof![4 => 1..20_usize, 2 => 1..500_usize, 1 => 1..70_000_usize],
        1..8,
    )
}

/// A refusal pattern that accepts now and then.
fn refusals() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), any::<u64>().prop_map(|bits| bits & !(1 << 40))]
}

proptest! {
    #[test]
    fn valid_input_says_what_was_written(items in items(), sizes in sizes(), refusals in refusals(), direct: bool) {
        let (mut wire, mut told, mut pongs) = (vec![], vec![], vec![]);
        for item in &items {
            item.write(&mut wire, &mut told, &mut pongs);
        }
        let mut driven = Driven { transcript: Transcript::refusing(refusals), direct, ..Driven::default() };
        prop_assert_eq!(driven.read_in(&server(), &wire, &sizes), Ok(Progress::Drained));
        prop_assert!(driven.transcript.told == told, "told {:?}", driven.transcript.told);
        prop_assert_eq!(driven.out, pongs);
        prop_assert!(driven.session.is_idle());
    }

    #[test]
    fn damaged_input_says_the_same_in_any_pieces(
        items in items(),
        damage in prop::collection::vec((0..1000_usize, any::<u8>()), 0..4),
        choices: [u8; 4],
    ) {
        let mut data = choices.to_vec();
        // As a server, since the items are masked.
        data[0] &= !1;
        for item in &items {
            item.write(&mut data, &mut vec![], &mut vec![]);
        }
        for (place, byte) in damage {
            let place = 4 + (data.len() - 4) * place / 1000;
            if let Some(hit) = data.get_mut(place) {
                *hit = byte;
            }
        }
        fuzz_receive(&data);
    }

    #[test]
    fn any_bytes_say_the_same_in_any_pieces(data in prop::collection::vec(any::<u8>(), 0..200)) {
        fuzz_receive(&data);
    }

    #[test]
    fn frames_of_any_kind_say_the_same_in_any_pieces(
        choices: [u8; 4],
        frames in prop::collection::vec((any::<u8>(), prop::collection::vec(any::<u8>(), 0..140)), 0..10),
    ) {
        let server = choices[0] & 1 == 0;
        let mut data = choices.to_vec();
        for (first, payload) in frames {
            // Mostly without reserved bits and opcodes, or few would get past the first.
            let first = if first % 16 == 7 { first } else { first & 0x8b & !((first & 8) >> 2) };
            data.extend(if server { masked(first, &payload) } else { unmasked(first, &payload) });
        }
        fuzz_receive(&data);
    }
}
