//! One readiness set with its connections: [`Reactor::turn`] does what is ready, whoever calls it.
//!
//! It runs under one lock, on the JavaScript thread or on the I/O thread. What a turn leaves behind, for want of budget,
//! room or credit, stands in its ready list.

mod commands;
mod duplex;
mod fault;
mod figures;
mod look;
mod news;
mod places;
mod readiness;
mod sweep;

use crate::engine::advances::Advances;
use crate::engine::connection::{Connection, Work};
use crate::engine::deadlines::Deadlines;
use crate::engine::memory::batch::{Batch, Run};
use crate::engine::memory::ledger::{Ledger, SLOTS, Total};
use crate::engine::settings::SettingsTable;
use crate::engine::stats::Counters;
use crate::engine::transport::{Socket, Token};
use crate::engine::warm::Warm;
use crate::proto::deflate::Pool;
pub use duplex::DuplexOutput;
use fault::contain;
pub use look::Look;
use mio::Events;
use places::Places;
pub use places::{EventLoop, Told};
use readiness::Readiness;
pub use readiness::Waker;
use std::collections::VecDeque;
use std::io;
#[cfg(unix)]
use std::os::fd::{OwnedFd, RawFd};
use std::time::Instant;

/// Readiness events taken in one look; fewer are dearer.
const EVENTS_PER_LOOK: usize = 256;

/// How much a turn may do before the other side gets its turn.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Events for JavaScript.
    pub events: usize,
    /// Their payload bytes.
    pub bytes: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            events: 512,
            bytes: 256 << 10,
        }
    }
}

/// The index in an id.
pub const fn index_of(id: u32) -> usize {
    id as usize & (SLOTS - 1)
}

/// The readiness set and all that hangs on it.
pub struct Reactor {
    readiness: Readiness,
    places: Places,
    found: Events,
    slots: Vec<Option<Box<Connection>>>,
    ready: VecDeque<u32>,
    dirty: Vec<u32>,
    /// Connections that are gone, whose last event comes behind all that there is to hear when somebody looks next.
    parting: Vec<u32>,
    /// The Duplexes among them, which JavaScript writes.
    duplexes: Vec<u32>,
    /// Connections of whose output there is something to tell.
    news: Vec<u32>,
    deadlines: Deadlines,
    settings: SettingsTable,
    ledger: Ledger,
    budget: Budget,
    work: Work,
    /// What Duplexes have to write is told in the batch: another thread cannot call JavaScript.
    tells_duplexes: bool,
    /// When what compresses is looked at again: what is not used by then goes.
    sweep: Option<Instant>,
    /// The last look at our set found as much as it could hold.
    crowded: bool,
    /// The last one at that of the places was interrupted.
    unheard: bool,
    live: usize,
    starved: usize,
    scope: u32,
}

impl Reactor {
    /// An empty set and its waker. Without sockets there are only Duplexes, and it needs no descriptor.
    pub fn new(has_sockets: bool, budget: Budget, warm: Warm, ledger: Ledger) -> io::Result<(Self, Waker)> {
        let (readiness, waker) = Readiness::new(has_sockets)?;
        let reactor = Self {
            readiness,
            places: Places::default(),
            found: Events::with_capacity(EVENTS_PER_LOOK),
            slots: Vec::new(),
            ready: VecDeque::new(),
            parting: Vec::new(),
            dirty: Vec::new(),
            duplexes: Vec::new(),
            news: Vec::new(),
            deadlines: Deadlines::default(),
            settings: SettingsTable::default(),
            ledger,
            budget,
            work: Work {
                scratch: Work::scratch(),
                warm,
                advances: Advances::default(),
                spare: Vec::new(),
                released: Vec::new(),
                pool: Pool::default(),
                counters: Counters::default(),
                key: None,
                keeps_foreign: false,
                effort: 0,
                loop_set: None,
            },
            tells_duplexes: false,
            sweep: None,
            crowded: false,
            unheard: false,
            live: 0,
            starved: 0,
            scope: 0,
        };
        Ok((reactor, waker))
    }

    /// The readiness set's own descriptor, for whoever watches it.
    #[cfg(unix)]
    pub fn descriptor(&self) -> RawFd {
        self.readiness.descriptor()
    }

    /// A duplicate of it that lives as long as its holder.
    #[cfg(unix)]
    pub fn try_clone_set(&self) -> io::Result<OwnedFd> {
        self.readiness.duplicate()
    }

    /// The settings attach commands name.
    pub fn settings(&self) -> &SettingsTable {
        &self.settings
    }

    /// Panics at the message of this number from now on.
    #[cfg(test)]
    pub fn fault_at(&mut self, number: u64) {
        self.work.counters.fault_at = Some(self.work.counters.messages_in + number);
    }

    /// Whether a turn would find work without any new readiness.
    pub fn has_work(&self) -> bool {
        self.crowded || self.unheard || !self.ready.is_empty() || (self.tells_duplexes && !self.duplexes.is_empty())
    }

    /// Whether a last event waits for the next turn. That may take its time: the other end of the connection, where it is in
    /// this process, should have heard by then.
    pub fn is_parting(&self) -> bool {
        !self.parting.is_empty()
    }

    /// When the next deadline is due.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.next().into_iter().chain(self.sweep).min()
    }

    /// By-reference payloads that are done with.
    pub fn take_released(&mut self) -> Vec<Token> {
        std::mem::take(&mut self.work.released)
    }

    /// Whether there are any.
    pub fn has_released(&self) -> bool {
        !self.work.released.is_empty()
    }

    /// Looks where there may be something, as the caller says, then reads at most once from each ready connection.
    pub fn turn(&mut self, look: Look, batch: &mut Batch) {
        self.work.counters.turns += 1;
        self.work.effort = 0;
        self.look(look);
        self.expire();
        self.sweep();
        self.tell_news(batch);
        let first_run = batch.runs.len();
        let (events, bytes) = (batch.events(), batch.bytes());
        let mut left = self.ready.len();
        while left > 0
            && !batch.is_full()
            && batch.events() - events < self.budget.events
            && batch.bytes() - bytes < self.budget.bytes
            && !self.work.is_tired()
        {
            left -= 1;
            if let Some(id) = self.ready.pop_front() {
                self.serve(id, batch);
            }
        }
        self.seal(batch, events, first_run);
    }

    fn serve(&mut self, id: u32, batch: &mut Batch) {
        let Some(connection) = connection(&mut self.slots, id) else {
            return;
        };
        let was_starved = connection.is_starved();
        let served = contain(connection, &mut self.work, |connection, work| {
            connection.serve(batch, work)
        });
        let over = served.unwrap_or_else(|| {
            batch.close_rest(Run { id, cost: 0 });
            // It is gone: this tells so.
            connection.serve(batch, &mut self.work)
        });
        note_input(&self.ledger, connection);
        if over {
            self.starved -= usize::from(was_starved);
            return self.remove(id);
        }
        if connection.wants_turn() {
            if connection.is_gone() {
                self.parting.push(id);
            } else {
                self.ready.push_back(id);
            }
        }
        self.starved = self.starved + usize::from(connection.is_starved()) - usize::from(was_starved);
        if connection.is_due() && connection.mark_dirty() {
            self.dirty.push(id);
        }
    }

    fn remove(&mut self, id: u32) {
        let Some(mut connection) = self.slots.get_mut(index_of(id)).and_then(Option::take) else {
            return;
        };
        connection.terminate(false, &mut self.work);
        self.places.vacate(id);
        self.deadlines.remove(connection.deadline(), id);
        self.live -= 1;
        self.work.counters.closed += 1;
        if self.live == 0 {
            self.work.warm.cool();
            self.work.spare = Vec::new();
        }
    }

    /// The end of a turn in the batch: a new scope, unless none of its connections occurs in the open one.
    fn seal(&mut self, batch: &mut Batch, first_event: usize, first_run: usize) {
        batch.released.append(&mut self.work.released);
        if batch.events() == first_event {
            return;
        }
        if batch.scopes.is_empty() {
            self.scope = self.scope.wrapping_add(1);
            batch.scope = self.scope;
            batch.scopes.push(0);
        }
        let mut clash = false;
        for run in &batch.runs[first_run..] {
            // A connection that is gone said its last word: it may have been in the scope.
            clash |= connection(&mut self.slots, run.id).is_none_or(|connection| connection.enter_scope(batch.scope));
        }
        if clash && first_event > 0 {
            self.scope = self.scope.wrapping_add(1);
            batch.scope = self.scope;
            batch.scopes.push(0);
            for run in &batch.runs[first_run..] {
                if let Some(connection) = connection(&mut self.slots, run.id) {
                    connection.enter_scope(self.scope);
                }
            }
        }
        let end = batch.events() as u32;
        if let Some(last) = batch.scopes.last_mut() {
            *last = end;
        }
    }

    /// Credit comes back with a batch that was dispatched.
    pub fn restore_credit(&mut self, runs: &[Run]) {
        for run in runs {
            let Some(connection) = connection(&mut self.slots, run.id) else {
                continue;
            };
            let was_starved = connection.is_starved();
            connection.restore_credit(run.cost);
            if was_starved && !connection.is_starved() {
                self.starved -= 1;
                if connection.enqueue() {
                    self.ready.push_back(run.id);
                }
            }
        }
    }

    /// Writes what is due on every connection that has new output or room for old.
    pub fn write(&mut self) {
        let mut dirty = std::mem::take(&mut self.dirty);
        for id in dirty.drain(..) {
            let Some(connection) = connection(&mut self.slots, id) else {
                continue;
            };
            if connection.is_duplex() {
                self.duplexes.push(id);
                continue;
            }
            contain(connection, &mut self.work, Connection::flush);
            note_output(&self.ledger, connection);
            if connection.has_news() {
                self.news.push(id);
            }
            if connection.enqueue() {
                self.ready.push_back(id);
            }
        }
        self.dirty = dirty;
    }

    /// A connection's socket, for its options; none for a Duplex, or one that is gone.
    pub fn socket(&mut self, id: u32) -> Option<&Socket> {
        connection(&mut self.slots, id)?.socket()
    }

    /// Drops every connection.
    pub fn close_all(&mut self) {
        for mut connection in self.slots.drain(..).flatten() {
            connection.terminate(false, &mut self.work);
        }
        self.live = 0;
    }
}

fn note_input(ledger: &Ledger, connection: &Connection) {
    ledger.set(index_of(connection.id()), Total::BytesRead, connection.counts().0);
}

fn note_output(ledger: &Ledger, connection: &Connection) {
    let index = index_of(connection.id());
    ledger.set(index, Total::Written, connection.written());
    ledger.set(index, Total::BytesWritten, connection.counts().1);
    ledger.set(index, Total::Refused, connection.refused());
}

fn connection(slots: &mut [Option<Box<Connection>>], id: u32) -> Option<&mut Connection> {
    slots
        .get_mut(index_of(id))?
        .as_deref_mut()
        .filter(|connection| connection.id() == id)
}
