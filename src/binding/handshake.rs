//! How does JavaScript ask whether a request is a handshake, or a response the answer to one? One string in, one plain
//! object out.
//!
//! All decisions are [`proto::handshake`](crate::proto::handshake)'s.
#![expect(clippy::needless_pass_by_value, reason = "Node-API hands values over")]

use std::borrow::Cow;
use std::panic::catch_unwind;

use napi::bindgen_prelude::{Either, JsValue, Result, Unknown};
use napi::{Env, Error, Status};
use napi_derive::napi;

use super::values;
use crate::proto::handshake::{Accepted, Asked, Mismatch, Pseudo, Refusal, Rules, confirm, examine, examine_stream};

/// What stands for a character that no HTTP head can contain; it fits none of the grammars.
const FOREIGN: u8 = b'?';

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
/// `strict`: by the rules of RFC 6455 instead of those of `ws`. One that may be answered with 101 comes back as a string,
/// since an object costs more than the decision: the value for `Sec-WebSocket-Accept` (28 characters), the version, and
/// the subprotocols asked for, in order, without duplicates, each after a space.
#[napi]
pub(crate) fn validate_handshake(
    env: Env,
    #[napi(ts_arg_type = "string")] head: Unknown<'_>,
    header_count: u32,
    strict: bool,
) -> Result<Either<String, RefusedHandshake>> {
    let rules = if strict { Rules::Strict } else { Rules::Ws };
    let text = values::text(env.raw(), head.raw())
        .ok_or_else(|| Error::new(Status::StringExpected, "the head must be a string"))?;
    let bytes = to_latin1(&text);
    // A panic is a fault of ours, and costs one request.
    let examined =
        catch_unwind(|| examine(&bytes, header_count as usize, rules)).unwrap_or(Err(Refusal::MalformedHead));
    Ok(match examined {
        Ok(Accepted {
            accept,
            version,
            protocols,
            ..
        }) => Either::A(words(&accept, version, &protocols)),
        Err(refusal) => Either::B(refused(refusal, rules)),
    })
}

/// The pseudo-header fields of a request over HTTP/2, those it has.
#[napi(object, object_to_js = false)]
#[derive(Default)]
pub(crate) struct PseudoFields {
    /// `:method`.
    pub method: Option<String>,
    /// `:protocol`.
    pub protocol: Option<String>,
    /// `:scheme`.
    pub scheme: Option<String>,
    /// `:authority`.
    pub authority: Option<String>,
    /// `:path`.
    pub path: Option<String>,
}

/// Decides about a request over HTTP/2 (RFC 8441). `head` is a head of HTTP/1.1 with `header_count` fields, of which only
/// these count. `strict`: the extensions have to be well-formed, too.
///
/// One that may be answered with 200 comes back as a string: the version, and the subprotocols asked for, each after a
/// space.
#[napi]
pub(crate) fn validate_stream(
    env: Env,
    pseudo: PseudoFields,
    #[napi(ts_arg_type = "string")] head: Unknown<'_>,
    header_count: u32,
    strict: bool,
) -> Result<Either<String, RefusedHandshake>> {
    let rules = if strict { Rules::Strict } else { Rules::Ws };
    let text = values::text(env.raw(), head.raw())
        .ok_or_else(|| Error::new(Status::StringExpected, "the head must be a string"))?;
    let bytes = to_latin1(&text);
    let fields = Pseudo {
        method: pseudo.method.as_deref(),
        protocol: pseudo.protocol.as_deref(),
        scheme: pseudo.scheme.as_deref(),
        authority: pseudo.authority.as_deref(),
        path: pseudo.path.as_deref(),
    };
    // A panic is a fault of ours, and costs one stream.
    let examined = catch_unwind(|| examine_stream(&fields, &bytes, header_count as usize, rules))
        .unwrap_or(Err(Refusal::MalformedHead));
    Ok(match examined {
        Ok(accepted) => Either::A(words("", accepted.version, &accepted.protocols)),
        Err(refusal) => Either::B(refused(refusal, Rules::Ws)),
    })
}

/// What a client asked for.
#[napi(object, object_to_js = false)]
pub(crate) struct AskedHandshake {
    /// The value of its `Sec-WebSocket-Key`; none over HTTP/2.
    pub key: Option<String>,
    /// The subprotocols it offered.
    pub protocols: Vec<String>,
    /// The name of the extension it offered.
    pub extension: Option<String>,
}

/// What a client makes of a response: either `error` is there, or the connection is open.
#[napi(object, object_from_js = false)]
#[derive(Default)]
pub(crate) struct ConfirmedHandshake {
    /// Why it is no answer to what was asked.
    pub error: Option<String>,
    /// The subprotocol the server chose.
    pub protocol: Option<String>,
    /// Whether it accepted the extension.
    pub has_extension: bool,
}

/// Decides about a response head: status line, header lines and the empty line, each ended by CR LF.
///
/// `header_count` is the number of header lines the caller wrote, as for `validateHandshake`.
#[napi]
pub(crate) fn confirm_handshake(
    env: Env,
    #[napi(ts_arg_type = "string")] head: Unknown<'_>,
    header_count: u32,
    asked: AskedHandshake,
) -> Result<ConfirmedHandshake> {
    let text = values::text(env.raw(), head.raw())
        .ok_or_else(|| Error::new(Status::StringExpected, "the head must be a string"))?;
    let bytes = to_latin1(&text);
    let protocols: Vec<_> = asked.protocols.iter().map(String::as_str).collect();
    let asked = Asked {
        key: asked.key.as_deref().map(str::as_bytes),
        protocols: &protocols,
        extension: asked.extension.as_deref(),
    };
    // A panic is a fault of ours, and costs one connection.
    let confirmed = catch_unwind(|| confirm(&bytes, header_count as usize, &asked)).unwrap_or(Err(Mismatch::Malformed));
    Ok(match confirmed {
        Ok(opened) => ConfirmedHandshake {
            error: None,
            protocol: opened.protocol.map(str::to_owned),
            has_extension: opened.extension.is_some(),
        },
        Err(mismatch) => ConfirmedHandshake {
            error: Some(mismatch.to_string()),
            ..ConfirmedHandshake::default()
        },
    })
}

/// The bytes that Node read the text from: one for each character.
///
/// Node-API can read a string as Latin-1 by itself, but cuts off the upper half of wider characters, which makes a line
/// feed of U+010A.
pub(super) fn to_latin1(text: &[u8]) -> Cow<'_, [u8]> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    String::from_utf8_lossy(text)
        .chars()
        .map(|character| u8::try_from(character).unwrap_or(FOREIGN))
        .collect()
}

/// What JavaScript needs of an accepted handshake; none of it can contain a space.
fn words(accept: &str, version: u8, protocols: &[&str]) -> String {
    let mut words = accept.to_owned();
    words.push_str(if version == 8 { "8" } else { "13" });
    for protocol in protocols {
        words.push(' ');
        words.push_str(protocol);
    }
    words
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
