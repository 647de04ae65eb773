//! What does a receiver have to remember between two messages? The end of what came before, as far back as the sender
//! may look, and not a byte that was never there.

/// Memory grows in steps of this.
const STEP: usize = 1024;

/// The last bytes of a stream: a ring, once it is as long as it may be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The bytes.
    bytes: Vec<u8>,
    /// Where the oldest is; < `bytes.len()`, or 0.
    start: usize,
}

impl History {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The bytes in order, which takes some time.
    pub fn as_slice(&mut self) -> &[u8] {
        self.bytes.rotate_left(self.start);
        self.start = 0;
        &self.bytes
    }

    /// Memory held.
    pub fn held(&self) -> usize {
        self.bytes.capacity()
    }

    /// Goes on with `bytes`, and forgets all but the last `most`, which is the same number for all of a stream.
    pub fn push(&mut self, bytes: &[u8], most: usize) {
        let fresh = bytes.get(bytes.len().saturating_sub(most)..).unwrap_or_default();
        let (appended, rest) = fresh.split_at(fresh.len().min(most.saturating_sub(self.bytes.len())));
        let needed = self.bytes.len() + appended.len();
        if needed > self.bytes.capacity() {
            let wanted = needed.next_multiple_of(STEP).min(most.max(needed));
            self.bytes.reserve_exact(wanted - self.bytes.len());
        }
        self.bytes.extend_from_slice(appended);
        let (first, second) = rest.split_at(rest.len().min(self.bytes.len() - self.start));
        for (at, part) in [(self.start, first), (0, second)] {
            if let Some(place) = self.bytes.get_mut(at..at + part.len()) {
                place.copy_from_slice(part);
            }
        }
        if !rest.is_empty() {
            self.start = (self.start + rest.len()) % self.bytes.len();
        }
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_holds_what_it_was_given_and_no_more() {
        let mut history = History::default();
        assert_eq!(history.held(), 0);
        history.push(b"ten bytes!", 32 << 10);
        assert_eq!(history.held(), STEP);
        for _ in 0..1000 {
            history.push(&[7; 999], 32 << 10);
        }
        assert_eq!((history.as_slice().len(), history.held()), (32 << 10, 32 << 10));
    }

    proptest! {
        #[test]
        fn it_is_the_end_of_all_that_came(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..20), most in 1usize..64) {
            let mut history = History::default();
            let mut all = Vec::new();
            for piece in pieces {
                history.push(&piece, most);
                all.extend(piece);
                prop_assert_eq!(history.as_slice(), &all[all.len().saturating_sub(most)..]);
            }
        }
    }
}
