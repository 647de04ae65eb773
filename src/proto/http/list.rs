//! What is in a comma-separated header field, over all its lines? (RFC 9110 sections 5.6.1 and 7.8)
//!
//! "A recipient MUST parse and ignore a reasonable number of empty list elements": they are skipped here, and how many
//! there can be is bounded by the size of the head.

use super::token::{is_token, trim};

/// More protocols than any client asks for. A longer list is malformed as a whole, whoever looks for what in it.
pub const MOST_PROTOCOLS: usize = 100;

/// What looking for one member of a list came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// The member is in the list, and the whole list is well-formed.
    Found,
    /// The list is well-formed and has other members only.
    Absent,
    /// There is no member at all: no line, or nothing but commas and white space.
    Empty,
    /// Some element does not fit the grammar, or there are too many.
    Malformed,
}

/// The elements of one line of a list, trimmed, the empty ones left out.
pub fn elements(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|&byte| byte == b',')
        .map(trim)
        .filter(|element| !element.is_empty())
}

/// Looks for `wanted`, in any case, in a list of tokens such as `Connection`.
pub fn search_tokens<'a>(lines: impl Iterator<Item = &'a [u8]>, wanted: &str) -> Search {
    search(lines, wanted, is_token, usize::MAX)
}

/// Looks for `wanted`, in any case, in a list of protocols such as `Upgrade`: `protocol-name ["/" protocol-version]`.
///
/// `wanted` is a name without a version and does not match one that has a version.
pub fn search_protocols<'a>(lines: impl Iterator<Item = &'a [u8]>, wanted: &str) -> Search {
    search(lines, wanted, is_protocol, MOST_PROTOCOLS)
}

/// The walk common to both lists.
fn search<'a>(lines: impl Iterator<Item = &'a [u8]>, wanted: &str, fits: fn(&[u8]) -> bool, most: usize) -> Search {
    let mut outcome = Search::Empty;
    for (index, element) in lines.flat_map(elements).enumerate() {
        if index >= most || !fits(element) {
            return Search::Malformed;
        }
        if element.eq_ignore_ascii_case(wanted.as_bytes()) {
            outcome = Search::Found;
        } else if outcome == Search::Empty {
            outcome = Search::Absent;
        }
    }
    outcome
}

/// Whether `element` is a protocol: a token, or two around one slash.
pub fn is_protocol(element: &[u8]) -> bool {
    let mut parts = element.splitn(2, |&byte| byte == b'/');
    parts.all(is_token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Searches the lines of a table row, written with `|` between lines.
    fn tokens(lines: &str) -> Search {
        search_tokens(lines.split('|').map(str::as_bytes), "upgrade")
    }

    /// The same for a list of protocols.
    fn protocols(lines: &str) -> Search {
        search_protocols(lines.split('|').map(str::as_bytes), "websocket")
    }

    #[test]
    fn token_lists() {
        for found in [
            "upgrade",
            "Upgrade",
            "keep-alive, UPGRADE",
            "close|upgrade",
            ",, upgrade ,\t,",
            "upgrade,upgrade",
        ] {
            assert_eq!(tokens(found), Search::Found, "{found:?}");
        }
        for absent in ["close", "upgraded", "keep-alive,close", "x|y"] {
            assert_eq!(tokens(absent), Search::Absent, "{absent:?}");
        }
        for empty in ["", " ", ",", " , ,\t", "|,"] {
            assert_eq!(tokens(empty), Search::Empty, "{empty:?}");
        }
        for malformed in [
            "upgrade; q=1",
            "\"upgrade\"",
            "keep alive, upgrade",
            "upgrade, h2/c",
            "upgr\u{e4}de",
            "upgrade|{}",
        ] {
            assert_eq!(tokens(malformed), Search::Malformed, "{malformed:?}");
        }
    }

    #[test]
    fn protocol_lists() {
        for found in ["websocket", "WebSocket", "h2c, websocket", "TLS/1.2|websocket"] {
            assert_eq!(protocols(found), Search::Found, "{found:?}");
        }
        for absent in ["h2c", "TLS/1.2", "websocket/13", "websocket2, HTTP/2.0"] {
            assert_eq!(protocols(absent), Search::Absent, "{absent:?}");
        }
        for malformed in ["TLS/1.2/3", "/", "a/", "/1", "web socket", "h2c;a=b"] {
            assert_eq!(protocols(malformed), Search::Malformed, "{malformed:?}");
        }
    }

    #[test]
    fn a_list_of_too_many_protocols_is_malformed() {
        let many = |others: usize| format!("websocket,{}", "p,,".repeat(others));
        assert_eq!(protocols(&many(MOST_PROTOCOLS - 1)), Search::Found);
        assert_eq!(protocols(&many(MOST_PROTOCOLS)), Search::Malformed);
        assert_eq!(protocols(&many(MOST_PROTOCOLS - 1).replace(",p", "|p")), Search::Found);
        assert_eq!(protocols(&many(MOST_PROTOCOLS).replace(",p", "|p")), Search::Malformed);
        assert_eq!(tokens(&"upgrade,".repeat(1000)), Search::Found);
    }

    proptest! {
        #[test]
        fn how_a_list_is_cut_into_lines_does_not_matter(
            members in prop::collection::vec("[a-z]{1,3}|upgrade|UpGrade|a b|", 0..8),
            cuts in prop::collection::vec(any::<bool>(), 8),
        ) {
            let mut lines = vec![String::new()];
            for (member, &cut) in members.iter().zip(&cuts) {
                if cut {
                    lines.push(String::new());
                }
                let line = lines.last_mut().expect("there is always a line");
                line.push_str(member);
                line.push(',');
            }
            let whole = members.join(" , ");
            let cut = search_tokens(lines.iter().map(String::as_bytes), "upgrade");
            prop_assert_eq!(cut, search_tokens(std::iter::once(whole.as_bytes()), "upgrade"));
        }
    }
}
