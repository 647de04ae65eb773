//! Would the `ws` package accept this request?
//!
//! It looks at fewer headers than the RFC asks for, and at them in its own order; what it refuses it refuses here with
//! the same text. A field that stands on several lines counts as one with its values joined, which is what Node makes
//! of these fields. Extensions are not looked at: `ws` does so only where compression is switched on.

use super::super::http::{Headers, RequestHead};
use super::rules::{Accepted, without_body};
use super::{Refusal, accept_key, is_key, subprotocol};

/// Decides about a request head, in the order in which `ws` does.
pub(super) fn validate<'a>(head: &RequestHead<'a>) -> Result<Accepted<'a>, Refusal> {
    let headers = &head.headers;
    if head.method != "GET" {
        return Err(Refusal::InvalidMethod);
    }
    upgrade(headers)?;
    let accept = key(headers)?;
    let version = version(headers)?;
    without_body(headers)?;
    let protocols = subprotocol::parse(headers.all("sec-websocket-protocol")).map_err(|_| Refusal::InvalidProtocol)?;
    Ok(Accepted {
        accept,
        version,
        protocols,
        extensions: Vec::new(),
    })
}

/// `Upgrade` must be the one word, in any case.
fn upgrade(headers: &Headers<'_>) -> Result<(), Refusal> {
    match headers.joined("upgrade") {
        Some(value) if value.eq_ignore_ascii_case(b"websocket") => Ok(()),
        Some(_) => Err(Refusal::InvalidUpgrade),
        None => Err(Refusal::MissingUpgrade),
    }
}

/// The key must look like 16 bytes in base64; the answer to it is its proof.
fn key(headers: &Headers<'_>) -> Result<String, Refusal> {
    match headers.joined("sec-websocket-key") {
        Some(key) if is_key(&key) => Ok(accept_key(&key)),
        Some(_) => Err(Refusal::InvalidKey),
        None => Err(Refusal::MissingKey),
    }
}

/// The version is whatever JavaScript takes for the number 13 or 8.
pub(super) fn version(headers: &Headers<'_>) -> Result<u8, Refusal> {
    let value = headers.joined("sec-websocket-version").ok_or(Refusal::MissingVersion)?;
    let number = to_number(&value).ok_or(Refusal::UnsupportedVersion)?;
    [13, 8]
        .into_iter()
        .find(|&version| f64::from(version).to_bits() == number.to_bits())
        .ok_or(Refusal::UnsupportedVersion)
}

/// JavaScript's `Number(value)` as far as a small whole number may come of it: decimal with sign, fraction and
/// exponent, or hexadecimal, octal, binary with a prefix.
fn to_number(value: &[u8]) -> Option<f64> {
    let text = str::from_utf8(value).ok()?.trim_matches([' ', '\t', '\x0b', '\x0c']);
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        let (head, digits) = text.split_at_checked(2).unwrap_or_default();
        if head.eq_ignore_ascii_case(prefix) {
            let unsigned = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
            return u32::from_str_radix(digits, radix)
                .ok()
                .filter(|_| unsigned)
                .map(f64::from);
        }
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_javascript_reads_numbers() {
        for thirteen in [
            "13",
            "+13",
            "013",
            "13.",
            "13.0",
            "1.3e1",
            "130E-1",
            "0xd",
            "0XD",
            "0o15",
            "0b1101",
            " 13\t",
            "0x0000000000d",
        ] {
            assert_eq!(to_number(thirteen.as_bytes()), Some(13.0), "{thirteen:?}");
        }
        for other in [
            "",
            "13,",
            "13, 13",
            "1 3",
            "0x+d",
            "+0xd",
            "-13",
            "0x",
            "13n",
            "1_3",
            "d",
            "0xffffffffffffffffff",
            "\u{e9}",
        ] {
            assert_ne!(to_number(other.as_bytes()), Some(13.0), "{other:?}");
        }
    }
}
