//! A look at the sets, and what follows from what the kernel says of a socket.

use super::readiness::Readiness;
use super::{EVENTS_PER_LOOK, Reactor, connection};
use crate::engine::transport::Ready;
use mio::Events;

/// Which sets may have something to tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Ours.
    pub ours: bool,
    /// That of the sockets in places.
    pub places: bool,
}

impl Look {
    /// At our set, which is the only one unless the loop drives.
    pub const OURS: Self = Self {
        ours: true,
        places: false,
    };
}

impl Reactor {
    /// Takes what is in the sets.
    pub(super) fn look(&mut self, at: Look) {
        if at.ours || self.crowded {
            self.crowded = self.take(false) != Some(true);
        }
        // Last events come behind all there is to hear, wherever that is told.
        if at.places || self.unheard || (at.ours && !self.parting.is_empty()) {
            self.unheard = self.places.is_any() && self.take(true).is_none();
        }
        if at.ours {
            self.ready.extend(self.parting.drain(..));
        }
    }

    /// Takes what is in one of them. Whether that is all there was; an interrupted look is taken again by the next turn.
    fn take(&mut self, in_places: bool) -> Option<bool> {
        self.work.counters.polls += 1;
        let set = if in_places {
            &mut self.places.set
        } else {
            &mut self.readiness
        };
        set.look(&mut self.found).ok()?;
        let found = std::mem::replace(&mut self.found, Events::with_capacity(0));
        let (mut count, mut sockets, mut read) = (0, 0, None);
        for event in &found {
            count += 1;
            if Readiness::is_waker(event.token()) {
                continue;
            }
            let id = event.token().0 as u32;
            let ready = Ready {
                read: event.is_readable(),
                write: event.is_writable(),
                hangup: event.is_read_closed() || event.is_write_closed() || event.is_error(),
                error: event.is_error(),
            };
            self.note(id, ready);
            sockets += 1;
            read = (ready.read && !ready.hangup).then_some(id);
        }
        self.found = found;
        // When many are found at once, one look at all of them is the cheapest way.
        if let (1, Some(id)) = (sockets, read) {
            self.propose(id);
        }
        Some(count < EVENTS_PER_LOOK)
    }

    /// Notes what the kernel says of a connection's socket.
    pub(super) fn note(&mut self, id: u32, ready: Ready) {
        let Some(connection) = connection(&mut self.slots, id) else {
            return;
        };
        connection.ready(ready);
        if ready.error {
            connection.note_reset(&mut self.work);
        }
        if ready.write && connection.pending() > 0 && connection.mark_dirty() {
            self.dirty.push(id);
        }
        if connection.enqueue() {
            self.ready.push_back(id);
        }
    }
}
