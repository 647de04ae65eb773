//! How many automatic pongs wait for the peer to take them, and how many may?

use super::Connection;
use super::flags::Flags;
use std::collections::VecDeque;

/// What ws reads at once.
const READ: usize = 64 << 10;

/// Those that wait, oldest first.
#[derive(Debug, Default)]
pub(super) struct Pongs {
    /// Where in all that is ever written some of them end, and how many these are.
    queue: VecDeque<(u64, u32)>,
    /// All of them.
    waiting: u32,
}

impl Pongs {
    /// So many more, the last of which ends at `end`.
    pub(super) fn add(&mut self, count: u32, end: u64) {
        self.queue.push_back((end, count));
        self.waiting += count;
    }

    /// So much is written.
    pub(super) fn pass(&mut self, written: u64) {
        while let Some(&(_, count)) = self.queue.front().filter(|(end, _)| *end <= written) {
            self.waiting -= count;
            self.queue.pop_front();
        }
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> u32 {
        self.waiting
    }
}

impl Connection {
    /// How many pings of a read of `length` bytes may be answered. What is answered to one read waits in ws too, if it tells
    /// of all of it at once; so it counts, but for no more than ws would have read, since whoever sends much may ping much.
    /// Of what is told bit by bit nothing waits as long as the output is not stuck.
    pub(super) fn most_pongs(&self, length: usize) -> u32 {
        let limit = self.settings.max_pending_pongs;
        let (backlog, waiting) = match &self.extra {
            Some(extra) => (extra.backlog as usize, extra.pongs.waiting()),
            None => (0, 0),
        };
        let is_one = self.settings.tells_at_once && length <= READ && !self.flags.has(Flags::PIECED);
        let is_stuck = self.flags.has(Flags::BLOCKED) || backlog > READ;
        if limit == 0 || !(is_one || is_stuck) {
            return u32::MAX;
        }
        limit.saturating_sub(waiting)
    }

    /// So many pings were answered.
    pub(super) fn note_pongs(&mut self, answered: u32) {
        if answered > 0 && self.settings.max_pending_pongs > 0 {
            let end = self.sent + self.pending() as u64;
            self.extra.get_or_insert_default().pongs.add(answered, end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pong_waits_until_all_of_it_is_out() {
        let mut pongs = Pongs::default();
        pongs.add(2, 100);
        pongs.add(1, 250);
        for (written, waiting) in [(0, 3), (99, 3), (100, 1), (249, 1), (250, 0), (999, 0)] {
            pongs.pass(written);
            assert_eq!(pongs.waiting(), waiting, "{written}");
        }
        pongs.add(4, 1000);
        assert_eq!(pongs.waiting(), 4);
    }
}
