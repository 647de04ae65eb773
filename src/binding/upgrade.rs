//! How does JavaScript ask what an upgrade request asks for, and for the head of the ordinary request that it is
//! otherwise? All decisions are [`proto::http`](crate::proto::http)'s.
#![expect(clippy::needless_pass_by_value, reason = "Node-API hands values over")]

use std::panic::catch_unwind;

use napi::bindgen_prelude::{Buffer, JsValue, Result, Unknown};
use napi::{Env, Error, Status};
use napi_derive::napi;

use super::handshake::to_latin1;
use super::values;
use crate::proto::http::{RequestHead, asked_protocols as asked_of, ordinary_head as ordinary_of};

/// The protocols a request asks for, in order, with a space between them; empty for an ordinary request.
///
/// `minor_version` is the 1 of HTTP/1.1, `connection` and `upgrade` are the fields of these names, all lines of each
/// joined by commas.
#[napi]
pub(crate) fn asked_protocols(minor_version: u32, connection: String, upgrade: String) -> String {
    let minor = u8::try_from(minor_version).unwrap_or(u8::MAX);
    // A panic is a fault of ours, and costs one upgrade.
    let asked = catch_unwind(|| asked_of(minor, connection.as_bytes(), upgrade.as_bytes()).join(&b' '));
    // Tokens are ASCII.
    asked
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_default()
}

/// The head of an ordinary request in place of one that asks for an upgrade; `null` when it is malformed.
///
/// `head`: request line, header lines and the empty line, each ended by CR LF; `header_count` the number of header lines
/// the caller wrote. `without` names fields to leave out besides.
#[napi]
pub(crate) fn ordinary_head(
    env: Env,
    #[napi(ts_arg_type = "string")] head: Unknown<'_>,
    header_count: u32,
    without: Vec<String>,
) -> Result<Option<Buffer>> {
    let text = values::text(env.raw(), head.raw())
        .ok_or_else(|| Error::new(Status::StringExpected, "the head must be a string"))?;
    let bytes = to_latin1(&text);
    let without: Vec<_> = without.iter().map(String::as_str).collect();
    // A panic is a fault of ours, and costs one request.
    let again = catch_unwind(|| {
        RequestHead::parse_whole(&bytes, header_count as usize).map(|head| ordinary_of(&head, &without))
    });
    Ok(again.ok().and_then(std::result::Result::ok).map(Buffer::from))
}
