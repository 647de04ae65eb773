//! What proves to the client that a WebSocket server read its key? (RFC 6455 section 4.2.2, item 5.4)

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};

/// The GUID of RFC 6455: "unlikely to be used by network endpoints that do not understand the WebSocket Protocol".
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The value of `Sec-WebSocket-Accept` for a key: base64 of the SHA-1 of key and GUID, 28 characters.
pub fn accept_key(key: &[u8]) -> String {
    let digest = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    STANDARD.encode(digest)
}

/// Whether `key` is the base64 of exactly 16 bytes: 22 characters of the alphabet and two of padding.
///
/// Of the last character only two bits count, and the other four may be anything: they are not zero in the RFC's own
/// example (section 4.1, `AQIDBAUGBwgJCgsMDQ4PEC==`).
pub fn is_key(key: &[u8]) -> bool {
    key.len() == 24
        && key.strip_suffix(b"==").is_some_and(|digits| {
            digits
                .iter()
                .all(|&digit| digit.is_ascii_alphanumeric() || matches!(digit, b'+' | b'/'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_examples_of_the_rfc() {
        assert_eq!(accept_key(b"dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert!(is_key(b"dGhlIHNhbXBsZSBub25jZQ=="));
        assert!(is_key(b"AQIDBAUGBwgJCgsMDQ4PEC=="));
    }

    #[test]
    fn what_is_no_key() {
        for wrong in [
            "",
            "==",
            "dGhlIHNhbXBsZSBub25jZQ",
            "dGhlIHNhbXBsZSBub25jZQ=",
            "dGhlIHNhbXBsZSBub25jZQ===",
            "dGhlIHNhbXBsZSBub25jZ===",
            "dGhlIHNhbXBsZSBub25jZQAA",
            "dGhlIHNhbXBsZSBub25jZ-==",
            "dGhlIHNhbXBsZSBub25j Q==",
            "dGhlIHNhbXBsZSBub25jZQ==\n",
        ] {
            assert!(!is_key(wrong.as_bytes()), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn keys_are_what_sixteen_bytes_encode_to(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(is_key(STANDARD.encode(&bytes).as_bytes()), bytes.len() == 16);
        }

        #[test]
        fn an_accept_value_is_always_28_characters(key in prop::collection::vec(any::<u8>(), 0..100)) {
            prop_assert_eq!(accept_key(&key).len(), 28);
        }
    }
}
