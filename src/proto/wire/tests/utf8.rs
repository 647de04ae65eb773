//! UTF-8, against the oracle: the same verdict after every byte, in whatever pieces the text arrives.

use proptest::prelude::*;

use super::oracle::{self, Text};
use crate::proto::wire::{Utf8Validator, is_utf8};

/// Texts at the borders of the definition, from Markus Kuhn's list and RFC 3629.
const SEEDS: &[&[u8]] = &[
    b"",
    b"plain",
    "κόσμε".as_bytes(),
    "Hello-µ@ßöäüàá-UTF-8!!".as_bytes(),
    b"\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
    b"\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbd",
    // Continuations of nothing, impossible bytes.
    b"\x80",
    b"\xbf",
    b"a\x80b",
    b"\xfe",
    b"\xff",
    // Overlong.
    b"\xc0\xaf",
    b"\xc1\xbf",
    b"\xe0\x80\xaf",
    b"\xe0\x9f\xbf",
    b"\xf0\x80\x80\xaf",
    b"\xf0\x8f\xbf\xbf",
    // Surrogates, alone and in pairs.
    b"\xed\xa0\x80",
    b"\xed\xbf\xbf",
    b"\xed\xa0\x80\xed\xb0\x80",
    // Above U+10FFFF.
    b"\xf4\x90\x80\x80",
    b"\xf5\x80\x80\x80",
    b"\xf8\x88\x80\x80\x80",
    // Cut short, and cut by something else.
    b"\xc3",
    b"\xe2\x82",
    b"\xf0\x9f\x98",
    b"\xc3(",
    b"\xe2\x82(",
    b"\xf0\x9f\x98(",
    b"\xe2(\xa1",
    b"\xf0\x28\x8c\xbc",
];

/// The validator's verdict on `bytes` given in `pieces`.
fn verdict<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Text {
    let mut validator = Utf8Validator::new();
    for piece in pieces {
        if validator.push(piece).is_err() {
            return Text::Wrong;
        }
    }
    if validator.is_complete() {
        Text::Whole
    } else {
        Text::Cut
    }
}

/// The verdict has to be right for every prefix (an error is found at its first wrong byte) and every cut in two.
fn check(text: &[u8]) {
    for len in 0..=text.len() {
        let prefix = &text[..len];
        let expected = oracle::text(prefix);
        assert_eq!(verdict([prefix]), expected, "{prefix:x?} at once");
        assert_eq!(verdict(prefix.chunks(1)), expected, "{prefix:x?} byte by byte");
        assert_eq!(is_utf8(prefix), expected == Text::Whole, "{prefix:x?} as a whole");
    }
    for cut in 0..=text.len() {
        let (front, back) = text.split_at(cut);
        assert_eq!(verdict([front, back]), oracle::text(text), "{front:x?} then {back:x?}");
    }
}

#[test]
fn the_seeds_alone_and_among_other_text() {
    for seed in SEEDS {
        check(seed);
        for before in [1, 3, 15, 61, 64, 127] {
            check(&[&vec![b'a'; before], *seed, b"b"].concat());
        }
    }
}

#[test]
fn every_pair_of_bytes() {
    for pair in 0..=u16::MAX {
        let bytes = pair.to_be_bytes();
        assert_eq!(verdict([&bytes[..]]), oracle::text(&bytes), "{bytes:x?}");
    }
}

#[test]
fn every_second_and_third_byte_after_each_lead() {
    for lead in 0xc0..=0xff {
        for second in [0x28, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff] {
            for third in [0x7f, 0x80, 0xbf, 0xc0] {
                check(&[lead, second, third]);
            }
        }
    }
}

/// Text that is mostly right: characters of all lengths, and now and then a stray byte.
fn mostly_text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => any::<char>().prop_map(|character| character.to_string().into_bytes()),
        6 => "[a-z]{1,40}".prop_map(String::into_bytes),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn agrees_with_the_oracle(text in mostly_text()) {
        check(&text);
    }

    #[test]
    fn agrees_on_any_bytes(text in prop::collection::vec(any::<u8>(), 0..12)) {
        check(&text);
    }

    #[test]
    fn any_pieces_give_one_verdict(text in mostly_text(), size in 1..20_usize) {
        prop_assert_eq!(verdict(text.chunks(size)), oracle::text(&text));
    }
}
