//! What must hold for any bytes at all? The entry for fuzzers; the room's property tests run it too.

use super::super::http::{RequestHead, ResponseHead};
use super::{Refusal, Rules, examine, validate};

/// Reads `data` as a head in every way there is and checks what must hold of the outcome.
///
/// # Panics
///
/// When an invariant is broken.
pub fn fuzz_handshake(data: &[u8]) {
    let _ = ResponseHead::parse(data);
    let Ok(Some((head, length))) = RequestHead::parse(data) else {
        return;
    };
    assert!(length <= data.len(), "a head is not longer than its bytes");
    for rules in [Rules::Ws, Rules::Strict] {
        check(&head, rules);
        let whole = data.get(..length).unwrap_or_default();
        let examined = examine(whole, head.headers.len(), rules);
        // Empty lines in front of a request are allowed on a connection, but not in a head put together from parts.
        assert!(examined == validate(&head, rules) || examined == Err(Refusal::MalformedHead));
        assert_eq!(
            examine(data, head.headers.len() + 1, rules),
            Err(Refusal::MalformedHead)
        );
    }
}

/// Checks the decision about one head.
fn check(head: &RequestHead<'_>, rules: Rules) {
    match validate(head, rules) {
        Ok(accepted) => {
            assert_eq!(accepted.accept.len(), 28, "an accept value has 28 characters");
            assert!(matches!(accepted.version, 8 | 13), "only two versions are spoken");
            assert!(accepted.protocols.iter().all(|protocol| !protocol.is_empty()));
        }
        Err(refusal) => {
            let answer = refusal.answer(rules);
            assert!(matches!(answer.status, 400 | 405 | 426) && !answer.body.is_empty());
        }
    }
}
