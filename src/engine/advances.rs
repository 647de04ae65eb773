//! How much memory may peers have for what they have only announced?
//!
//! A message that is said to be large gets a warm buffer of its size although only its beginning has arrived: growing by
//! doubling costs a third more. One peer that says so falsely holds little; many of them could come to hold every buffer
//! that ever lay on the shelf. So all connections of a reactor together have a limit, beyond which a message gets
//! twice of what has arrived.

use std::collections::BTreeMap;

/// Bytes beyond twice of what has arrived, of all messages under way.
const MOST: usize = 32 << 20;

/// What connections were given in advance.
#[derive(Default)]
pub struct Advances {
    given: BTreeMap<u32, usize>,
    total: usize,
}

impl Advances {
    /// How much of `length` announced bytes a buffer may hold of which `least` are needed now.
    pub fn limit(&self, least: usize, length: usize) -> usize {
        length.min(least.saturating_mul(2).saturating_add(MOST.saturating_sub(self.total)))
    }

    /// All of it.
    pub fn total(&self) -> usize {
        self.total
    }

    /// Connection `id` was given `capacity` bytes when it needed `least`.
    pub fn note(&mut self, id: u32, least: usize, capacity: usize) {
        let bytes = capacity.saturating_sub(least.saturating_mul(2));
        if bytes > 0 {
            self.total += bytes;
            *self.given.entry(id).or_default() += bytes;
        }
    }

    /// Its message has arrived, or never will.
    pub fn settle(&mut self, id: u32) {
        if self.total > 0 {
            self.total -= self.given.remove(&id).unwrap_or(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_together_have_a_limit() {
        let mut advances = Advances::default();
        let (least, length) = (128 << 10, 16 << 20);
        assert_eq!(advances.limit(least, length), length);
        advances.note(1, least, length);
        advances.note(2, least, length);
        assert_eq!(
            advances.limit(least, length),
            6 * least,
            "what is left, and twice the need"
        );
        advances.note(3, least, 6 * least);
        assert_eq!(advances.limit(least, length), 2 * least);
        assert_eq!(advances.limit(least, least), least, "it is as long as it says");
        advances.note(4, least, 2 * least);
        advances.settle(4);
        advances.settle(2);
        advances.settle(2);
        assert_eq!(advances.limit(least, length), length);
        advances.settle(1);
        advances.settle(3);
        assert!(advances.total() == 0 && advances.given.is_empty());
    }
}
