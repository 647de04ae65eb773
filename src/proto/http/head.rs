//! Where does a head end, and what stands in its first line?
//!
//! `httparse` does the reading; this file gives it room for as many fields as there are. A parser with a fixed count,
//! or a caller trusting one, is how more headers than expected took servers down.

use super::headers::Headers;

/// Room for fields at the first attempt: more than browsers send.
const USUAL_FIELDS: usize = 32;

/// Why some bytes are not a head. The peer's fault, or that of whoever put the head together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// The version is neither 1.0 nor 1.1.
    #[error("HTTP version not supported")]
    Version,
    /// A forbidden byte, a folded line, or more or fewer fields than announced.
    #[error("malformed head")]
    Malformed,
}

impl From<httparse::Error> for HeadError {
    fn from(error: httparse::Error) -> Self {
        match error {
            httparse::Error::Version => Self::Version,
            _ => Self::Malformed,
        }
    }
}

/// A request head, pointing into the bytes it was read from.
#[derive(Clone, Debug)]
pub struct RequestHead<'a> {
    /// The method, case-sensitive.
    pub method: &'a str,
    /// The request target as sent.
    pub target: &'a str,
    /// The minor version: 0 or 1 after `HTTP/1.`.
    pub minor_version: u8,
    /// The header fields.
    pub headers: Headers<'a>,
}

impl<'a> RequestHead<'a> {
    /// Reads a head from the start of `bytes` and says how long it is; `None` when the end has not arrived.
    pub fn parse(bytes: &'a [u8]) -> Result<Option<(Self, usize)>, HeadError> {
        with_room(bytes, |fields| {
            let mut request = httparse::Request::new(fields);
            let status = request.parse(bytes)?;
            let count = request.headers.len();
            let first_line = (request.method, request.path, request.version);
            Ok((status, count, first_line))
        })
        .map(|parsed| {
            let (length, headers, (method, target, version)) = parsed?;
            Some((
                Self {
                    method: method?,
                    target: target?,
                    minor_version: version?,
                    headers,
                },
                length,
            ))
        })
    }

    /// Reads a head that somebody put together from parts: it must be all of `bytes` and have exactly `count` fields.
    ///
    /// A part with a line break in it makes more fields, ends the head early or adds an empty line in front; each is
    /// found here, so no value can smuggle in a line.
    pub fn parse_whole(bytes: &'a [u8], count: usize) -> Result<Self, HeadError> {
        match Self::parse(bytes)? {
            Some((head, length))
                if length == bytes.len()
                    && head.headers.len() == count
                    && bytes.starts_with(head.method.as_bytes()) =>
            {
                Ok(head)
            }
            _ => Err(HeadError::Malformed),
        }
    }
}

/// A response head, pointing into the bytes it was read from.
#[derive(Clone, Debug)]
pub struct ResponseHead<'a> {
    /// The status code: three digits.
    pub status: u16,
    /// The reason phrase, often empty.
    pub reason: &'a str,
    /// The minor version: 0 or 1 after `HTTP/1.`.
    pub minor_version: u8,
    /// The header fields.
    pub headers: Headers<'a>,
}

impl<'a> ResponseHead<'a> {
    /// Reads a head from the start of `bytes` and says how long it is; `None` when the end has not arrived.
    pub fn parse(bytes: &'a [u8]) -> Result<Option<(Self, usize)>, HeadError> {
        with_room(bytes, |fields| {
            let mut response = httparse::Response::new(fields);
            let status = response.parse(bytes)?;
            let count = response.headers.len();
            let first_line = (response.code, response.reason, response.version);
            Ok((status, count, first_line))
        })
        .map(|parsed| {
            let (length, headers, (status, reason, version)) = parsed?;
            Some((
                Self {
                    status: status?,
                    reason: reason?,
                    minor_version: version?,
                    headers,
                },
                length,
            ))
        })
    }

    /// Reads a head that somebody put together from parts, as [`RequestHead::parse_whole`] does.
    pub fn parse_whole(bytes: &'a [u8], count: usize) -> Result<Self, HeadError> {
        match Self::parse(bytes)? {
            Some((head, length))
                if length == bytes.len() && head.headers.len() == count && bytes.starts_with(b"HTTP/") =>
            {
                Ok(head)
            }
            _ => Err(HeadError::Malformed),
        }
    }
}

/// What a parser found in a complete or partial head: status, number of fields, first line.
type Found<L> = (httparse::Status<usize>, usize, L);

/// Runs `parse` with room for the usual number of fields and, when that is too little, once more with room for as many
/// as `bytes` has lines. So the work stays linear and the memory within a small multiple of the input.
fn with_room<'a, L>(
    bytes: &'a [u8],
    mut parse: impl FnMut(&mut [httparse::Header<'a>]) -> Result<Found<L>, httparse::Error>,
) -> Result<Option<(usize, Headers<'a>, L)>, HeadError> {
    let mut fields = vec![httparse::EMPTY_HEADER; USUAL_FIELDS];
    let mut found = parse(&mut fields);
    if matches!(found, Err(httparse::Error::TooManyHeaders)) {
        let lines = bytes.split(|&byte| byte == b'\n').count();
        fields = vec![httparse::EMPTY_HEADER; lines];
        found = parse(&mut fields);
    }
    let (status, count, first_line) = found?;
    let httparse::Status::Complete(length) = status else {
        return Ok(None);
    };
    fields.truncate(count);
    Ok(Some((length, Headers::new(fields), first_line)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A request head with the given fields.
    fn request(fields: &[(String, String)]) -> String {
        let lines: Vec<_> = fields
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        format!("GET /path HTTP/1.1\r\n{}\r\n", lines.concat())
    }

    #[test]
    fn a_request_head_says_how_long_it_is() {
        let bytes = b"GET /chat?x=1 HTTP/1.0\r\nHost: h\r\n\r\nrest";
        let (head, length) = RequestHead::parse(bytes).expect("well-formed").expect("complete");
        assert_eq!(
            (head.method, head.target, head.minor_version, length),
            ("GET", "/chat?x=1", 0, bytes.len() - 4)
        );
        for end in 0..length {
            assert!(
                matches!(RequestHead::parse(bytes.get(..end).expect("in range")), Ok(None)),
                "cut at {end}"
            );
        }
    }

    #[test]
    fn a_response_head_says_how_long_it_is() {
        let bytes = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x00";
        let (head, length) = ResponseHead::parse(bytes).expect("well-formed").expect("complete");
        assert_eq!(
            (head.status, head.reason, head.minor_version),
            (101, "Switching Protocols", 1)
        );
        assert_eq!((head.headers.len(), length), (1, bytes.len() - 2));
        for end in 0..length {
            assert!(
                matches!(ResponseHead::parse(bytes.get(..end).expect("in range")), Ok(None)),
                "cut at {end}"
            );
        }
    }

    #[test]
    fn there_is_room_for_any_number_of_fields() {
        for count in [0, 1, 31, 32, 33, 100, 2_000, 20_000] {
            let fields: Vec<_> = (0..count)
                .map(|index| (format!("n{index}"), index.to_string()))
                .collect();
            let bytes = request(&fields);
            let head = RequestHead::parse_whole(bytes.as_bytes(), count).expect("well-formed");
            assert_eq!(head.headers.len(), count);
        }
    }

    #[test]
    fn what_is_not_a_whole_head_is_refused() {
        let good = "GET / HTTP/1.1\r\nA: b\r\n\r\n";
        assert!(RequestHead::parse_whole(good.as_bytes(), 1).is_ok());
        for (bytes, count) in [
            (good, 0),
            (good, 2),
            ("GET / HTTP/1.1\r\nA: b\r\n\r\nC: d\r\n\r\n", 1),
            ("GET / HTTP/1.1\r\nA: b\r\n", 1),
            ("\r\nGET / HTTP/1.1\r\nA: b\r\n\r\n", 1),
            ("GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n", 1),
            ("GET / HTTP/1.1\r\nA : b\r\n\r\n", 1),
            ("GET / HTTP/1.1\r\n A: b\r\n\r\n", 1),
            ("GET / HTTP/1.1\r\nA: b\0\r\n\r\n", 1),
            ("GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", 1),
            ("GET  / HTTP/1.1\r\nA: b\r\n\r\n", 1),
            ("", 0),
        ] {
            assert_eq!(
                RequestHead::parse_whole(bytes.as_bytes(), count).err(),
                Some(HeadError::Malformed),
                "{bytes:?}"
            );
        }
        for version in ["2.0", "0.9", "1.2"] {
            let bytes = format!("GET / HTTP/{version}\r\nA: b\r\n\r\n");
            assert_eq!(
                RequestHead::parse_whole(bytes.as_bytes(), 1).err(),
                Some(HeadError::Version),
                "{version}"
            );
        }
    }

    proptest! {
        #[test]
        fn every_field_comes_back(fields in prop::collection::vec(("[a-zA-Z-]{1,8}", "[!-~]{0,12}"), 0..80)) {
            let bytes = request(&fields);
            let head = RequestHead::parse_whole(bytes.as_bytes(), fields.len()).expect("well-formed");
            let found: Vec<_> = head.headers.iter().map(|(name, value)| {
                (name.to_owned(), String::from_utf8_lossy(value).into_owned())
            }).collect();
            prop_assert_eq!(found, fields);
        }

        #[test]
        fn no_part_can_smuggle_in_a_line(
            fields in prop::collection::vec(("[a-b:\r\n]{1,4}", "[a-b:\r\n \0]{0,8}"), 0..5),
        ) {
            let hostile = fields.iter().any(|(name, value)| {
                name.contains(['\r', '\n', ':']) || value.contains(['\r', '\n', '\0'])
            });
            let bytes = request(&fields);
            let parsed = RequestHead::parse_whole(bytes.as_bytes(), fields.len());
            // A colon in a name only moves where the value begins; it adds no line.
            let only_colons = !fields.iter().any(|(name, value)| {
                name.contains(['\r', '\n']) || name.starts_with(':') || value.contains(['\r', '\n', '\0'])
            });
            prop_assert_eq!(parsed.is_ok(), !hostile || only_colons);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), count in 0..4_usize) {
            let _ = RequestHead::parse(&bytes);
            let _ = RequestHead::parse_whole(&bytes, count);
            let _ = ResponseHead::parse(&bytes);
            let _ = ResponseHead::parse_whole(&bytes, count);
        }
    }
}
