//! What a client makes of responses.

use crate::proto::handshake::{Asked, Mismatch, confirm};

const ASKED: Asked<'_> = Asked {
    key: Some(b"dGhlIHNhbXBsZSBub25jZQ=="),
    protocols: &[],
    extension: None,
};
const GOOD: [&str; 3] = [
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
];

/// What becomes of a response with these fields.
fn answer(status: &str, fields: &[&str], asked: &Asked<'_>) -> Result<(Option<String>, Option<usize>), Mismatch> {
    let head = format!("HTTP/1.1 {status}\r\n{}\r\n\r\n", fields.join("\r\n"));
    confirm(head.as_bytes(), fields.len(), asked).map(|opened| {
        let parameters = opened.extension.map(|extension| extension.parameters.len());
        (opened.protocol.map(str::to_owned), parameters)
    })
}

/// A good response with one more field.
fn with(field: &str, asked: &Asked<'_>) -> Result<(Option<String>, Option<usize>), Mismatch> {
    answer("101 Switching Protocols", &[&GOOD[..], &[field]].concat(), asked)
}

#[test]
fn the_usual_response_opens_the_connection() {
    assert_eq!(answer("101 Switching Protocols", &GOOD, &ASKED), Ok((None, None)));
    assert_eq!(answer("101", &GOOD, &ASKED), Ok((None, None)));
    let fields = [
        "upgrade: WebSocket",
        "connection: keep-alive, UPGRADE",
        GOOD[2],
        "X-Other: 1",
    ];
    assert_eq!(answer("101 Yes", &fields, &ASKED), Ok((None, None)));
}

#[test]
fn what_is_missing_or_wrong_has_a_name() {
    let [upgrade, connection, accept] = GOOD;
    for (status, fields, expected) in [
        ("200 OK", &GOOD[..], Mismatch::Status(200)),
        ("100 Continue", &GOOD, Mismatch::Status(100)),
        ("101 .", &[connection, accept], Mismatch::Upgrade),
        ("101 .", &["Upgrade: h2c", connection, accept], Mismatch::Upgrade),
        (
            "101 .",
            &["Upgrade: websocket, h2c", connection, accept],
            Mismatch::Upgrade,
        ),
        ("101 .", &[upgrade, upgrade, connection, accept], Mismatch::Upgrade),
        ("101 .", &[upgrade, accept], Mismatch::Connection),
        ("101 .", &[upgrade, "Connection: close", accept], Mismatch::Connection),
        ("101 .", &[upgrade, connection], Mismatch::Accept),
        ("101 .", &[upgrade, connection, accept, accept], Mismatch::Accept),
        (
            "101 .",
            &[
                upgrade,
                connection,
                "Sec-WebSocket-Accept: S3PPLMBITXAQ9KYGZZHZRBK+XOO=",
            ],
            Mismatch::Accept,
        ),
    ] {
        assert_eq!(answer(status, fields, &ASKED), Err(expected), "{status} {fields:?}");
    }
}

#[test]
fn a_head_is_exactly_its_parts() {
    let head = b"HTTP/1.1 101 .\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    assert_eq!(confirm(head, 1, &ASKED), Err(Mismatch::Malformed));
    assert_eq!(confirm(b"", 0, &ASKED), Err(Mismatch::Malformed));
    assert_eq!(
        confirm(b"HTTP/1.1 101 .\r\n\r\nUpgrade: websocket\r\n\r\n", 1, &ASKED),
        Err(Mismatch::Malformed)
    );
}

#[test]
fn the_subprotocol_is_one_that_was_offered() {
    let asked = Asked {
        protocols: &["chat", "v2"],
        ..ASKED
    };
    assert_eq!(
        with("Sec-WebSocket-Protocol: v2", &asked),
        Ok((Some("v2".into()), None))
    );
    for (field, expected) in [
        ("X: y", Mismatch::NoProtocol),
        ("Sec-WebSocket-Protocol: V2", Mismatch::ForeignProtocol),
        ("Sec-WebSocket-Protocol: chat, v2", Mismatch::ForeignProtocol),
        ("Sec-WebSocket-Protocol:", Mismatch::ForeignProtocol),
        (
            "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat",
            Mismatch::Malformed,
        ),
    ] {
        assert_eq!(with(field, &asked), Err(expected), "{field:?}");
    }
    let twice = ["Sec-WebSocket-Protocol: chat"; 2];
    let fields = [&GOOD[..], &twice].concat();
    assert_eq!(answer("101 .", &fields, &asked), Err(Mismatch::ForeignProtocol));
    assert_eq!(
        with("Sec-WebSocket-Protocol: chat", &ASKED),
        Err(Mismatch::UnaskedProtocol)
    );
}

#[test]
fn the_extension_is_the_one_that_was_offered() {
    let asked = Asked {
        extension: Some("permessage-deflate"),
        ..ASKED
    };
    assert_eq!(with("X: y", &asked), Ok((None, None)));
    assert_eq!(
        with("Sec-WebSocket-Extensions: permessage-deflate; a; b=1", &asked),
        Ok((None, Some(2)))
    );
    for (value, expected) in [
        ("", Mismatch::Extensions),
        ("permessage-deflate;", Mismatch::Extensions),
        ("permessage-deflate, permessage-deflate", Mismatch::Extensions),
        ("x-other", Mismatch::ForeignExtension),
        ("permessage-deflate, x-other", Mismatch::ForeignExtension),
    ] {
        let field = format!("Sec-WebSocket-Extensions: {value}");
        assert_eq!(with(&field, &asked), Err(expected), "{value:?}");
    }
    assert_eq!(
        with("Sec-WebSocket-Extensions: permessage-deflate", &ASKED),
        Err(Mismatch::UnaskedExtension)
    );
}

#[test]
fn a_stream_is_opened_by_its_status_alone() {
    let asked = Asked { key: None, ..ASKED };
    for status in ["200", "299"] {
        assert_eq!(answer(status, &["X: y"], &asked), Ok((None, None)));
    }
    for status in [101, 199, 300, 404] {
        assert_eq!(
            answer(&status.to_string(), &GOOD, &asked),
            Err(Mismatch::Status(status))
        );
    }
    let protocol = "sec-websocket-protocol: chat";
    assert_eq!(answer("200", &[protocol], &asked), Err(Mismatch::UnaskedProtocol));
    let offering = Asked {
        protocols: &["chat"],
        ..asked
    };
    assert_eq!(answer("200", &[protocol], &offering), Ok((Some("chat".into()), None)));
}
