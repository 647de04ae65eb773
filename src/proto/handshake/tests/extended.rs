//! The extended CONNECT of HTTP/2, cause by cause, and what `docs/handshake.md` says about it.

use proptest::prelude::*;

use super::super::{AcceptedStream, Pseudo, Refusal, Rules, examine_stream};

/// The fields of a good request: the pseudo-header fields, then the others.
const GOOD: [(&str, &str); 6] = [
    (":method", "CONNECT"),
    (":protocol", "websocket"),
    (":scheme", "https"),
    (":authority", "example.com"),
    (":path", "/chat"),
    ("sec-websocket-version", "13"),
];

/// A good request after some edits, in the language of `docs/handshake.md`.
fn edited(edits: &[&str]) -> Vec<(String, String)> {
    let mut fields: Vec<_> = GOOD
        .iter()
        .map(|&(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    for edit in edits {
        let (kind, rest) = edit.split_at(2);
        let colon = rest
            .get(1..)
            .and_then(|rest| rest.find(':'))
            .map_or(rest.len(), |at| at + 1);
        let (name, value) = (
            &rest[..colon],
            rest.get(colon + 1..).unwrap_or_default().trim_start_matches(' '),
        );
        let value = value.replace("\\0", "\0").replace("\\n", "\n");
        match kind {
            "- " => fields.retain(|field| field.0 != name),
            "= " => fields.iter_mut().find(|field| field.0 == name).expect("a field").1 = value,
            _ => fields.push((name.to_owned(), value)),
        }
    }
    fields
}

/// Runs `check` on what becomes of a request.
fn examined<T>(edits: &[&str], rules: Rules, check: impl FnOnce(Result<AcceptedStream<'_>, Refusal>) -> T) -> T {
    let fields = edited(edits);
    let value = |name| {
        fields
            .iter()
            .find(|field| field.0 == name)
            .map(|field| field.1.as_str())
    };
    let pseudo = Pseudo {
        method: value(":method"),
        protocol: value(":protocol"),
        scheme: value(":scheme"),
        authority: value(":authority"),
        path: value(":path"),
    };
    let others: Vec<_> = fields.iter().filter(|field| !field.0.starts_with(':')).collect();
    let lines: Vec<_> = others
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let lines = lines.concat();
    check(examine_stream(
        &pseudo,
        format!("GET / HTTP/1.1\r\n{lines}\r\n").as_bytes(),
        others.len(),
        rules,
    ))
}

/// The refusal of a request under both sets of rules, if any.
fn refusal(edits: &[&str]) -> Option<Refusal> {
    let strict = refusal_by(edits, Rules::Strict);
    assert_eq!(strict, refusal_by(edits, Rules::Ws), "{edits:?}");
    strict
}

/// The refusal of a request under one of them, if any.
fn refusal_by(edits: &[&str], rules: Rules) -> Option<Refusal> {
    let mut found = None;
    examined(edits, rules, |result| {
        if let Err(refusal) = result {
            found = Some(refusal);
        }
    });
    found
}

#[test]
fn the_example_of_the_rfc_is_accepted() {
    examined(
        &["+ sec-websocket-protocol: chat, superchat"],
        Rules::Strict,
        |result| {
            let accepted = result.expect("accepted");
            assert_eq!(
                (accepted.version, &accepted.protocols[..]),
                (13, &["chat", "superchat"][..])
            );
        },
    );
}

#[test]
fn what_may_vary_is_accepted() {
    for edits in [
        &["= :protocol: WebSocket"][..],
        &["= :scheme: http"],
        &["= :path: /"],
        &["= :path: /?a=b"],
        &["= sec-websocket-version: 8"],
        // It has no meaning here, and does no harm.
        &["+ sec-websocket-key: x"],
        &["+ content-length: 0"],
        &["+ host: other.example.com"],
        &["+ origin: a"],
        &["+ sec-websocket-extensions: permessage-deflate; client_max_window_bits, foo; a=\"b\""],
    ] {
        assert_eq!(refusal(edits), None, "{edits:?}");
    }
}

#[test]
fn each_cause_is_named() {
    for (edits, expected) in [
        (&["- :protocol"][..], Refusal::NotWebSocket),
        (&["= :protocol: connect-udp", "- :scheme"], Refusal::NotWebSocket),
        (&["= :protocol: websocket/13"], Refusal::NotWebSocket),
        (&["- :method"], Refusal::InvalidMethod),
        (&["= :method: GET"], Refusal::InvalidMethod),
        (&["= :method: connect"], Refusal::InvalidMethod),
        (&["- :scheme"], Refusal::InvalidScheme),
        (&["= :scheme: wss"], Refusal::InvalidScheme),
        (&["= :scheme: HTTPS"], Refusal::InvalidScheme),
        (&["- :authority"], Refusal::MissingAuthority),
        (&["= :authority:"], Refusal::MissingAuthority),
        (&["- :path"], Refusal::InvalidPath),
        (&["= :path:"], Refusal::InvalidPath),
        (&["= :path: *"], Refusal::InvalidPath),
        (&["+ upgrade: websocket"], Refusal::ConnectionField),
        (&["+ connection:"], Refusal::ConnectionField),
        (&["+ Keep-Alive: 5"], Refusal::ConnectionField),
        (&["+ proxy-connection: close"], Refusal::ConnectionField),
        (&["+ transfer-encoding: chunked"], Refusal::ConnectionField),
        (&["- sec-websocket-version"], Refusal::MissingVersion),
        (&["= sec-websocket-version: 12"], Refusal::UnsupportedVersion),
        (&["+ sec-websocket-version: 13"], Refusal::UnsupportedVersion),
        (&["+ content-length: 1"], Refusal::RequestBody),
        (&["+ sec-websocket-protocol: a, a"], Refusal::InvalidProtocol),
        (&["+ x: a\\0"], Refusal::MalformedHead),
        (&["+ x: a\\ny: b"], Refusal::MalformedHead),
    ] {
        assert_eq!(refusal(edits), Some(expected), "{edits:?}");
    }
}

#[test]
fn extensions_are_looked_at_where_the_rules_are_strict() {
    for edits in [
        &["+ sec-websocket-extensions: foo; =1"][..],
        &["+ sec-websocket-extensions:"],
        &["+ sec-websocket-extensions: foo", "+ sec-websocket-extensions: foo,"],
    ] {
        assert_eq!(
            refusal_by(edits, Rules::Strict),
            Some(Refusal::InvalidExtensions),
            "{edits:?}"
        );
        assert_eq!(refusal_by(edits, Rules::Ws), None, "{edits:?}");
    }
    let both = ["+ sec-websocket-extensions: ;", "+ sec-websocket-protocol: ,"];
    assert_eq!(
        refusal(&both),
        Some(Refusal::InvalidProtocol),
        "what both refuse is first"
    );
}

#[test]
fn no_answer_contains_what_http2_forbids() {
    for refusal in [
        Refusal::MissingVersion,
        Refusal::UnsupportedVersion,
        Refusal::ConnectionField,
    ] {
        for (name, _) in refusal.answer(Rules::Ws).headers {
            assert!(!["Upgrade", "Connection"].contains(name), "{refusal:?}");
        }
    }
}

#[test]
fn every_row_of_the_document_is_true() {
    let document = include_str!("../../../../docs/handshake.md");
    let (_, section) = document.split_once("## Over HTTP/2").expect("a section");
    let rows = section
        .lines()
        .filter(|line| line.contains("`= ") || line.contains("`+ ") || line.contains("`- "));
    let mut count = 0;
    for row in rows {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [_cause, example, status, body, code] = cells[..] else {
            panic!("five columns: {row}");
        };
        let edits: Vec<_> = example.split('`').skip(1).step_by(2).collect();
        let refusal = refusal_by(&edits, Rules::Strict).unwrap_or_else(|| panic!("accepted: {row}"));
        let answer = refusal.answer(Rules::Ws);
        assert_eq!((answer.body, refusal.code()), (body, code), "{row}");
        assert_eq!(answer.status.to_string(), status, "{row}");
        count += 1;
    }
    assert!(count >= 10, "{count} rows");
}

proptest! {
    #[test]
    fn any_parts_are_read_without_a_panic(
        parts in prop::collection::vec(prop::option::of(".{0,12}"), 5),
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        count in 0..4_usize,
    ) {
        let part = |index: usize| parts.get(index).and_then(Option::as_deref);
        let pseudo = Pseudo {
            method: part(0),
            protocol: part(1),
            scheme: part(2),
            authority: part(3),
            path: part(4),
        };
        let _ = examine_stream(&pseudo, &bytes, count, Rules::Strict);
        let good = Pseudo {
            method: Some("CONNECT"),
            protocol: Some("websocket"),
            scheme: Some("http"),
            authority: Some("a"),
            path: Some("/"),
        };
        if let Ok(accepted) = examine_stream(&good, &bytes, count, Rules::Strict) {
            prop_assert_eq!(examine_stream(&good, &bytes, count, Rules::Ws), Ok(accepted.clone()));
            prop_assert!(accepted.protocols.iter().all(|protocol| !protocol.is_empty()));
        }
    }
}
