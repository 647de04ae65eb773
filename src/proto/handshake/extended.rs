//! Does a stream of HTTP/2 ask for a WebSocket? (RFC 8441: the extended CONNECT)
//!
//! "The scheme and the path MUST be included", "the pseudo-header field `:protocol` [...] indicates the desired protocol",
//! and of RFC 6455's fields those about version, subprotocols and extensions stay; key, `Upgrade` and `Connection` have
//! no meaning here. Both sets of rules ask for the same, with the texts of `ws` where it has one, but for extensions: `ws`
//! does not look at them.

use super::super::http::{Headers, RequestHead};
use super::rules::without_body;
use super::{Refusal, Rules, extension, subprotocol, ws};

/// The fields that "MUST NOT" be in HTTP/2 (RFC 9113 section 8.2.2): what contains one is malformed.
const CONNECTION_FIELDS: [&str; 5] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "transfer-encoding",
    "upgrade",
];

/// The pseudo-header fields of a request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pseudo<'a> {
    /// `:method`.
    pub method: Option<&'a str>,
    /// `:protocol`.
    pub protocol: Option<&'a str>,
    /// `:scheme`.
    pub scheme: Option<&'a str>,
    /// `:authority`.
    pub authority: Option<&'a str>,
    /// `:path`.
    pub path: Option<&'a str>,
}

/// A stream that may be answered with 200.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedStream<'a> {
    /// 13 or 8.
    pub version: u8,
    /// The subprotocols asked for, in the client's order of preference, without duplicates.
    pub protocols: Vec<&'a str>,
}

/// Decides about a request in its parts: the pseudo-header fields, and the others as a head of which only the fields
/// count. There are `count` of them, and nothing behind them.
pub fn examine_stream<'a>(
    pseudo: &Pseudo<'_>,
    bytes: &'a [u8],
    count: usize,
    rules: Rules,
) -> Result<AcceptedStream<'a>, Refusal> {
    let head = RequestHead::parse_whole(bytes, count).map_err(|_| Refusal::MalformedHead)?;
    let headers = &head.headers;
    target(pseudo)?;
    without_connection(headers)?;
    let version = ws::version(headers)?;
    without_body(headers)?;
    let protocols = subprotocol::parse(headers.all("sec-websocket-protocol")).map_err(|_| Refusal::InvalidProtocol)?;
    if rules == Rules::Strict {
        extension::parse(headers.all("sec-websocket-extensions")).map_err(|_| Refusal::InvalidExtensions)?;
    }
    Ok(AcceptedStream { version, protocols })
}

/// Whom the request is for; whether it is one for us at all comes first.
fn target(pseudo: &Pseudo<'_>) -> Result<(), Refusal> {
    if !pseudo
        .protocol
        .is_some_and(|name| name.eq_ignore_ascii_case("websocket"))
    {
        return Err(Refusal::NotWebSocket);
    }
    if pseudo.method != Some("CONNECT") {
        return Err(Refusal::InvalidMethod);
    }
    // "The scheme of the Target URI MUST be 'https' for 'wss' schemed WebSockets and 'http' for 'ws' schemed ones."
    if !matches!(pseudo.scheme, Some("http" | "https")) {
        return Err(Refusal::InvalidScheme);
    }
    if pseudo.authority.is_none_or(str::is_empty) {
        return Err(Refusal::MissingAuthority);
    }
    // "MUST NOT be empty for 'http' or 'https' URIs" (RFC 9113 section 8.3.1).
    if !pseudo.path.is_some_and(|path| path.starts_with('/')) {
        return Err(Refusal::InvalidPath);
    }
    Ok(())
}

/// "An endpoint MUST NOT generate an HTTP/2 message containing connection-specific header fields."
fn without_connection(headers: &Headers<'_>) -> Result<(), Refusal> {
    if CONNECTION_FIELDS.iter().any(|name| headers.all(name).next().is_some()) {
        Err(Refusal::ConnectionField)
    } else {
        Ok(())
    }
}
