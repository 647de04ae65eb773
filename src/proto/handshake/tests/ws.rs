//! The rules of the `ws` package: what they let pass beyond the RFC, what they refuse within it, and in which order.

use super::super::{Refusal, Rules, Stage};
use super::request::Request;

/// The refusal under these rules after some edits.
fn refusal(edits: &[&str]) -> Option<Refusal> {
    Request::edited(edits).refusal(Rules::Ws)
}

#[test]
fn what_ws_does_not_look_at_is_accepted() {
    for edits in [
        &["- Host"][..],
        &["+ Host: b"],
        &["- Connection"],
        &["= Connection: close"],
        &["GET /chat HTTP/1.0"],
        &["= Upgrade: WebSocket"],
        &["= Sec-WebSocket-Version: 8"],
        &["= Sec-WebSocket-Version: 13.0"],
        &["= Sec-WebSocket-Version: 0x0d"],
        &["+ Origin: a", "+ Origin: b"],
        &["+ Sec-WebSocket-Extensions: ;;"],
        &["+ Content-Length: 0"],
    ] {
        assert_eq!(refusal(edits), None, "{edits:?}");
    }
}

#[test]
fn each_cause_is_named() {
    for (edits, expected) in [
        (&["= Host: a\\0"][..], Refusal::MalformedHead),
        (&["post /chat HTTP/1.1"], Refusal::InvalidMethod),
        (&["- Upgrade"], Refusal::MissingUpgrade),
        (&["= Upgrade:"], Refusal::InvalidUpgrade),
        (&["= Upgrade: h2c, websocket"], Refusal::InvalidUpgrade),
        (&["+ Upgrade: websocket"], Refusal::InvalidUpgrade),
        (&["= Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ= ="], Refusal::InvalidKey),
        (&["= Sec-WebSocket-Version:"], Refusal::UnsupportedVersion),
        (&["+ Sec-WebSocket-Version: 13"], Refusal::UnsupportedVersion),
        (&["+ Transfer-Encoding: chunked"], Refusal::RequestBody),
        (&["+ Content-Length: 1"], Refusal::RequestBody),
        (&["+ Sec-WebSocket-Protocol: a b"], Refusal::InvalidProtocol),
        (&["+ Sec-WebSocket-Protocol:"], Refusal::InvalidProtocol),
    ] {
        assert_eq!(refusal(edits), Some(expected), "{edits:?}");
    }
}

#[test]
fn causes_come_in_the_order_of_ws() {
    let mut edits = vec![
        "+ Sec-WebSocket-Protocol: ,",
        "+ Content-Length: 1",
        "= Sec-WebSocket-Version: 1",
        "= Sec-WebSocket-Key: x",
        "= Upgrade: y",
        "POST /chat HTTP/1.1",
    ];
    for expected in [
        Refusal::InvalidMethod,
        Refusal::InvalidUpgrade,
        Refusal::InvalidKey,
        Refusal::UnsupportedVersion,
        Refusal::RequestBody,
        Refusal::InvalidProtocol,
    ] {
        assert_eq!(refusal(&edits), Some(expected));
        let after = expected == Refusal::InvalidProtocol;
        let stage = if after { Stage::Protocol } else { Stage::Request };
        assert_eq!(expected.answer(Rules::Ws).stage, stage);
        edits.pop();
    }
}
