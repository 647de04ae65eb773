//! Which protocols does a request ask for, and what does it say once nobody takes it up? (RFC 9110 sections 7.6.1 and 7.8)

use super::RequestHead;
use super::list::{MOST_PROTOCOLS, Search, elements, is_protocol, search_tokens};

/// Fields that speak about the upgrade only.
const ABOUT_UPGRADE: [&str; 2] = ["upgrade", "http2-settings"];

/// The protocols that a request asks for, in the client's order of preference, each once; none when it is an ordinary
/// request.
///
/// "A server MUST ignore an Upgrade header field that is received in an HTTP/1.0 request", and a sender of `Upgrade`
/// "MUST also send an "Upgrade" connection option". A list with an element that fits no grammar is ignored as a whole:
/// what somebody meant who wrote it is anybody's guess.
pub fn asked_protocols<'a>(minor_version: u8, connection: &[u8], upgrade: &'a [u8]) -> Vec<&'a [u8]> {
    if minor_version < 1 || search_tokens([connection].into_iter(), "upgrade") != Search::Found {
        return Vec::new();
    }
    let mut asked: Vec<&[u8]> = Vec::new();
    for (index, element) in elements(upgrade).enumerate() {
        if index >= MOST_PROTOCOLS || !is_protocol(element) {
            return Vec::new();
        }
        if !asked.iter().any(|known| known.eq_ignore_ascii_case(element)) {
            asked.push(element);
        }
    }
    asked
}

/// A request head once more, as that of an ordinary request: without what asks for the upgrade and without the fields
/// named in `without` (in any case).
///
/// Nothing else that `Connection` names is left out: a client could name what other fields are trusted for.
pub fn ordinary_head(head: &RequestHead<'_>, without: &[&str]) -> Vec<u8> {
    let left_out = |name: &str| {
        let is_one = |names: &[&str]| names.iter().any(|one| one.eq_ignore_ascii_case(name));
        is_one(&ABOUT_UPGRADE) || is_one(without)
    };
    let mut again = format!("{} {} HTTP/1.{}\r\n", head.method, head.target, head.minor_version).into_bytes();
    for (name, value) in head.headers.iter().filter(|(name, _)| !left_out(name)) {
        if name.eq_ignore_ascii_case("connection") {
            let kept: Vec<_> = elements(value)
                .filter(|option| !str::from_utf8(option).is_ok_and(left_out))
                .collect();
            if !kept.is_empty() {
                push_field(&mut again, name, &kept.join(&b", "[..]));
            }
        } else {
            push_field(&mut again, name, value);
        }
    }
    again.extend_from_slice(b"\r\n");
    again
}

/// Appends a line of a head.
fn push_field(head: &mut Vec<u8>, name: &str, value: &[u8]) {
    for part in [name.as_bytes(), b": ", value, b"\r\n"] {
        head.extend_from_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What is asked for by a list, written with spaces.
    fn asked(upgrade: &str) -> String {
        let asked = asked_protocols(1, b"keep-alive, UPGRADE", upgrade.as_bytes());
        String::from_utf8(asked.join(&b' ')).expect("tokens")
    }

    /// A head once more.
    fn again(head: &str, without: &[&str]) -> String {
        let (head, _) = RequestHead::parse(head.as_bytes())
            .expect("well-formed")
            .expect("complete");
        String::from_utf8(ordinary_head(&head, without)).expect("text")
    }

    #[test]
    fn the_order_is_the_clients() {
        for (list, expected) in [
            ("websocket", "websocket"),
            (
                "HTTP/2.0, SHTTP/1.3, IRC/6.9, RTA/x11",
                "HTTP/2.0 SHTTP/1.3 IRC/6.9 RTA/x11",
            ),
            (",, h2c ,\twebsocket,", "h2c websocket"),
            ("h2c, H2C, h2c/1, h2c", "h2c h2c/1"),
            ("", ""),
            (" , ", ""),
        ] {
            assert_eq!(asked(list), expected, "{list:?}");
        }
    }

    #[test]
    fn what_fits_no_grammar_makes_an_ordinary_request() {
        for list in [
            "web socket",
            "websocket, {}",
            "a/b/c",
            "a/",
            "/b",
            "h2c; q=1",
            "\"h2c\"",
            "h\u{e9}",
        ] {
            assert_eq!(asked(list), "", "{list:?}");
        }
        let many = |count: usize| {
            (0..count)
                .map(|index| format!("p{index}"))
                .collect::<Vec<_>>()
                .join(",")
        };
        assert_eq!(asked(&many(MOST_PROTOCOLS)).split(' ').count(), MOST_PROTOCOLS);
        assert_eq!(asked(&many(MOST_PROTOCOLS + 1)), "");
        assert_eq!(asked(&"h2c,".repeat(MOST_PROTOCOLS + 1)), "");
    }

    #[test]
    fn the_connection_has_to_say_so_and_the_version_to_know_it() {
        assert!(asked_protocols(0, b"upgrade", b"websocket").is_empty());
        for connection in ["", "keep-alive", "upgraded", "upgrade; x", "up grade"] {
            assert!(
                asked_protocols(1, connection.as_bytes(), b"websocket").is_empty(),
                "{connection:?}"
            );
        }
    }

    #[test]
    fn an_ordinary_head_has_everything_but_the_upgrade() {
        assert_eq!(
            again(
                "POST /a?b HTTP/1.1\r\nHost: h\r\nconnection: keep-alive, Upgrade ,HTTP2-Settings\r\nUPGRADE: h2c\r\n\
                 upgrade: x\r\nHTTP2-Settings: AAA\r\nContent-Length: 3\r\nX: \r\n\r\n",
                &[]
            ),
            "POST /a?b HTTP/1.1\r\nHost: h\r\nconnection: keep-alive\r\nContent-Length: 3\r\nX: \r\n\r\n"
        );
        assert_eq!(
            again("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n", &[]),
            "GET / HTTP/1.0\r\n\r\n"
        );
    }

    #[test]
    fn an_expectation_that_was_met_is_left_out_and_what_is_said_of_the_body_stays() {
        assert_eq!(
            again(
                "POST / HTTP/1.1\r\nConnection: Upgrade, close\r\nTransfer-Encoding: gzip, chunked\r\nTrailer: X\r\n\
                 Expect: 100-continue\r\nA: b\r\n\r\n",
                &["expect"]
            ),
            "POST / HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: gzip, chunked\r\nTrailer: X\r\nA: b\r\n\r\n"
        );
    }

    #[test]
    fn naming_a_field_in_connection_does_not_remove_it() {
        let head = "POST / HTTP/1.1\r\nConnection: upgrade, content-length, authorization\r\nContent-Length: 3\r\n\
                    Authorization: x\r\nUpgrade: x\r\n\r\n";
        assert_eq!(
            again(head, &[]),
            "POST / HTTP/1.1\r\nConnection: content-length, authorization\r\nContent-Length: 3\r\n\
             Authorization: x\r\n\r\n"
        );
    }

    proptest! {
        #[test]
        fn an_ordinary_head_is_a_head_and_asks_for_nothing(
            fields in prop::collection::vec(
                ("(?i)(upgrade|connection|http2-settings|[a-z]{1,4})", "(upgrade|close|a/b|[ -~]{0,8})"), 0..12),
        ) {
            let lines: Vec<_> = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            let bytes = format!("GET / HTTP/1.1\r\n{}\r\n", lines.concat());
            let Ok(head) = RequestHead::parse_whole(bytes.as_bytes(), fields.len()) else { return Ok(()); };
            let again = ordinary_head(&head, &[]);
            let (again, read) = RequestHead::parse(&again).expect("well-formed").expect("whole");
            prop_assert!(read > 0);
            prop_assert!(again.headers.all("upgrade").next().is_none());
            prop_assert_ne!(search_tokens(again.headers.all("connection"), "upgrade"), Search::Found);
            for (name, value) in head.headers.iter() {
                if !["upgrade", "http2-settings", "connection"].contains(&name.to_ascii_lowercase().as_str()) {
                    prop_assert!(again.headers.all(name).any(|one| one == value));
                }
            }
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(connection in any::<Vec<u8>>(), upgrade in any::<Vec<u8>>()) {
            for protocol in asked_protocols(1, &connection, &upgrade) {
                prop_assert!(is_protocol(protocol));
            }
        }
    }
}
