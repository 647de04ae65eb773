//! A reactor without sockets, in the place of the real one while the switch is modelled: commands are bytes that have to
//! come in order, messages are a number, and one connection has credit for one of them.

use super::model::world::WORLD;
use super::warm::Warm;
use crate::engine::memory::batch::{Batch, Run};
use crate::engine::memory::ledger::Ledger;
use crate::engine::transport::{Foreign, Token};
use std::io;
use std::time::Instant;

pub use super::model::world::Waker;

/// Whether there may be something in the set.
#[derive(Clone, Copy, Debug)]
pub struct Look(bool);

impl Look {
    /// There may be.
    pub const OURS: Self = Self(true);
}

/// How much a turn may do: one message.
#[derive(Clone, Copy, Debug, Default)]
pub struct Budget;

/// What the hub needs of a reactor.
pub struct Reactor {
    /// The next command.
    next: u8,
    /// Messages that were found in the set.
    ready: u32,
    /// Messages that may be handed over before a batch comes back.
    credit: u32,
    released: Vec<Token>,
}

impl Reactor {
    /// With nothing to do.
    pub fn new(_has_sockets: bool, _budget: Budget, _warm: Warm, _ledger: Ledger) -> io::Result<(Self, Waker)> {
        let reactor = Self {
            next: 0,
            ready: 0,
            credit: 1,
            released: Vec::new(),
        };
        Ok((reactor, Waker))
    }

    /// Applies commands: numbers in a row.
    pub fn apply(&mut self, commands: &[u8], foreign: &mut Vec<Foreign>) {
        for command in commands {
            assert_eq!(*command, self.next, "commands change their order");
            self.next += 1;
        }
        self.released.extend(foreign.drain(..).map(|bytes| bytes.token()));
        if !commands.is_empty() {
            WORLD.apply(commands.len() as u32);
        }
    }

    /// Nothing: commands have no output.
    pub fn write(&mut self) {}

    /// Nothing: there are no Duplexes.
    pub fn tell_duplexes(&mut self) {}

    /// The same.
    pub fn tell_output(&mut self, _batch: &mut Batch) {}

    /// Looks at the set and hands one message over.
    pub fn turn(&mut self, look: Look, batch: &mut Batch) -> bool {
        if look.0 {
            self.ready += WORLD.look();
        }
        if self.has_work() {
            self.ready -= 1;
            self.credit -= 1;
            let first = batch.events();
            batch.event(0, 1, &[]);
            batch.close_run(first, Run { id: 0, cost: 1 });
        }
        batch.released.append(&mut self.released);
        self.has_work()
    }

    /// Whether a message can be handed over.
    pub fn has_work(&self) -> bool {
        self.ready > 0 && self.credit > 0
    }

    /// Whether one waits for credit.
    pub fn starved(&self) -> usize {
        usize::from(self.ready > 0 && self.credit == 0)
    }

    /// Credit comes back.
    pub fn restore_credit(&mut self, runs: &[Run]) {
        self.credit += runs.len() as u32;
    }

    /// No deadlines.
    pub fn next_deadline(&self) -> Option<Instant> {
        None
    }

    /// Nothing is compressed here.
    pub fn pack_all(&mut self) {}

    /// No connection ends here.
    pub fn is_parting(&self) -> bool {
        false
    }

    /// There are no sockets.
    pub fn is_unsettled(&self) -> bool {
        false
    }

    /// Payloads that are done with.
    pub fn take_released(&mut self) -> Vec<Token> {
        std::mem::take(&mut self.released)
    }

    /// Whether there are any.
    pub fn has_released(&self) -> bool {
        !self.released.is_empty()
    }

    /// The end.
    pub fn close_all(&mut self) {}
}
