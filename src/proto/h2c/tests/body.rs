//! Where bodies end.

use super::super::{Body, BodyError, Framing, Read};

/// Reads `bytes` as a body of at most ten bytes.
fn chunked(bytes: &str) -> (Result<Read, BodyError>, String) {
    let mut body = Body::new(Framing::Chunked, 10);
    let read = body.read(bytes.as_bytes());
    let data = if matches!(read, Err(BodyError::TooLarge(_))) {
        body.unread()
    } else {
        body.into_data()
    };
    (read, String::from_utf8(data).expect("text"))
}

#[test]
fn a_body_of_known_length_ends_there() {
    let mut body = Body::new(Framing::Length(5), 10);
    assert_eq!(body.read(b"ab"), Ok(Read::More));
    assert_eq!(body.read(b"cdefg"), Ok(Read::Whole(3)));
    assert_eq!(body.into_data(), b"abcde");
    assert_eq!(Body::new(Framing::Length(0), 10).read(b"PRI"), Ok(Read::Whole(0)));
}

#[test]
fn chunks_are_joined() {
    for (bytes, end, data) in [
        ("0\r\n\r\nPRI", 5, ""),
        ("3\r\nabc\r\n0\r\n\r\n", 13, "abc"),
        (
            "3;x=\"y\"\r\nabc\r\n02;a\r\nde\r\n000\r\nTrailer: x\r\nB: \r\n\r\nPRI",
            48,
            "abcde",
        ),
        ("A\r\n0123456789\r\n0\r\n\r\n", 20, "0123456789"),
    ] {
        assert_eq!(chunked(bytes), (Ok(Read::Whole(end)), data.to_owned()), "{bytes:?}");
    }
}

#[test]
fn what_is_no_chunk_is_refused() {
    for bytes in [
        "\r\n",
        "x",
        "-1\r\n",
        "1\n",
        "1x\r\n",
        "1\r\nab",
        "1\r\na\rb",
        "1\r\na\n",
        "0\r\n\n",
        "0\r\nX: y\n",
        "1;\n",
        "1\rx",
        "1 \r\n",
        "1\t;a\r\n",
        "1 ;a\r\n",
        "1; a\r\n",
        "1;\r\n",
        "1;;a\r\n",
        "1;=b\r\n",
        "1;a=\r\n",
        "1;a =b\r\n",
        "1;a= b\r\n",
        "1;a=b,c\r\n",
        "1;a\0\r\n",
        "1;é\r\n",
        "1;a=\"b\r\n\"\r\n",
        "1;a=\"b\0\"\r\n",
        "1;a=\"b\"c\r\n",
        "1;a=\"b\\\r\n\"\r\n",
        "0\r\nX y\r\n",
        "0\r\nX\r\n",
        "0\r\n: y\r\n",
        "0\r\nX : y\r\n",
        "0\r\n X: y\r\n",
        "0\r\nX: y\r\n z\r\n",
        "0\r\nX: a\0b\r\n",
        "0\r\nX: a\x7fb\r\n",
        "0\r\ncontent-Length: 5\r\n",
        "0\r\nX: y\r\nTransfer-Encoding: chunked\r\n",
        "0\r\nX\rY",
    ] {
        assert_eq!(chunked(bytes).0, Err(BodyError::Malformed), "{bytes:?}");
    }
    for (padding, byte) in [
        ("1;", "x"),
        ("1;a=\"", " "),
        ("0\r\n", "x"),
        ("0\r\nX:", "x"),
        ("0", "0"),
    ] {
        let bytes = format!("{padding}{}", byte.repeat(17_000));
        assert_eq!(chunked(&bytes).0, Err(BodyError::Malformed), "{padding:?} without end");
    }
}

#[test]
fn what_stands_beside_the_data_passes() {
    for bytes in [
        "2;a\r\nab\r\n0;b=c;d\r\n\r\n",
        "2;a=\"b;c \t\u{e9}\\\"\\\\\";d\r\nab\r\n0\r\n\r\n",
        "00000000000000000000000002\r\nab\r\n00000000000000000000000000\r\n\r\n",
        "2\r\nab\r\n0\r\nX:\r\nY: \t\u{e9} z \r\nContent-Length-Of-All: 2\r\nContent-Lengt: 2\r\n\r\n",
    ] {
        assert_eq!(
            chunked(bytes),
            (Ok(Read::Whole(bytes.len())), "ab".to_owned()),
            "{bytes:?}"
        );
    }
}

#[test]
fn what_is_too_large_can_be_read_again() {
    for (bytes, again) in [
        ("b\r\n0123456789a\r\n0\r\n\r\n", "b\r\n0123456789a\r\n0\r\n\r\n"),
        ("ff;x\r\n", "ff;x\r\n"),
        ("ffffffffffffffff\r\n", "ffffffffffffffff\r\n"),
        (
            "2\r\nab\r\n3;y\r\ncde\r\n06;z\r\nfghijk\r\n",
            "5\r\nabcde\r\n6;z\r\nfghijk\r\n",
        ),
    ] {
        let (read, taken) = chunked(bytes);
        let Err(BodyError::TooLarge(at)) = read else {
            panic!("{bytes:?}: {read:?}")
        };
        assert_eq!(format!("{taken}{}", &bytes[at..]), again);
    }
}

#[test]
fn what_somebody_else_read_is_limited_too() {
    let mut body = Body::new(Framing::Chunked, 4);
    assert_eq!(body.add(b"abc"), Ok(()));
    assert_eq!(body.add(b"de"), Err(BodyError::TooLarge(0)));
    assert_eq!(body.add(b"d"), Ok(()));
    assert_eq!(body.into_data(), b"abcd");
}
