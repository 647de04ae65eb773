//! Did the server open the connection that the client asked for? (RFC 6455 section 4.1, "the server's response"; RFC 8441
//! section 5)
//!
//! In the order in which `ws` looks, with its texts. The `Connection` header and the status are looked at too, which `ws`
//! leaves to Node's parser. What the parameters of an extension mean is the extension's business.

use super::super::http::list::{Search, search_tokens};
use super::super::http::{Headers, ResponseHead};
use super::accept_key;
use super::extension::{self, Offer};

/// What the client asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The value of its `Sec-WebSocket-Key`; none over HTTP/2, where a stream proves that the request was read.
    pub key: Option<&'a [u8]>,
    /// The subprotocols it offered.
    pub protocols: &'a [&'a str],
    /// The only extension it offered, if any.
    pub extension: Option<&'a str>,
}

/// What the server chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened<'a> {
    /// One of the subprotocols offered.
    pub protocol: Option<&'a str>,
    /// The extension offered, with the parameters the server states.
    pub extension: Option<Offer<'a>>,
}

/// Why a response opens no connection: always the server's fault, or of what stands between it and us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// Not an HTTP head, or a line break inside a part of it.
    #[error("Invalid response")]
    Malformed,
    /// "If the status code received from the server is not 101"; over HTTP/2 none of success.
    #[error("Unexpected server response: {0}")]
    Status(u16),
    /// `Upgrade` is not `websocket`.
    #[error("Invalid Upgrade header")]
    Upgrade,
    /// `Connection` lacks `upgrade`.
    #[error("Invalid Connection header")]
    Connection,
    /// Not the answer to our key.
    #[error("Invalid Sec-WebSocket-Accept header")]
    Accept,
    /// A subprotocol although none was offered.
    #[error("Server sent a subprotocol but none was requested")]
    UnaskedProtocol,
    /// A subprotocol that was not offered, or more than one.
    #[error("Server sent an invalid subprotocol")]
    ForeignProtocol,
    /// None of the subprotocols offered.
    #[error("Server sent no subprotocol")]
    NoProtocol,
    /// An extension although none was offered.
    #[error("Server sent a Sec-WebSocket-Extensions header but no extension was requested")]
    UnaskedExtension,
    /// An extension that was not offered.
    #[error("Server indicated an extension that was not requested")]
    ForeignExtension,
    /// `Sec-WebSocket-Extensions` does not fit its grammar, or names an extension twice.
    #[error("Invalid Sec-WebSocket-Extensions header")]
    Extensions,
}

/// Decides about a response head that somebody put together from its parts: `count` fields, and nothing behind them.
pub fn confirm<'a>(bytes: &'a [u8], count: usize, asked: &Asked<'_>) -> Result<Opened<'a>, Mismatch> {
    let head = ResponseHead::parse_whole(bytes, count).map_err(|_| Mismatch::Malformed)?;
    let headers = &head.headers;
    match (asked.key, head.status) {
        (Some(key), 101) => {
            upgrade(headers)?;
            connection(headers)?;
            accept(headers, key)?;
        }
        // "Any 2xx (Successful) response" to a CONNECT (RFC 9110 section 9.3.6).
        (None, 200..=299) => {}
        (_, status) => return Err(Mismatch::Status(status)),
    }
    Ok(Opened {
        protocol: protocol(headers, asked.protocols)?,
        extension: extension(headers, asked.extension)?,
    })
}

/// "An ASCII case-insensitive match for the value 'websocket'".
fn upgrade(headers: &Headers<'_>) -> Result<(), Mismatch> {
    match headers.joined("upgrade") {
        Some(value) if value.eq_ignore_ascii_case(b"websocket") => Ok(()),
        _ => Err(Mismatch::Upgrade),
    }
}

/// "A token that is an ASCII case-insensitive match for the value 'Upgrade'".
fn connection(headers: &Headers<'_>) -> Result<(), Mismatch> {
    match search_tokens(headers.all("connection"), "upgrade") {
        Search::Found => Ok(()),
        _ => Err(Mismatch::Connection),
    }
}

/// The proof that the server read our key, and not some other request.
fn accept(headers: &Headers<'_>, key: &[u8]) -> Result<(), Mismatch> {
    match headers.single("sec-websocket-accept") {
        Ok(Some(value)) if value == accept_key(key).as_bytes() => Ok(()),
        _ => Err(Mismatch::Accept),
    }
}

/// The subprotocol the server chose. Offering some and getting none is an error here, as in `ws`.
fn protocol<'a>(headers: &Headers<'a>, offered: &[&str]) -> Result<Option<&'a str>, Mismatch> {
    let mut lines = headers.all("sec-websocket-protocol");
    match (lines.next(), offered) {
        (None, []) => Ok(None),
        (None, _) => Err(Mismatch::NoProtocol),
        (Some(_), []) => Err(Mismatch::UnaskedProtocol),
        (Some(value), _) => str::from_utf8(value)
            .ok()
            .filter(|name| lines.next().is_none() && offered.contains(name))
            .map(Some)
            .ok_or(Mismatch::ForeignProtocol),
    }
}

/// The extension the server accepted.
fn extension<'a>(headers: &Headers<'a>, offered: Option<&str>) -> Result<Option<Offer<'a>>, Mismatch> {
    let lines = headers.all("sec-websocket-extensions");
    if lines.clone().next().is_none() {
        return Ok(None);
    }
    let Some(offered) = offered else {
        return Err(Mismatch::UnaskedExtension);
    };
    let mut accepted = extension::parse(lines).map_err(|_| Mismatch::Extensions)?;
    if accepted.iter().any(|extension| extension.name != offered) {
        return Err(Mismatch::ForeignExtension);
    }
    match (accepted.pop(), accepted.is_empty()) {
        (Some(extension), true) => Ok(Some(extension)),
        _ => Err(Mismatch::Extensions),
    }
}
