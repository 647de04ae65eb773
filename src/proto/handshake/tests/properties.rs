//! What holds of any request: nothing panics, refusals do not depend on what they should not depend on, and the strict
//! rules are strict.

use proptest::prelude::*;

use super::super::{Rules, fuzz_handshake};
use super::request::Request;

/// Edits that meet the rules, break them, or break one of them only.
fn edit() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "POST /chat HTTP/1.1",
        "GET /chat HTTP/1.0",
        "+ X-Padding: y",
        "+ Upgrade: websocket",
        "+ Upgrade: h2c",
        "+ Connection: close",
        "+ Connection: upgrade",
        "+ Host: b",
        "+ Origin: c",
        "+ Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "+ Sec-WebSocket-Version: 13",
        "+ Sec-WebSocket-Protocol: a, b",
        "+ Sec-WebSocket-Protocol: c",
        "+ Sec-WebSocket-Extensions: d; e=f",
        "+ Content-Length: 0",
        "+ Content-Length: 1",
        "- Host",
        "- Connection",
        "- Upgrade",
        "- Sec-WebSocket-Key",
        "- Sec-WebSocket-Version",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes_keep_the_invariants(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        fuzz_handshake(&bytes);
    }

    #[test]
    fn near_misses_keep_the_invariants(
        edits in prop::collection::vec(edit(), 0..6),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
    ) {
        let mut bytes = Request::edited(&edits).bytes();
        for (index, byte) in flips {
            let index = index.index(bytes.len());
            bytes[index] = byte;
        }
        fuzz_handshake(&bytes);
    }

    #[test]
    fn case_of_names_and_order_of_different_fields_do_not_matter(
        edits in prop::collection::vec(edit(), 0..4),
        rotation in 0..5_usize,
    ) {
        let request = Request::edited(&edits);
        let mut other = request.clone();
        for field in &mut other.fields {
            field.0.make_ascii_uppercase();
        }
        let distinct = other.fields.iter().all(|a| other.fields.iter().filter(|b| a.0 == b.0).count() == 1);
        if distinct && !other.fields.is_empty() {
            let length = other.fields.len();
            other.fields.rotate_left(rotation % length);
        }
        for rules in [Rules::Ws, Rules::Strict] {
            prop_assert_eq!(request.refusal(rules), other.refusal(rules));
        }
    }

    #[test]
    fn what_the_strict_rules_accept_of_one_token_the_others_accept_too(edits in prop::collection::vec(edit(), 0..5)) {
        let request = Request::edited(&edits);
        let tokens = request.fields.iter().filter(|field| field.0.eq_ignore_ascii_case("upgrade")).count();
        if tokens == 1 && request.refusal(Rules::Strict).is_none() {
            prop_assert_eq!(request.refusal(Rules::Ws), None);
        }
    }

    #[test]
    fn a_hostile_byte_in_any_part_is_refused(
        part in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        hostile in prop::sample::select(vec!["\r", "\n", "\r\n", "\0", "\r\n\r\n", "\r\nX: y", "\r\n X", "\n\n"]),
        in_name in any::<bool>(),
    ) {
        let mut request = Request::good();
        let index = part.index(request.fields.len());
        let (name, value) = &mut request.fields[index];
        let text = if in_name { name } else { value };
        let at = place.index(text.len() + 1);
        text.insert_str(at, hostile);
        for rules in [Rules::Ws, Rules::Strict] {
            prop_assert!(request.refusal(rules).is_some());
        }
    }
}
