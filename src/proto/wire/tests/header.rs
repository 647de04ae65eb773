//! Frame headers: the examples of the RFC, every malformed one, and both ways and back.

use proptest::prelude::*;

use crate::proto::wire::{FrameError, FrameHeader, LEN_MAX, MAX_HEADER_LEN, Opcode, SmallFrame};

const OPCODES: [Opcode; 6] = [
    Opcode::Continuation,
    Opcode::Text,
    Opcode::Binary,
    Opcode::Close,
    Opcode::Ping,
    Opcode::Pong,
];

#[test]
fn the_examples_of_the_rfc() {
    let table: [(&[u8], FrameHeader); 5] = [
        (&[0x81, 0x05], FrameHeader::new(Opcode::Text, true, 5)),
        (&[0x01, 0x03], FrameHeader::new(Opcode::Text, false, 3)),
        (&[0x80, 0x02], FrameHeader::new(Opcode::Continuation, true, 2)),
        (&[0x82, 0x7e, 0x01, 0x00], FrameHeader::new(Opcode::Binary, true, 256)),
        (
            &[0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0],
            FrameHeader::new(Opcode::Binary, true, 65536),
        ),
    ];
    for (bytes, header) in table {
        let mut encoded = Vec::new();
        header.encode(&mut encoded);
        assert_eq!(encoded, bytes);
        assert_eq!(FrameHeader::parse(bytes), Ok(Some((header, bytes.len()))));
    }
}

#[test]
fn malformed_headers() {
    let table: [(&[u8], FrameError); 18] = [
        (&[0xa1, 0x00], FrameError::Rsv2Or3),
        (&[0x91, 0x00], FrameError::Rsv2Or3),
        (&[0xf3, 0x00], FrameError::Rsv2Or3),
        (&[0xc0, 0x00], FrameError::Rsv1),
        (&[0xc8, 0x00], FrameError::Rsv1),
        (&[0xc9, 0x00], FrameError::Rsv1),
        (&[0x83, 0x00], FrameError::ReservedOpcode(3)),
        (&[0x87, 0x00], FrameError::ReservedOpcode(7)),
        (&[0x8b, 0x00], FrameError::ReservedOpcode(11)),
        (&[0x8f, 0x00], FrameError::ReservedOpcode(15)),
        (&[0x08, 0x00], FrameError::FragmentedControl),
        (&[0x49, 0x7e], FrameError::FragmentedControl),
        (&[0x88, 0x01], FrameError::ControlLength(1)),
        (&[0x89, 0x7e], FrameError::ControlLength(126)),
        (&[0x8a, 0xff], FrameError::ControlLength(127)),
        (&[0x81, 0x7e, 0x00, 0x7d], FrameError::NotMinimal),
        (&[0x81, 0x7f, 0, 0, 0, 0, 0, 0, 0xff, 0xff], FrameError::NotMinimal),
        (&[0x81, 0x7f, 0x80, 0, 0, 0, 0, 0, 0, 0], FrameError::TooLong),
    ];
    for (bytes, error) in table {
        assert_eq!(FrameHeader::parse(bytes), Err(error), "{bytes:x?}");
        for len in 0..bytes.len().min(2) {
            assert_eq!(FrameHeader::parse(&bytes[..len]), Ok(None), "{bytes:x?} cut at {len}");
        }
    }
}

#[test]
fn lengths_at_the_borders() {
    for len in [0, 1, 125, 126, 127, 65535, 65536, u64::from(u32::MAX) + 1, LEN_MAX] {
        for mask in [None, Some([1, 2, 3, 4])] {
            let header = FrameHeader {
                mask,
                ..FrameHeader::new(Opcode::Binary, true, len)
            };
            let mut bytes = Vec::new();
            header.encode(&mut bytes);
            assert_eq!(FrameHeader::parse(&bytes), Ok(Some((header, bytes.len()))));
            assert!(bytes.len() <= MAX_HEADER_LEN);
        }
    }
    let too_long = [&[0x82, 0x7f], &(LEN_MAX + 1).to_be_bytes()[..]].concat();
    assert_eq!(FrameHeader::parse(&too_long), Err(FrameError::TooLong));
}

#[test]
fn a_wrong_length_is_found_before_the_mask_key_is_there() {
    assert_eq!(FrameHeader::parse(&[0x81, 0xfe, 0, 1]), Err(FrameError::NotMinimal));
}

#[test]
fn a_small_frame_is_what_the_general_parser_says() {
    let len = |bytes: &[u8], masked| SmallFrame::parse(bytes, masked).map(|frame| frame.payload.len());
    assert_eq!(len(&[0x81, 0x01, b'a'], false), Some(1));
    assert_eq!(len(&[0x82, 0x81, 1, 2, 3, 4, b'a'], true), Some(1));
    assert_eq!(len(&[0x81, 0x01, b'a'], true), None, "unmasked");
    assert_eq!(len(&[0x81, 0x81, 1, 2, 3, 4, b'a'], false), None, "masked");
    assert_eq!(len(&[0x81, 0x02, b'a'], false), None, "incomplete");
    assert_eq!(len(&[0x01, 0x01, b'a'], false), None, "a fragment");
    assert_eq!(len(&[0x80, 0x01, b'a'], false), None, "a continuation");
    assert_eq!(len(&[0xc1, 0x01, b'a'], false), None, "compressed");
    assert_eq!(len(&[0x81, 0x7e, 0, 1, b'a'], false), None, "not minimal");
    assert_eq!(len(&[0x89, 0x01, b'a'], false), None, "a ping");
}

/// Any header that may be written.
fn headers() -> impl Strategy<Value = FrameHeader> {
    let len = prop_oneof![0..126_u64, 126..65536_u64, 65536..=LEN_MAX];
    (0..6_usize, any::<bool>(), any::<bool>(), any::<Option<[u8; 4]>>(), len).prop_map(
        |(kind, fin, rsv1, mask, len)| {
            let opcode = OPCODES[kind];
            let control = opcode.is_control();
            let rsv1 = rsv1 && matches!(opcode, Opcode::Text | Opcode::Binary);
            // Even, since a close frame may not have one byte.
            let len = if control { len % 63 * 2 } else { len };
            FrameHeader {
                fin: fin || control,
                rsv1,
                opcode,
                mask,
                len,
            }
        },
    )
}

proptest! {
    #[test]
    fn written_and_read_back(header in headers(), behind in prop::collection::vec(any::<u8>(), 0..4)) {
        let mut bytes = Vec::new();
        header.encode(&mut bytes);
        let header_len = bytes.len();
        bytes.extend(behind);
        prop_assert_eq!(FrameHeader::parse(&bytes), Ok(Some((header, header_len))));
        for cut in 0..header_len {
            prop_assert_eq!(FrameHeader::parse(&bytes[..cut]), Ok(None));
        }
    }

    #[test]
    fn what_is_read_is_written_the_same(bytes in prop::collection::vec(any::<u8>(), 0..MAX_HEADER_LEN + 2)) {
        if let Ok(Some((header, len))) = FrameHeader::parse(&bytes) {
            let mut again = Vec::new();
            header.encode(&mut again);
            prop_assert_eq!(&again[..], &bytes[..len]);
        }
    }

    #[test]
    fn a_small_frame_agrees_with_the_header(header in headers(), masked: bool, cut in 0..20_usize) {
        let header = FrameHeader { len: header.len % 300, ..header };
        let mut bytes = Vec::new();
        header.encode(&mut bytes);
        let header_len = bytes.len();
        bytes.extend((0..header.len).map(|i| i as u8));
        bytes.truncate(bytes.len().saturating_sub(cut.saturating_sub(10)));
        let whole = bytes.len() >= header_len + header.len as usize;
        let kind = matches!(header.opcode, Opcode::Text | Opcode::Binary) && header.fin && !header.rsv1;
        let expected = (whole && kind && header.mask.is_some() == masked).then(|| SmallFrame {
            text: header.opcode == Opcode::Text,
            key: header.mask.unwrap_or_default(),
            payload: &bytes[header_len..header_len + header.len as usize],
            rest: &[],
        });
        prop_assert_eq!(SmallFrame::parse(&bytes, masked), expected);
    }
}
