//! May this request become HTTP/2, and what does it say then? (RFC 7540 section 3.2)

use super::super::http::list::{Search, elements, search_protocols, search_tokens};
use super::super::http::token::trim;
use super::super::http::{HeadError, Headers, Repeated, RequestHead};
use super::{Refusal, Settings, fields, target};

/// How much body follows a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// So many bytes, 0 if there is none.
    Length(u64),
    /// In chunks, their number and lengths unknown.
    Chunked,
}

/// An upgrade that may be answered with 101.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What the client said about itself.
    pub settings: Settings,
    /// Its fields, as HTTP/2 has them.
    pub fields: Vec<u8>,
    /// Its body.
    pub framing: Framing,
    /// Whether the client expects a `100 Continue` before the 101, be there a body or none (RFC 9110 section 7.8).
    pub expects_continue: bool,
}

/// Decides about a head that somebody put together from its parts: `count` fields, and nothing behind them. A server takes
/// `most_fields` in a request over HTTP/2.
pub fn examine(bytes: &[u8], count: usize, most_fields: usize) -> Result<Request, Refusal> {
    let head = RequestHead::parse_whole(bytes, count).map_err(|error| match error {
        HeadError::Version => Refusal::NotH2c,
        HeadError::Malformed => Refusal::MalformedHead,
    })?;
    validate(&head, most_fields)
}

/// Decides about a request head.
pub fn validate(head: &RequestHead<'_>, most_fields: usize) -> Result<Request, Refusal> {
    let headers = &head.headers;
    asks_for_h2c(head)?;
    if fields::count(headers) > most_fields {
        return Err(Refusal::NotH2c);
    }
    let target = target::read(head)?;
    let settings = settings(headers)?;
    let framing = framing(headers)?;
    let is_continue = |expectation: &[u8]| expectation.eq_ignore_ascii_case(b"100-continue");
    Ok(Request {
        settings,
        fields: fields::block(head, &target),
        framing,
        expects_continue: headers.all("expect").flat_map(elements).any(is_continue),
    })
}

/// Whether the request is meant for us at all. `CONNECT` is another kind of upgrade.
fn asks_for_h2c(head: &RequestHead<'_>) -> Result<(), Refusal> {
    let headers = &head.headers;
    let asks = head.minor_version == 1
        && head.method != "CONNECT"
        && search_protocols(headers.all("upgrade"), "h2c") == Search::Found
        && search_tokens(headers.all("connection"), "upgrade") == Search::Found;
    if asks { Ok(()) } else { Err(Refusal::NotH2c) }
}

/// "A request that upgrades from HTTP/1.1 to HTTP/2 MUST include exactly one `HTTP2-Settings` header field", and "the
/// `HTTP2-Settings` connection option in its `Connection` header field".
fn settings(headers: &Headers<'_>) -> Result<Settings, Refusal> {
    let value = match headers.single("http2-settings") {
        Ok(Some(value)) => value,
        Ok(None) => return Err(Refusal::MissingSettings),
        Err(Repeated) => return Err(Refusal::RepeatedSettings),
    };
    if search_tokens(headers.all("connection"), "http2-settings") != Search::Found {
        return Err(Refusal::UnlistedSettings);
    }
    Settings::decode(trim(value)).ok_or(Refusal::InvalidSettings)
}

/// How long the body is (RFC 9112 section 6.3): only what leaves no doubt.
fn framing(headers: &Headers<'_>) -> Result<Framing, Refusal> {
    let length = headers
        .single("content-length")
        .map_err(|Repeated| Refusal::InvalidBody)?;
    let coding = headers
        .single("transfer-encoding")
        .map_err(|Repeated| Refusal::InvalidBody)?;
    match (length, coding) {
        (None, None) => Ok(Framing::Length(0)),
        (Some(length), None) => number(trim(length)).map(Framing::Length).ok_or(Refusal::InvalidBody),
        (None, Some(coding)) if trim(coding).eq_ignore_ascii_case(b"chunked") => Ok(Framing::Chunked),
        _ => Err(Refusal::InvalidBody),
    }
}

/// A decimal number.
fn number(digits: &[u8]) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let text = str::from_utf8(digits).ok().filter(|_| is_number)?;
    text.parse().ok()
}
