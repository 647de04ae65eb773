//! How does JavaScript ask whether a request is a handshake? One string in, one plain object out.
//!
//! All decisions are [`proto::handshake`](crate::proto::handshake)'s.

use std::borrow::Cow;

use napi::bindgen_prelude::{Either, Result};
use napi::{Error, JsString, Status};
use napi_derive::napi;

use crate::proto::handshake::{Accepted, Refusal, Rules, examine};

/// What stands for a character that no HTTP head can contain; it fits none of the grammars.
const FOREIGN: u8 = b'?';

/// A handshake that may be answered with 101.
#[napi(object, object_from_js = false)]
pub(crate) struct AcceptedHandshake {
    /// Always 101.
    pub status: u16,
    /// The value for `Sec-WebSocket-Accept`.
    pub accept: String,
    /// The subprotocols asked for, in order, without duplicates.
    pub protocols: Vec<String>,
    /// 13 or 8.
    pub version: u8,
}

/// A handshake that is refused, and what the peer is to be told.
#[napi(object, object_from_js = false)]
pub(crate) struct RefusedHandshake {
    /// The status code of the response.
    pub status: u16,
    /// A stable name for the cause, `ERR_UPSHIFT_…`.
    pub code: &'static str,
    /// The reason, which is the body of the response.
    pub message: &'static str,
    /// Headers beyond those of every refusal, as pairs of name and value.
    pub headers: Vec<Vec<&'static str>>,
    /// `'request'` when the application need not be asked about the request any more, `'protocol'` when it comes first.
    pub stage: &'static str,
}

/// Decides about a request head: request line, header lines and the empty line, each ended by CR LF.
///
/// `header_count` is the number of header lines the caller wrote: a value that smuggles in another one is refused.
/// `rules` is `'ws'` or `'strict'`.
#[napi]
pub(crate) fn validate_handshake(
    head: JsString<'_>,
    header_count: u32,
    #[napi(ts_arg_type = "'ws' | 'strict'")] rules: JsString<'_>,
) -> Result<Either<AcceptedHandshake, RefusedHandshake>> {
    let rules = Rules::named(rules.into_utf8()?.as_str()?)
        .ok_or_else(|| Error::new(Status::InvalidArg, "rules must be 'ws' or 'strict'"))?;
    let text = head.into_utf8()?;
    let bytes = to_latin1(text.as_str()?);
    Ok(match examine(&bytes, header_count as usize, rules) {
        Ok(accepted) => Either::A(accepted.into()),
        Err(refusal) => Either::B(refused(refusal, rules)),
    })
}

/// The bytes that Node read the text from: one for each character.
///
/// Node-API can read a string as Latin-1 by itself, but cuts off the upper half of wider characters, which makes a line
/// feed of U+010A.
fn to_latin1(text: &str) -> Cow<'_, [u8]> {
    if text.is_ascii() {
        return Cow::Borrowed(text.as_bytes());
    }
    text.chars()
        .map(|character| u8::try_from(character).unwrap_or(FOREIGN))
        .collect()
}

impl From<Accepted<'_>> for AcceptedHandshake {
    fn from(accepted: Accepted<'_>) -> Self {
        Self {
            status: 101,
            accept: accepted.accept,
            protocols: accepted.protocols.into_iter().map(str::to_owned).collect(),
            version: accepted.version,
        }
    }
}

/// The object for a refusal.
fn refused(refusal: Refusal, rules: Rules) -> RefusedHandshake {
    let answer = refusal.answer(rules);
    RefusedHandshake {
        status: answer.status,
        code: refusal.code(),
        message: answer.body,
        headers: answer.headers.iter().map(|&(name, value)| vec![name, value]).collect(),
        stage: answer.stage.name(),
    }
}
