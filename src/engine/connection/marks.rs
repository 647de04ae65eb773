//! How much of what JavaScript sent is out, when what is written are other bytes than those it sent?
//!
//! Compressed, a thousand bytes become a hundred, and from what the kernel has taken of these nobody can tell. So each
//! message leaves a mark behind: what had been asked for, and where in the output it ends. A message counts when its mark
//! is passed.

use std::collections::VecDeque;

/// The marks of the output that is not out, oldest first.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// Where a message ends in all that is ever written, and how much JavaScript had sent by then.
    queue: VecDeque<(u64, u64)>,
    /// How much of that is out.
    settled: u64,
}

impl Marks {
    /// Beginning when `settled` is out.
    pub(super) fn from(settled: u64) -> Self {
        Self {
            queue: VecDeque::new(),
            settled,
        }
    }

    /// A message ends at `end`; with it, `asked` was sent.
    pub(super) fn add(&mut self, end: u64, asked: u64) {
        self.queue.push_back((end, asked));
    }

    /// So much is written.
    pub(super) fn pass(&mut self, written: u64) {
        while let Some(&(_, asked)) = self.queue.front().filter(|(end, _)| *end <= written) {
            self.settled = asked;
            self.queue.pop_front();
        }
    }

    /// How much of what JavaScript sent is out.
    pub(super) fn settled(&self) -> u64 {
        self.settled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_counts_when_all_of_it_is_out() {
        let mut marks = Marks::from(5);
        marks.add(100, 1005);
        marks.add(250, 9005);
        for (written, settled) in [(0, 5), (99, 5), (100, 1005), (249, 1005), (1000, 9005)] {
            marks.pass(written);
            assert_eq!(marks.settled(), settled, "{written}");
        }
    }
}
