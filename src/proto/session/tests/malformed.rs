//! Every way to break the protocol: the error, its code, its close code and its message. The texts and codes are `ws`'s.

use super::support::{KEY, client, got, header, masked, receive_as, server, unmasked};
use crate::proto::session::fuzz::Driven;
use crate::proto::session::{Config, ProtocolError};
use crate::proto::wire::Opcode::Text;

/// `code`, close code and message that `input` must end in, after a good message and however it is cut.
fn check(config: &Config, input: &[u8], code: &str, close_code: u16, message: &str) {
    let hello = if config.role == client().role {
        unmasked(0x81, b"hi")
    } else {
        masked(0x81, b"hi")
    };
    let (told, error) = receive_as(config, &[&hello[..], input].concat());
    let error = error.unwrap_or_else(|| panic!("{input:x?} was accepted"));
    assert_eq!(
        (error.code(), error.close_code(), &error.to_string()[..]),
        (code, close_code, message),
        "{input:x?}"
    );
    assert_eq!(told, [got(Text, b"hi")], "{input:x?}");
}

/// The same for what is wrong in one frame, whose message has a prefix.
fn check_frame(input: &[u8], code: &str, close_code: u16, message: &str) {
    check(
        &server(),
        input,
        code,
        close_code,
        &format!("Invalid WebSocket frame: {message}"),
    );
}

#[test]
fn reserved_bits() {
    for first in [0x91, 0xa1, 0xb1, 0xf1, 0xa9, 0xb3, 0xa0] {
        check_frame(
            &masked(first, b""),
            "WS_ERR_UNEXPECTED_RSV_2_3",
            1002,
            "RSV2 and RSV3 must be clear",
        );
    }
    for first in [0xc1, 0xc2, 0xc0, 0xc8, 0xc9, 0xca, 0xc3, 0x49] {
        check_frame(
            &masked(first, b""),
            "WS_ERR_UNEXPECTED_RSV_1",
            1002,
            "RSV1 must be clear",
        );
    }
}

#[test]
fn opcodes() {
    for bits in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        for first in [bits, bits | 0x80] {
            check_frame(
                &masked(first, b""),
                "WS_ERR_INVALID_OPCODE",
                1002,
                &format!("invalid opcode {bits}"),
            );
        }
    }
    // A continuation of nothing.
    for first in [0x00, 0x80] {
        check_frame(&masked(first, b"x"), "WS_ERR_INVALID_OPCODE", 1002, "invalid opcode 0");
    }
    // A message inside another, also after an empty fragment.
    for (first, bits) in [(0x81, 1), (0x82, 2), (0x01, 1), (0x02, 2)] {
        let input = [masked(0x01, b""), masked(first, b"x")].concat();
        check_frame(&input, "WS_ERR_INVALID_OPCODE", 1002, &format!("invalid opcode {bits}"));
    }
}

#[test]
fn control_frames() {
    for first in [0x08, 0x09, 0x0a] {
        check_frame(&masked(first, b""), "WS_ERR_EXPECTED_FIN", 1002, "FIN must be set");
    }
    for first in [0x88, 0x89, 0x8a] {
        for len in [126, 127] {
            let message = format!("invalid payload length {len}");
            check_frame(
                &[first, 0x80 | len],
                "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH",
                1002,
                &message,
            );
        }
    }
    let message = "invalid payload length 1";
    check_frame(
        &masked(0x88, b"x"),
        "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH",
        1002,
        message,
    );
}

#[test]
fn masks() {
    for first in [0x81, 0x82, 0x01, 0x88, 0x89] {
        check_frame(&unmasked(first, b""), "WS_ERR_EXPECTED_MASK", 1002, "MASK must be set");
        let message = "Invalid WebSocket frame: MASK must be clear";
        check(&client(), &masked(first, b""), "WS_ERR_UNEXPECTED_MASK", 1002, message);
    }
}

#[test]
fn lengths() {
    let not_minimal: [&[u8]; 5] = [
        &[0x81, 0xfe, 0, 0],
        &[0x82, 0xfe, 0, 125],
        &[0x01, 0xff, 0, 0, 0, 0, 0, 0, 0, 5],
        &[0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 126],
        &[0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff],
    ];
    for header in not_minimal {
        let input = [header, &KEY, &[0; 130]].concat();
        let message = "payload length must be minimally encoded";
        check_frame(&input, "WS_ERR_NON_MINIMAL_PAYLOAD_LENGTH", 1002, message);
    }
    for len in [1 << 53, 1 << 63, u64::MAX] {
        let input = [&[0x82, 0xff][..], &len.to_be_bytes()].concat();
        let message = "Unsupported WebSocket frame: payload length > 2^53 - 1";
        check(
            &server(),
            &input,
            "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH",
            1009,
            message,
        );
    }
}

#[test]
fn close_codes_and_reasons() {
    for code in [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535_u16] {
        let message = format!("invalid status code {code}");
        check_frame(
            &masked(0x88, &code.to_be_bytes()),
            "WS_ERR_INVALID_CLOSE_CODE",
            1002,
            &message,
        );
    }
    let reason = masked(0x88, b"\x03\xe8bye\xff");
    check_frame(&reason, "WS_ERR_INVALID_UTF8", 1007, "invalid UTF-8 sequence");
    let cut = masked(0x88, b"\x03\xe8bye\xe2\x82");
    check_frame(&cut, "WS_ERR_INVALID_UTF8", 1007, "invalid UTF-8 sequence");
}

#[test]
fn text() {
    check_frame(
        &masked(0x81, b"\xc0\xaf"),
        "WS_ERR_INVALID_UTF8",
        1007,
        "invalid UTF-8 sequence",
    );
}

#[test]
fn limits() {
    let small = Config {
        max_payload: 5,
        max_fragments: 2,
        max_buffered_chunks: 2,
        ..server()
    };
    let message = "Max payload size exceeded";
    check(
        &small,
        &masked(0x82, b"123456"),
        "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH",
        1009,
        message,
    );
    let message = "Too many message fragments";
    let input = [masked(0x02, b"1"), masked(0x00, b"2"), masked(0x80, b"3")].concat();
    check(&small, &input, "WS_ERR_TOO_MANY_BUFFERED_PARTS", 1008, message);
    let error = ProtocolError::TooManyChunks;
    assert_eq!(
        (error.code(), error.close_code()),
        ("WS_ERR_TOO_MANY_BUFFERED_PARTS", 1008)
    );
    assert_eq!(error.to_string(), "Too many buffered chunks");
}

#[test]
fn the_first_error_of_several_is_the_one_ws_finds() {
    // Both reserved bits and a reserved opcode and no mask; then less and less of it.
    check_frame(
        &[0x7b, 0x7f],
        "WS_ERR_UNEXPECTED_RSV_2_3",
        1002,
        "RSV2 and RSV3 must be clear",
    );
    check_frame(&[0x4b, 0x7f], "WS_ERR_UNEXPECTED_RSV_1", 1002, "RSV1 must be clear");
    check_frame(&[0x0b, 0x7f], "WS_ERR_INVALID_OPCODE", 1002, "invalid opcode 11");
    check_frame(&[0x09, 0x7f], "WS_ERR_EXPECTED_FIN", 1002, "FIN must be set");
    check_frame(
        &[0x89, 0x7f],
        "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH",
        1002,
        "invalid payload length 127",
    );
    check_frame(&[0x80, 0x7f], "WS_ERR_INVALID_OPCODE", 1002, "invalid opcode 0");
    check_frame(&[0x82, 0x7e, 0, 0], "WS_ERR_EXPECTED_MASK", 1002, "MASK must be set");
}

#[test]
fn an_error_is_found_with_the_bytes_that_make_it_one() {
    let found_after = |input: &[u8]| {
        let mut driven = Driven::default();
        input
            .iter()
            .position(|byte| driven.read(&server(), &[*byte]).is_err())
            .map(|index| index + 1)
    };
    assert_eq!(found_after(&masked(0x83, b"x")), Some(2));
    assert_eq!(found_after(&unmasked(0x81, b"x")), Some(2));
    assert_eq!(found_after(&[0x82, 0xfe, 0, 1, 9, 9]), Some(4));
    assert_eq!(
        found_after(&[&header(0x82, 1 << 33, 0x80)[..], &KEY].concat()),
        Some(10)
    );
}

#[test]
fn errors_are_final() {
    let mut driven = Driven::default();
    let error = driven.read(&server(), &[0x83, 0x80]).unwrap_err();
    assert!(driven.session.failed());
    assert_eq!(driven.read(&server(), &masked(0x81, b"late")), Err(error));
    assert!(driven.transcript.told.is_empty());
    assert_eq!(driven.session.held(), 0);
}
