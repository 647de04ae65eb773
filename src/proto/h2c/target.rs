//! Which authority and path does an HTTP/1.1 request name? (RFC 9112 section 3.2, RFC 9113 section 8.3.1)

use std::borrow::Cow;

use super::super::http::{Repeated, RequestHead};
use super::Refusal;

/// What it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target<'a> {
    /// For `:authority`.
    pub(super) authority: &'a [u8],
    /// For `:path`.
    pub(super) path: Cow<'a, [u8]>,
}

/// Reads the target of a request.
pub(super) fn read<'a>(head: &RequestHead<'a>) -> Result<Target<'a>, Refusal> {
    let host = match head.headers.single("host") {
        Ok(None | Some([])) => return Err(Refusal::MissingHost),
        Ok(Some(host)) => host,
        Err(Repeated) => return Err(Refusal::RepeatedHost),
    };
    if !is_authority(host) {
        return Err(Refusal::InvalidHost);
    }
    let target = head.target.as_bytes();
    let is_question = head.method == "OPTIONS";
    if target.starts_with(b"/") || (target == b"*" && is_question) {
        let path = Cow::Borrowed(target);
        return Ok(Target { authority: host, path });
    }
    absolute(target, is_question).ok_or(Refusal::InvalidTarget)
}

/// Reads the absolute form, whose authority counts instead of `Host`.
fn absolute(target: &[u8], is_question: bool) -> Option<Target<'_>> {
    const SCHEME: &[u8] = b"http://";
    let (scheme, rest) = target.split_at_checked(SCHEME.len())?;
    let end = rest.iter().position(|byte| b"/?#".contains(byte)).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end)?;
    let path = match path {
        [] if is_question => Cow::Borrowed(&b"*"[..]),
        [] => Cow::Borrowed(&b"/"[..]),
        [b'/', ..] => Cow::Borrowed(path),
        _ => Cow::Owned([b"/", path].concat()),
    };
    let is_good = scheme.eq_ignore_ascii_case(SCHEME) && !authority.is_empty() && is_authority(authority);
    is_good.then_some(Target { authority, path })
}

/// Whether `bytes` may stand in `:authority`: host and port, without a user.
fn is_authority(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .all(|&byte| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:[]".contains(&byte))
}
