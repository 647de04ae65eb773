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
            "3;x=\"y\"\r\nabc\r\n02 \r\nde\r\n000\r\nTrailer: x\r\nB: \r\n\r\nPRI",
            47,
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
        "00000000000000000",
        "0\r\nX\rY",
    ] {
        assert_eq!(chunked(bytes).0, Err(BodyError::Malformed), "{bytes:?}");
    }
    for padding in ["1;", "0\r\n"] {
        let bytes = format!("{padding}{}", "x".repeat(17_000));
        assert_eq!(chunked(&bytes).0, Err(BodyError::Malformed), "{padding:?} without end");
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
