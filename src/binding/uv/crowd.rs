//! One by one, or all together? The loop tells of each socket in a place by a call of its own. Of the first in a turn of the loop
//! that is all there is to know, mostly. When others follow, one look at all of them makes one batch, which is cheaper, and
//! what the loop goes on to tell in that turn is known by then: it heard of it before.

use std::cell::Cell;

/// What is to be done with what the loop tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Serve that socket.
    Alone,
    /// Look at all places.
    Together,
    /// Nothing: a look has found it, or will in the next turn.
    Known,
}

/// What was told in this turn of the loop.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    told: Cell<u32>,
    /// There was more than one in the last turn.
    is_usual: Cell<bool>,
    is_wanted: Cell<bool>,
    was_looked_at: Cell<bool>,
    /// The reactor has done enough in this turn.
    is_tired: Cell<bool>,
    /// Something was told since.
    is_left: Cell<bool>,
}

impl Crowd {
    /// The loop tells of one more.
    pub(super) fn one_more(&self) -> Next {
        let told = self.told.get() + 1;
        self.told.set(told);
        if self.leaves() {
            self.is_wanted.set(true);
            Next::Known
        } else if self.was_looked_at.get() {
            Next::Known
        } else if told > 1 || self.is_usual.get() {
            self.is_wanted.set(true);
            Next::Together
        } else {
            Next::Alone
        }
    }

    /// Whether what is told now is left for the next turn.
    pub(super) fn leaves(&self) -> bool {
        if self.is_tired.get() {
            self.is_left.set(true);
        }
        self.is_tired.get()
    }

    /// Whether to look at all places; the reactor does so now.
    pub(super) fn look(&self) -> bool {
        let is_wanted = self.is_wanted.replace(false);
        if is_wanted && self.told.get() > 0 {
            self.was_looked_at.set(true);
        }
        is_wanted
    }

    /// The reactor has done enough in this turn of the loop.
    pub(super) fn tire(&self) {
        self.is_tired.set(true);
    }

    /// The turn of the loop is over. Whether something was left.
    pub(super) fn disperse(&self) -> bool {
        self.is_tired.set(false);
        self.is_usual.set(self.told.replace(0) > 1);
        self.was_looked_at.set(false);
        self.is_left.replace(false)
    }
}
