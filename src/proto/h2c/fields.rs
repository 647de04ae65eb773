//! How do the fields of an HTTP/1.1 request become those of an HTTP/2 request? As a block that every HPACK decoder
//! reads and that changes none: literals without indexing, with new names. (RFC 7541 section 6.2.2, RFC 9113 section 8.2.2)

use super::super::http::list::elements;
use super::super::http::token::trim;
use super::super::http::{Headers, RequestHead};
use super::target::Target;

/// The fields that concern the connection, and those that HTTP/2 says otherwise. `Expect` was answered before.
const LEFT_OUT: [&str; 8] = [
    "connection",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-connection",
    "transfer-encoding",
    "upgrade",
];

/// How many fields a request has in HTTP/2: with the four that say what its first line said.
pub(super) fn count(headers: &Headers<'_>) -> usize {
    let goes_on = |(name, value): &(&str, &[u8])| goes_on(&name.to_ascii_lowercase(), value, headers);
    4 + headers.iter().filter(goes_on).count()
}

/// The block of fields for a request.
pub(super) fn block(head: &RequestHead<'_>, target: &Target<'_>) -> Vec<u8> {
    let mut block = Vec::with_capacity(512);
    literal(&mut block, ":method", head.method.as_bytes());
    literal(&mut block, ":scheme", b"http");
    literal(&mut block, ":authority", target.authority);
    literal(&mut block, ":path", &target.path);
    for (name, value) in head.headers.iter() {
        let name = name.to_ascii_lowercase();
        if goes_on(&name, value, &head.headers) {
            literal(&mut block, &name, trim(value));
        }
    }
    block
}

/// Whether a field is for the one who answers the request: not one of the connection's, by itself or because
/// `Connection` names it.
fn goes_on(name: &str, value: &[u8], headers: &Headers<'_>) -> bool {
    let is_named = |line| elements(line).any(|option| option.eq_ignore_ascii_case(name.as_bytes()));
    !LEFT_OUT.contains(&name)
        && (name != "te" || trim(value).eq_ignore_ascii_case(b"trailers"))
        && !headers.all("connection").any(is_named)
}

/// Appends one field.
fn literal(block: &mut Vec<u8>, name: &str, value: &[u8]) {
    block.push(0);
    string(block, name.as_bytes());
    string(block, value);
}

/// Appends a string, its length before it, not compressed.
fn string(block: &mut Vec<u8>, bytes: &[u8]) {
    const PREFIX: usize = 0x7f;
    if bytes.len() < PREFIX {
        block.push(bytes.len() as u8);
    } else {
        block.push(PREFIX as u8);
        let mut rest = bytes.len() - PREFIX;
        while rest >= 0x80 {
            block.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        block.push(rest as u8);
    }
    block.extend_from_slice(bytes);
}
