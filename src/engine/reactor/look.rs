//! A look at the set, and what follows from what the kernel says of a socket.

use super::readiness::Readiness;
use super::{EVENTS_PER_LOOK, Reactor, connection};
use crate::engine::transport::Ready;
use mio::Events;

impl Reactor {
    /// Takes what is in the set.
    pub(super) fn look(&mut self) {
        self.work.counters.polls += 1;
        // An interrupted look is taken again by the next turn.
        if self.readiness.look(&mut self.found).is_err() {
            self.crowded = true;
            return;
        }
        let found = std::mem::replace(&mut self.found, Events::with_capacity(0));
        let mut count = 0;
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
            if ready.read && !ready.hangup {
                self.propose(id);
            }
        }
        self.found = found;
        self.crowded = count == EVENTS_PER_LOOK;
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
