//! The strict rules, cause by cause, with the requests that come near one and are fine.

use super::super::{Refusal, Rules};
use super::request::Request;

/// The refusal under the strict rules after some edits.
fn refusal(edits: &[&str]) -> Option<Refusal> {
    Request::edited(edits).refusal(Rules::Strict)
}

#[test]
fn the_example_of_the_rfc_is_accepted() {
    let edits = [
        "+ Origin: http://example.com",
        "+ Sec-WebSocket-Protocol: chat, superchat",
    ];
    Request::edited(&edits).accepted(Rules::Strict, |accepted| {
        assert_eq!(accepted.accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_eq!(accepted.version, 13);
        assert_eq!(accepted.protocols, ["chat", "superchat"]);
        assert!(accepted.extensions.is_empty());
    });
}

#[test]
fn what_may_vary_is_accepted() {
    for edits in [
        &["= Upgrade: WebSocket"][..],
        &["= Upgrade: h2c, websocket"],
        &["= Upgrade: h2c", "+ upgrade: WEBSOCKET"],
        &["= Connection: keep-alive, upgrade"],
        &["= Connection: keep-alive", "+ Connection: ,Upgrade,"],
        &["= Sec-WebSocket-Version: 8", "+ Sec-WebSocket-Origin: a"],
        &["+ Content-Length: 0"],
        &["+ Content-Length: 000", "+ Content-Length: 0"],
        &["+ Origin: a"],
        &["+ Origin:"],
        &["GET http://example.com/chat HTTP/1.1"],
        &["+ Cookie: a=b; c=\u{e9}"],
    ] {
        assert_eq!(refusal(edits), None, "{edits:?}");
    }
}

#[test]
fn lists_that_repeat_are_joined_in_order() {
    let edits = [
        "+ Sec-WebSocket-Protocol: b, a",
        "+ Sec-WebSocket-Extensions: x; y=1",
        "+ Sec-WebSocket-Protocol: c",
        "+ Sec-WebSocket-Extensions: x; y=2, z",
    ];
    Request::edited(&edits).accepted(Rules::Strict, |accepted| {
        assert_eq!(accepted.protocols, ["b", "a", "c"]);
        let names: Vec<_> = accepted.extensions.iter().map(|offer| offer.name).collect();
        assert_eq!(names, ["x", "x", "z"]);
        assert_eq!(accepted.extensions[1].parameters[0].value.as_deref(), Some("2"));
    });
}

#[test]
fn each_cause_is_named() {
    for (edits, expected) in [
        (&["= Host: a\\0"][..], Refusal::MalformedHead),
        (&["= Host: a\\nb: c"], Refusal::MalformedHead),
        (&["= Host: a\\rb"], Refusal::MalformedHead),
        (&["= Sec-WebSocket-Version: 13\\n"], Refusal::MalformedHead),
        (&["GET / HTTP/1.1\\r\\nA: b"], Refusal::MalformedHead),
        (&["get /chat HTTP/1.1"], Refusal::InvalidMethod),
        (&["GET /chat HTTP/2.0"], Refusal::InvalidHttpVersion),
        (&["= Upgrade: TLS/1.2"], Refusal::NotWebSocket),
        (&["= Upgrade: websocket/13"], Refusal::NotWebSocket),
        (&["= Upgrade:"], Refusal::MissingUpgrade),
        (&["= Upgrade: ,"], Refusal::MissingUpgrade),
        (&["= Upgrade: websocket;q=1"], Refusal::InvalidUpgrade),
        (&["= Connection:"], Refusal::MissingConnection),
        (&["= Connection: close"], Refusal::InvalidConnection),
        (&["= Connection: upgrade, \"x\""], Refusal::InvalidConnection),
        (&["= Host:"], Refusal::MissingHost),
        (&["+ host: example.com"], Refusal::RepeatedHost),
        (&["= Sec-WebSocket-Key:"], Refusal::InvalidKey),
        (&["= Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ"], Refusal::InvalidKey),
        (&["+ sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=="], Refusal::RepeatedKey),
        (&["= Sec-WebSocket-Version:"], Refusal::UnsupportedVersion),
        (&["= Sec-WebSocket-Version: 013"], Refusal::UnsupportedVersion),
        (&["= Sec-WebSocket-Version: 13, 8"], Refusal::UnsupportedVersion),
        (&["= Sec-WebSocket-Version: 0xd"], Refusal::UnsupportedVersion),
        (
            &["+ Sec-WebSocket-Origin: a", "+ Sec-WebSocket-Origin: a"],
            Refusal::RepeatedOrigin,
        ),
        (&["+ Content-Length:"], Refusal::RequestBody),
        (&["+ Content-Length: 0, 0"], Refusal::RequestBody),
        (&["+ Content-Length: 0", "+ Content-Length: 1"], Refusal::RequestBody),
        (&["+ Transfer-Encoding:"], Refusal::RequestBody),
        (&["+ Sec-WebSocket-Protocol:"], Refusal::InvalidProtocol),
        (
            &["+ Sec-WebSocket-Protocol: a", "+ Sec-WebSocket-Protocol: a"],
            Refusal::InvalidProtocol,
        ),
        (&["+ Sec-WebSocket-Protocol: a,,b"], Refusal::InvalidProtocol),
        (&["+ Sec-WebSocket-Extensions:"], Refusal::InvalidExtensions),
        (&["+ Sec-WebSocket-Extensions: a; b=\"c"], Refusal::InvalidExtensions),
    ] {
        assert_eq!(refusal(edits), Some(expected), "{edits:?}");
    }
}

#[test]
fn an_upgrade_to_something_else_is_never_ours_to_refuse() {
    let edits = [
        "POST / HTTP/1.0",
        "= Upgrade: h2c",
        "- Host",
        "- Sec-WebSocket-Key",
        "+ Content-Length: 5",
    ];
    assert_eq!(refusal(&edits), Some(Refusal::NotWebSocket));
}

#[test]
fn there_may_be_any_number_of_headers() {
    let mut request = Request::good();
    request.fields.splice(
        2..2,
        (0..5_000).map(|index| (format!("X-{index}"), "y".repeat(index % 7))),
    );
    assert_eq!(request.refusal(Rules::Strict), None);
    assert_eq!(request.refusal(Rules::Ws), None);
}
