//! Does a request meet RFC 6455 section 4.2.1, complete?
//!
//! First comes whether it is meant for us at all, so that an upgrade to something else is never answered here.

use super::super::http::list::{Search, search_protocols, search_tokens};
use super::super::http::{Headers, Repeated, RequestHead};
use super::rules::{Accepted, without_body};
use super::{Refusal, accept_key, extension, is_key, subprotocol};

/// Decides about a request head, in the order of the RFC's list.
pub(super) fn validate<'a>(head: &RequestHead<'a>) -> Result<Accepted<'a>, Refusal> {
    let headers = &head.headers;
    upgrade(headers)?;
    first_line(head)?;
    host(headers)?;
    connection(headers)?;
    let key = key(headers)?;
    let version = version(headers)?;
    origin(headers)?;
    without_body(headers)?;
    let protocols = subprotocol::parse(headers.all("sec-websocket-protocol")).map_err(|_| Refusal::InvalidProtocol)?;
    let extensions =
        extension::parse(headers.all("sec-websocket-extensions")).map_err(|_| Refusal::InvalidExtensions)?;
    Ok(Accepted {
        accept: accept_key(key),
        version,
        protocols,
        extensions,
    })
}

/// "An |Upgrade| header field containing the value 'websocket', treated as an ASCII case-insensitive value."
fn upgrade(headers: &Headers<'_>) -> Result<(), Refusal> {
    match search_protocols(headers.all("upgrade"), "websocket") {
        Search::Found => Ok(()),
        Search::Absent => Err(Refusal::NotWebSocket),
        Search::Empty => Err(Refusal::MissingUpgrade),
        Search::Malformed => Err(Refusal::InvalidUpgrade),
    }
}

/// "An HTTP/1.1 or higher GET request".
fn first_line(head: &RequestHead<'_>) -> Result<(), Refusal> {
    if head.method != "GET" {
        return Err(Refusal::InvalidMethod);
    }
    if head.minor_version < 1 {
        return Err(Refusal::InvalidHttpVersion);
    }
    Ok(())
}

/// "A |Host| header field containing the server's authority."
fn host(headers: &Headers<'_>) -> Result<(), Refusal> {
    match headers.single("host") {
        Ok(None | Some([])) => Err(Refusal::MissingHost),
        Ok(Some(_)) => Ok(()),
        Err(Repeated) => Err(Refusal::RepeatedHost),
    }
}

/// "A |Connection| header field that includes the token 'Upgrade', treated as an ASCII case-insensitive value."
fn connection(headers: &Headers<'_>) -> Result<(), Refusal> {
    match search_tokens(headers.all("connection"), "upgrade") {
        Search::Found => Ok(()),
        Search::Empty => Err(Refusal::MissingConnection),
        Search::Absent | Search::Malformed => Err(Refusal::InvalidConnection),
    }
}

/// "A |Sec-WebSocket-Key| header field with a base64-encoded value that, when decoded, is 16 bytes in length"; it
/// "MUST NOT appear more than once in an HTTP request" (section 11.3.1).
fn key<'a>(headers: &Headers<'a>) -> Result<&'a [u8], Refusal> {
    match headers.single("sec-websocket-key") {
        Ok(Some(key)) if is_key(key) => Ok(key),
        Ok(Some(_)) => Err(Refusal::InvalidKey),
        Ok(None) => Err(Refusal::MissingKey),
        Err(Repeated) => Err(Refusal::RepeatedKey),
    }
}

/// "A |Sec-WebSocket-Version| header field, with a value of 13", or 8, whose clients differ in the name of `Origin`
/// only; it "MUST NOT appear more than once in an HTTP request" (section 11.3.5).
fn version(headers: &Headers<'_>) -> Result<u8, Refusal> {
    match headers.single("sec-websocket-version") {
        Ok(Some(b"13")) => Ok(13),
        Ok(Some(b"8")) => Ok(8),
        Ok(Some(_)) => Err(Refusal::UnsupportedVersion),
        Ok(None) => Err(Refusal::MissingVersion),
        Err(Repeated) => Err(Refusal::RepeatedVersion),
    }
}

/// "Optionally, an |Origin| header field": one. In version 8 it is called `Sec-WebSocket-Origin`.
fn origin(headers: &Headers<'_>) -> Result<(), Refusal> {
    for name in ["origin", "sec-websocket-origin"] {
        headers.single(name).map_err(|Repeated| Refusal::RepeatedOrigin)?;
    }
    Ok(())
}
