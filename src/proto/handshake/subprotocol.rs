//! Which subprotocols does the client ask for? `Sec-WebSocket-Protocol` (RFC 6455 sections 4.1 and 11.3.4)
//!
//! The grammar is `1#token` without duplicates. It is stricter than lists elsewhere: an empty element is an error, as
//! in the `ws` package. One pass, no backtracking, no comparison of all with all.

use std::collections::HashSet;

use super::super::http::token::{is_token, trim};

/// The field is not a list of different tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidSubprotocols;

/// Reads all lines of the field as if they were one, in order; no line is no subprotocol.
///
/// "The |Sec-WebSocket-Protocol| header field MAY appear multiple times in an HTTP request (which is logically the
/// same as a single |Sec-WebSocket-Protocol| header field that contains all values)."
pub fn parse<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Result<Vec<&'a str>, InvalidSubprotocols> {
    let mut names = Vec::new();
    let mut seen = HashSet::new();
    for element in lines.flat_map(|line| line.split(|&byte| byte == b',')) {
        let name = name(element)?;
        if !seen.insert(name) {
            return Err(InvalidSubprotocols);
        }
        names.push(name);
    }
    Ok(names)
}

/// The token in one element of the list.
fn name(element: &[u8]) -> Result<&str, InvalidSubprotocols> {
    let element = trim(element);
    if !is_token(element) {
        return Err(InvalidSubprotocols);
    }
    str::from_utf8(element).map_err(|_| InvalidSubprotocols)
}

#[cfg(test)]
mod tests {
    use super::super::tests::growth::assert_linear;
    use super::*;
    use proptest::prelude::*;

    /// Parses the lines of a table row, written with `;` between lines.
    fn parse_row(lines: &str) -> Result<Vec<&str>, InvalidSubprotocols> {
        parse(lines.split(';').map(str::as_bytes))
    }

    #[test]
    fn well_formed_lists() {
        for (lines, expected) in [
            ("chat", &["chat"][..]),
            ("a,b,c", &["a", "b", "c"]),
            ("a \t,\t b , c", &["a", "b", "c"]),
            ("a, b;c", &["a", "b", "c"]),
            ("a,A", &["a", "A"]),
            ("v1.x+json!#$%&'*^_`|~", &["v1.x+json!#$%&'*^_`|~"]),
        ] {
            assert_eq!(parse_row(lines).as_deref(), Ok(expected), "{lines:?}");
        }
        assert_eq!(parse(std::iter::empty()), Ok(vec![]));
    }

    #[test]
    fn malformed_lists() {
        for lines in [
            "", " ", ",", "a,", ",a", "a,,b", "a b", "a/b", "\"a\"", "a,b,a", "a;a", "a;", "a\u{e9}", "a\x0bb",
        ] {
            assert_eq!(parse_row(lines), Err(InvalidSubprotocols), "{lines:?}");
        }
    }

    #[test]
    fn a_long_list_takes_linear_time() {
        let input = |units| (0..units).map(|index| index.to_string()).collect::<Vec<_>>().join(",");
        let count = |list: &str| parse(std::iter::once(list.as_bytes())).map(|names| names.len());
        assert_eq!(count(&input(200_000)), Ok(200_000));
        assert_linear(input, count);
    }

    proptest! {
        #[test]
        fn what_was_joined_comes_apart(
            names in prop::collection::hash_set("[a-zA-Z0-9.!~-]{1,6}", 1..12),
            space in "[ \t]{0,3}",
        ) {
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            let line = names.join(&format!("{space},{space}"));
            prop_assert_eq!(parse(std::iter::once(line.as_bytes())), Ok(names));
        }

        #[test]
        fn a_naive_reading_agrees(line in "[ab \t,/]{0,12}") {
            let mut expected: Vec<_> = line.split(',').map(|part| part.trim_matches([' ', '\t'])).collect();
            let naive = expected.iter().all(|part| !part.is_empty() && !part.contains([' ', '\t', '/'])).then(|| {
                let count = expected.len();
                expected.sort_unstable();
                expected.dedup();
                expected.len() == count
            });
            prop_assert_eq!(parse(std::iter::once(line.as_bytes())).is_ok(), naive == Some(true));
        }
    }
}
