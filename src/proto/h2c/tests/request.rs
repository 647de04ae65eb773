//! Which requests are upgraded, and what they say in HTTP/2.

use super::super::super::http::RequestHead;
use super::super::{Framing, Refusal, Request, examine};

/// A good request, with other lines in place of or behind its own.
fn head(first: &str, changes: &[(&str, &str)]) -> Result<Request, Refusal> {
    let mut lines = vec![
        ("Host", "example.com"),
        ("Connection", "Upgrade, HTTP2-Settings"),
        ("Upgrade", "h2c"),
        ("HTTP2-Settings", "AAMAAABk"),
    ];
    for &(name, value) in changes {
        match (name.strip_prefix('+'), value) {
            (Some(more), _) => lines.push((more, value)),
            (None, "") => lines.retain(|line| line.0 != name),
            _ => lines
                .iter_mut()
                .filter(|line| line.0 == name)
                .for_each(|line| line.1 = value),
        }
    }
    let mut text = format!("{first} HTTP/1.1\r\n");
    for (name, value) in &lines {
        text.extend([name, ": ", value, "\r\n"]);
    }
    text.push_str("\r\n");
    examine(text.as_bytes(), lines.len(), 128)
}

/// The fields of a block of short literals.
fn fields(block: &[u8]) -> Vec<(String, String)> {
    let (mut rest, mut fields) = (block, Vec::new());
    let take = |rest: &mut &[u8]| {
        let (&length, behind) = rest.split_first().expect("a length");
        let (text, behind) = behind.split_at(usize::from(length));
        *rest = behind;
        String::from_utf8(text.to_vec()).expect("text")
    };
    while let Some((0, behind)) = rest.split_first() {
        rest = behind;
        let name = take(&mut rest);
        fields.push((name, take(&mut rest)));
    }
    assert!(rest.is_empty());
    fields
}

/// The fields of an accepted request as one text.
fn said(first: &str, changes: &[(&str, &str)]) -> String {
    let request = head(first, changes).expect("it is accepted");
    let pairs = fields(&request.fields)
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_request_is_said_in_http2() {
    assert_eq!(
        said(
            "GET /a?b=c",
            &[("+Accept", "*/*"), ("+X-Name", "One"), ("+X-Name", "Two")]
        ),
        ":method=GET :scheme=http :authority=example.com :path=/a?b=c accept=*/* x-name=One x-name=Two"
    );
}

#[test]
fn what_concerns_the_connection_is_left_out() {
    let changes = [
        ("Connection", "Upgrade, HTTP2-Settings, x-Hop"),
        ("+X-Hop", "1"),
        ("+Keep-Alive", "timeout=5"),
        ("+Proxy-Connection", "keep-alive"),
        ("+TE", "trailers"),
        ("+TE", "gzip"),
        ("+Expect", "100-continue"),
        ("+Transfer-Encoding", "chunked"),
    ];
    assert_eq!(
        said("PUT /", &changes),
        ":method=PUT :scheme=http :authority=example.com :path=/ te=trailers"
    );
}

#[test]
fn long_values_are_whole() {
    let long = "x".repeat(20_000);
    let request = head("GET /", &[("+X", &long)]).expect("it is accepted");
    let end = request.fields.len() - long.len();
    assert!(request.fields[end..] == *long.as_bytes());
    // 20000 - 127 = 19873 = 1 * 128^2 + 27 * 128 + 33
    assert_eq!(request.fields[end - 6..end], [1, b'x', 0x7f, 0xa1, 0x9b, 1]);
}

#[test]
fn targets_become_authority_and_path() {
    for (first, authority, path) in [
        ("OPTIONS *", "example.com", "*"),
        ("GET http://other:8080/x", "other:8080", "/x"),
        ("GET HTTP://other", "other", "/"),
        ("GET http://other?q", "other", "/?q"),
        ("OPTIONS http://other", "other", "*"),
    ] {
        let said = said(first, &[]);
        assert!(
            said.ends_with(&format!(":authority={authority} :path={path}")),
            "{first}: {said}"
        );
    }
    for first in [
        "GET *",
        "GET x",
        "GET https://other/",
        "GET http:///x",
        "GET http://user@other/",
        "GET ://",
    ] {
        assert_eq!(head(first, &[]), Err(Refusal::InvalidTarget), "{first}");
    }
}

#[test]
fn what_asks_for_something_else_is_left_alone() {
    for change in [
        ("Upgrade", ""),
        ("Upgrade", "websocket"),
        ("Upgrade", "h2c/1"),
        ("Upgrade", "h2c, a b"),
        ("Connection", ""),
        ("Connection", "HTTP2-Settings"),
    ] {
        assert_eq!(head("GET /", &[change]), Err(Refusal::NotH2c), "{change:?}");
    }
    assert_eq!(head("CONNECT a:1", &[]), Err(Refusal::NotH2c));
    assert_eq!(head("GET /", &[("+X", "1"); 125]), Err(Refusal::NotH2c));
    assert!(head("GET /", &[("+X", "1"); 124]).is_ok());
    let left_out = [("+TE", "gzip"); 10].into_iter().chain([("+X", "1"); 124]);
    assert!(head("GET /", &left_out.collect::<Vec<_>>()).is_ok());
    assert!(head("GET /", &[("Upgrade", "websocket, H2C")]).is_ok());
}

#[test]
fn settings_are_exactly_one_and_listed() {
    for (change, refusal) in [
        (("HTTP2-Settings", ""), Refusal::MissingSettings),
        (("+http2-settings", "AAMAAABk"), Refusal::RepeatedSettings),
        (("HTTP2-Settings", "AAMAAAB"), Refusal::InvalidSettings),
        (("HTTP2-Settings", "AAMAAABk, AAMAAABk"), Refusal::InvalidSettings),
        (("Connection", "upgrade"), Refusal::UnlistedSettings),
    ] {
        assert_eq!(head("GET /", &[change]), Err(refusal), "{change:?}");
    }
}

#[test]
fn hosts_are_exactly_one() {
    for (change, refusal) in [
        (("Host", ""), Refusal::MissingHost),
        (("+Host", "example.org"), Refusal::RepeatedHost),
        (("Host", "a b"), Refusal::InvalidHost),
        (("Host", "user@example.com"), Refusal::InvalidHost),
    ] {
        assert_eq!(head("GET /", &[change]), Err(refusal), "{change:?}");
    }
    assert!(said("GET /", &[("Host", "[::1]:80")]).contains(":authority=[::1]:80"));
}

#[test]
fn bodies_are_announced_in_one_way() {
    let framing = |changes: &[(&str, &str)]| head("POST /", changes).map(|request| request.framing);
    assert_eq!(framing(&[]), Ok(Framing::Length(0)));
    assert_eq!(framing(&[("+Content-Length", "12")]), Ok(Framing::Length(12)));
    assert_eq!(framing(&[("+Transfer-Encoding", "Chunked")]), Ok(Framing::Chunked));
    for wrong in [
        &[("+Content-Length", "-1")][..],
        &[("+Content-Length", "1, 1")],
        &[("+Content-Length", "99999999999999999999")],
        &[("+Content-Length", "1"), ("+Content-Length", "1")],
        &[("+Content-Length", "1"), ("+Transfer-Encoding", "chunked")],
        &[("+Transfer-Encoding", "gzip, chunked")],
    ] {
        assert_eq!(framing(wrong), Err(Refusal::InvalidBody), "{wrong:?}");
    }
}

#[test]
fn a_continue_is_expected_with_a_body_and_without() {
    let expects = |changes: &[(&str, &str)]| head("POST /", changes).expect("it is good").expects_continue;
    assert!(expects(&[("+Expect", "100-Continue"), ("+Content-Length", "1")]));
    assert!(expects(&[("+Expect", "100-continue")]));
    assert!(expects(&[("+Expect", "tea, 100-continue")]));
    assert!(!expects(&[("+Expect", "tea"), ("+Content-Length", "1")]));
    assert!(!expects(&[("+Expect", "100-continued")]));
}

#[test]
fn a_value_cannot_smuggle_in_a_line() {
    assert_eq!(head("GET /", &[("+X", "a\r\nY: b")]), Err(Refusal::MalformedHead));
    assert_eq!(examine(b"", 0, 128), Err(Refusal::MalformedHead));
    assert_eq!(examine(b"GET / HTTP/2.0\r\n\r\n", 0, 128), Err(Refusal::NotH2c));
    assert!(RequestHead::parse(b"GET /").is_ok());
}

#[test]
fn every_refusal_has_a_code_and_a_text() {
    let refusal = Refusal::UnlistedSettings;
    assert_eq!(refusal.code(), "ERR_UPSHIFT_UNLISTED_HTTP2_SETTINGS");
    assert_eq!(refusal.to_string(), refusal.text());
}
