//! Sockets of which the event loop tells itself, while it drives.
//!
//! The loop waits in a set of its own, in which ours is one member. To hear which socket of ours is ready takes another
//! system call, and the kernel looks at two sets. When few messages come at a time, that is a good part of what each costs.
//! So sockets that are read again and again stand in the loop's set instead of ours. The loop knows its members by
//! descriptors that it watches: a place is such a descriptor, on which itself nothing ever happens.

use super::readiness::Readiness;
use super::{Reactor, connection};
use crate::engine::transport::{LoopSet, Ready};
use std::io;

/// The most places of a reactor: each is a descriptor.
const MOST: usize = 128;
/// When a place could not be made: so many proposals later another one may.
const PROPOSALS: usize = 4096;

/// What the event loop tells of the socket in a place.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// The place.
    pub place: usize,
    /// What became of the socket.
    pub ready: Ready,
}

/// The event loop, when it drives.
pub trait EventLoop {
    /// So many places it may have, at most.
    fn most(&self) -> usize;
    /// The set it waits in.
    fn set(&self) -> io::Result<LoopSet>;
    /// Makes a place: the descriptor by which the loop knows it.
    fn open(&self, place: usize) -> io::Result<i32>;
    /// Takes it away.
    fn close(&self, place: usize);
}

/// The places of a reactor.
#[derive(Default)]
pub(super) struct Places {
    /// Whose each is.
    ids: Vec<Option<u32>>,
    /// Connections that should have one.
    wanted: Vec<u32>,
    /// Those whose connection is gone.
    vacant: Vec<usize>,
    taken: usize,
    /// The loop tells of so many at most, when it drives.
    most: Option<usize>,
    /// Proposals that are not listened to.
    ignored: usize,
    /// The sockets in them once more: when many are ready at once, one look here is cheaper than to hear of one by one.
    pub(super) set: Readiness,
}

impl Places {
    /// Whether there are any.
    pub(super) fn is_any(&self) -> bool {
        self.taken > 0
    }

    fn has_room(&mut self) -> bool {
        let has_room = self.taken + self.wanted.len() < self.most.unwrap_or(0);
        if has_room && self.ignored > 0 {
            self.ignored -= 1;
            return false;
        }
        has_room
    }

    /// The lowest number that is free.
    fn free(&mut self) -> usize {
        self.ids.iter().position(Option::is_none).unwrap_or_else(|| {
            self.ids.push(None);
            self.ids.len() - 1
        })
    }

    /// A connection is gone.
    pub(super) fn vacate(&mut self, id: u32) {
        if self.taken > 0
            && let Some(number) = self.ids.iter().position(|holder| *holder == Some(id))
        {
            self.vacant.push(number);
            self.taken -= 1;
        }
    }
}

impl Reactor {
    /// What the event loop tells.
    pub fn hear(&mut self, told: impl IntoIterator<Item = Told>) {
        self.places.most.get_or_insert(MOST);
        for Told { place, ready } in told {
            if let Some(id) = self.places.ids.get(place).copied().flatten() {
                self.note(id, ready);
            }
        }
    }

    /// Proposes a connection of which our set has told. One that has never been read before may well say nothing else.
    pub(super) fn propose(&mut self, id: u32) {
        if self.places.has_room()
            && let Some(connection) = connection(&mut self.slots, id)
            && connection.may_be_placed()
            && connection.counts().0 > 0
        {
            self.places.wanted.push(id);
        }
    }

    /// Whether there are places to make or to close.
    pub fn is_unsettled(&self) -> bool {
        !self.places.vacant.is_empty() || !self.places.wanted.is_empty()
    }

    /// Makes and closes them.
    pub fn arrange_places(&mut self, event_loop: &impl EventLoop) {
        let most = event_loop.most().min(MOST);
        self.places.most = Some(most);
        for number in self.places.vacant.drain(..) {
            event_loop.close(number);
            self.places.ids[number] = None;
        }
        while let Some(id) = self.places.wanted.pop() {
            if self.places.taken >= most {
                self.places.wanted.clear();
            } else if self.place(id, event_loop).is_err() {
                // There are no descriptors to be had, or no memory: it goes as well without.
                self.places.ignored = PROPOSALS;
                self.places.wanted.clear();
            }
        }
        if !self.places.is_any() {
            self.give_back();
        }
    }

    /// What is only there for places.
    fn give_back(&mut self) {
        self.places.set = Readiness::default();
        self.work.loop_set = None;
    }

    fn place(&mut self, id: u32, event_loop: &impl EventLoop) -> io::Result<()> {
        let placeless = connection(&mut self.slots, id).filter(|connection| connection.may_be_placed());
        let Some(connection) = placeless else { return Ok(()) };
        let Some(socket) = connection.socket() else {
            return Ok(());
        };
        let set = match &mut self.work.loop_set {
            Some(set) => set,
            none => none.insert(event_loop.set()?),
        };
        if !self.places.set.is_there() {
            self.places.set = Readiness::unwatched()?;
        }
        let number = self.places.free();
        let known_as = event_loop.open(number)?;
        let admitted = self.places.set.admit(socket, id);
        // What came meanwhile is told by its new set, which looks at what is added.
        let added = admitted.and_then(|()| set.add(socket, known_as));
        added.inspect_err(|_| {
            self.places.set.forget(socket);
            event_loop.close(number);
        })?;
        self.readiness.forget(socket);
        connection.set_placed(true);
        self.places.ids[number] = Some(id);
        self.places.taken += 1;
        Ok(())
    }

    /// The loop does not drive any more: our set tells of all sockets again. The event loop closes all places.
    pub fn leave_places(&mut self) {
        for id in std::mem::take(&mut self.places).ids.into_iter().flatten() {
            if let Some(connection) = connection(&mut self.slots, id)
                && let (Some(set), Some(socket)) = (&self.work.loop_set, connection.socket())
            {
                set.remove(socket);
                let is_back = self.readiness.admit(socket, id).is_ok();
                connection.set_placed(false);
                if !is_back {
                    connection.terminate(false, &mut self.work);
                    if connection.enqueue() {
                        self.ready.push_back(id);
                    }
                }
            }
        }
        self.give_back();
    }
}
