//! What does a receiver have to remember between two messages? The end of what came before, as far back as the sender
//! may look, and not a byte that was never there.

/// Memory grows in steps of this.
const STEP: usize = 1024;

/// The last bytes of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History(Vec<u8>);

impl History {
    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// Memory held.
    pub fn held(&self) -> usize {
        self.0.capacity()
    }

    /// Goes on with `bytes`, and forgets all but the last `most`.
    pub fn push(&mut self, bytes: &[u8], most: usize) {
        let fresh = bytes.get(bytes.len().saturating_sub(most)..).unwrap_or_default();
        let excess = (self.0.len() + fresh.len()).saturating_sub(most);
        self.0.drain(..excess.min(self.0.len()));
        let needed = self.0.len() + fresh.len();
        if needed > self.0.capacity() {
            let wanted = needed.next_multiple_of(STEP).min(most.max(needed));
            self.0.reserve_exact(wanted - self.0.len());
        }
        self.0.extend_from_slice(fresh);
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
