//! Masking, against the oracle.

use proptest::prelude::*;

use super::oracle;
use crate::proto::wire::mask::{mask_append, mask_copy, mask_copy_ascii, mask_in_place};

/// All ways of masking at once; they have to agree with the oracle.
fn check(data: &[u8], key: [u8; 4], offset: usize) {
    let expected = oracle::mask(data, key, offset);
    let mut in_place = data.to_vec();
    mask_in_place(&mut in_place, key, offset);
    assert_eq!(
        in_place,
        expected,
        "in place, {} bytes, key {key:?}, offset {offset}",
        data.len()
    );
    let mut copy = vec![0xee; data.len()];
    let ascii = mask_copy_ascii(data, &mut copy, key, offset);
    assert_eq!(
        copy,
        expected,
        "copy, {} bytes, key {key:?}, offset {offset}",
        data.len()
    );
    assert_eq!(ascii, expected.is_ascii(), "ascii of {expected:?}");
    let mut appended = b"kept".to_vec();
    mask_append(data, &mut appended, key, offset);
    assert_eq!(appended, [b"kept", &expected[..]].concat());
}

#[test]
fn every_small_length_offset_and_alignment() {
    let bytes: Vec<u8> = (0..160).map(|i: u8| i ^ 0x5a).collect();
    for start in 0..9 {
        for len in 0..140 {
            for offset in 0..5 {
                check(&bytes[start..start + len], [0x37, 0xfa, 0x21, 0x3d], offset);
            }
        }
    }
}

#[test]
fn lengths_around_the_blocks_of_long_ones() {
    let bytes: Vec<u8> = (0..70_000_u32)
        .map(|i| (i.wrapping_mul(0x9e37_79b9) >> 24) as u8)
        .collect();
    for len in [511, 512, 513, 1027, 8191, 8192, 8193, 66_053, 70_000] {
        for offset in 0..4 {
            check(&bytes[..len], [0x37, 0xfa, 0x21, 0x3d], offset);
        }
    }
}

#[test]
fn one_byte_above_ascii_is_noticed_wherever_it_stands() {
    for len in 1..80 {
        for at in 0..len {
            let mut text = vec![b'a'; len];
            text[at] = 0x80;
            check(&text, [0; 4], 0);
            check(&oracle::mask(&text, [1, 2, 3, 4], 0), [1, 2, 3, 4], 0);
        }
    }
}

#[test]
fn copies_what_fits() {
    let mut short = [0xee; 3];
    mask_copy(b"abcdef", &mut short, [0; 4], 0);
    assert_eq!(&short, b"abc");
    let mut long = [0xee; 5];
    mask_copy(b"abc", &mut long, [0; 4], 0);
    assert_eq!(&long, b"abc\xee\xee");
}

#[test]
fn the_example_of_the_rfc() {
    check(b"Hello", [0x37, 0xfa, 0x21, 0x3d], 0);
    assert_eq!(
        oracle::mask(b"Hello", [0x37, 0xfa, 0x21, 0x3d], 0),
        [0x7f, 0x9f, 0x4d, 0x51, 0x58]
    );
}

proptest! {
    #[test]
    fn agrees_with_the_oracle(data in prop::collection::vec(any::<u8>(), 0..700), key: [u8; 4], offset in 0..9_usize) {
        check(&data, key, offset);
    }

    #[test]
    fn pieces_make_the_whole(data in prop::collection::vec(any::<u8>(), 0..300), key: [u8; 4], cut in 0..300_usize) {
        let cut = cut.min(data.len());
        let mut pieces = data.clone();
        let (front, back) = pieces.split_at_mut(cut);
        mask_in_place(front, key, 0);
        mask_in_place(back, key, cut);
        prop_assert_eq!(pieces, oracle::mask(&data, key, 0));
    }
}
