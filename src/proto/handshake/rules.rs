//! Which rules does a handshake have to meet, and what is known of one that met them?

use super::super::http::{HeadError, Headers, RequestHead};
use super::extension::Offer;
use super::{Refusal, strict, ws};

/// The two sets of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// Those of the `ws` package: the same requests accepted and refused, in the same order, with the same texts.
    /// One difference: a handshake with a body is refused.
    Ws,
    /// RFC 6455 section 4.2, complete.
    Strict,
}

/// A handshake that met its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted<'a> {
    /// The value for `Sec-WebSocket-Accept`.
    pub accept: String,
    /// 13 or 8.
    pub version: u8,
    /// The subprotocols asked for, in the client's order of preference, without duplicates.
    pub protocols: Vec<&'a str>,
    /// The extensions offered, in the client's order of preference.
    pub extensions: Vec<Offer<'a>>,
}

/// Decides about a head that somebody put together from its parts: `count` fields, and nothing behind them.
pub fn examine(bytes: &[u8], count: usize, rules: Rules) -> Result<Accepted<'_>, Refusal> {
    let head = RequestHead::parse_whole(bytes, count).map_err(|error| match error {
        HeadError::Version => Refusal::InvalidHttpVersion,
        HeadError::Malformed => Refusal::MalformedHead,
    })?;
    validate(&head, rules)
}

/// Decides about a request head.
pub fn validate<'a>(head: &RequestHead<'a>, rules: Rules) -> Result<Accepted<'a>, Refusal> {
    match rules {
        Rules::Ws => ws::validate(head),
        Rules::Strict => strict::validate(head),
    }
}

/// A handshake with a body is refused under both rules: its bytes would be taken for frames.
///
/// "Content received in a GET request has no generally defined semantics" (RFC 9110 section 9.3.1).
pub(super) fn without_body(headers: &Headers<'_>) -> Result<(), Refusal> {
    let is_zero = |length: &[u8]| !length.is_empty() && length.iter().all(|&digit| digit == b'0');
    if headers.all("transfer-encoding").next().is_none() && headers.all("content-length").all(is_zero) {
        Ok(())
    } else {
        Err(Refusal::RequestBody)
    }
}
