//! What waits while a large message is compressed? It is compressed piece by piece, so that other connections get their
//! turns; what the application asked for behind it keeps its place.
//!
//! [`Connection::waits`] tells whether a command has to wait, [`Connection::put_off`] has it wait, and each turn goes on
//! with [`Connection::pack`].

use super::{Connection, Work};
use crate::engine::memory::command::{Command, Verb, operation};
use crate::engine::transport::{Foreign, Token};
use crate::proto::deflate::End;
use crate::proto::wire::Opcode;
use std::collections::VecDeque;

/// So much of a payload is compressed at once: a third of a millisecond at level 1, ten times that at level 9.
const PIECE: usize = 64 << 10;

/// A message that is compressed, and the commands behind it.
#[derive(Default)]
pub(super) struct Packing {
    /// The first one may be a message of which some is compressed.
    waiting: VecDeque<Waiting>,
    /// How much of its payload.
    taken: usize,
    /// What became of that.
    packed: Vec<u8>,
}

/// A command that waits.
struct Waiting {
    verb: Verb,
    flags: u32,
    /// The mask that was chosen for it.
    key: Option<[u8; 4]>,
    body: Vec<u8>,
    foreign: Option<Foreign>,
}

impl Waiting {
    fn command(&self, id: u32) -> Command<'_> {
        Command {
            id,
            verb: self.verb,
            flags: self.flags,
            body: &self.body,
        }
    }

    fn payload(&self) -> &[u8] {
        self.foreign.as_ref().map_or(&self.body, Foreign::as_slice)
    }
}

impl Packing {
    /// Memory held.
    pub(super) fn held(&self) -> usize {
        let payloads = self.waiting.iter().map(|waiting| waiting.payload().len());
        payloads.sum::<usize>() + self.packed.capacity()
    }

    /// The payloads that nobody will read any more.
    pub(super) fn tokens(&self) -> impl Iterator<Item = Token> {
        self.waiting
            .iter()
            .filter_map(|waiting| Some(waiting.foreign.as_ref()?.token()))
    }
}

impl Connection {
    /// Whether commands wait behind a message that is being compressed.
    pub fn is_packing(&self) -> bool {
        self.extra.as_ref().is_some_and(|extra| extra.packing.is_some())
    }

    /// Whether a command has to wait: behind others, or because it is a message that takes too long for this turn.
    pub fn waits(&self, command: &Command<'_>, foreign: Option<&Foreign>, work: &Work) -> bool {
        match command.verb {
            Verb::Raw | Verb::Close | Verb::Shutdown => self.is_packing(),
            Verb::Frame => {
                let length = foreign.map_or(command.body.len(), |bytes| bytes.as_slice().len());
                self.is_packing() || ((length > PIECE || work.is_tired()) && self.compresses_frame(command, length))
            }
            _ => false,
        }
    }

    /// Whether a frame goes out compressed.
    fn compresses_frame(&self, command: &Command<'_>, length: usize) -> bool {
        let opcode = Opcode::from_bits((command.flags & operation::OPCODE) as u8);
        let compress = !command.has(operation::PLAIN);
        opcode.is_some_and(|opcode| self.compresses(opcode, length, compress)) && !self.is_closed()
    }

    /// Has a command wait.
    pub fn put_off(&mut self, command: &Command<'_>, foreign: Option<Foreign>, work: &mut Work) {
        let mut waiting = Waiting {
            verb: command.verb,
            flags: command.flags,
            key: command.has(operation::MASK).then(|| work.key_for(self.id)),
            body: command.body.to_vec(),
            foreign,
        };
        // JavaScript may change or transfer what it has lent as soon as its call returns.
        if !work.keeps_foreign
            && let Some(bytes) = waiting.foreign.take()
        {
            waiting.body.extend_from_slice(bytes.as_slice());
            work.released.push(bytes.token());
        }
        let packing = &mut self.extra.get_or_insert_default().packing;
        packing.get_or_insert_default().waiting.push_back(waiting);
    }

    /// Goes on with what waits, as far as one turn goes.
    pub fn pack(&mut self, work: &mut Work) {
        let Some(mut packing) = self.extra.as_mut().and_then(|extra| extra.packing.take()) else {
            return;
        };
        while let Some(first) = packing.waiting.front() {
            let is_message = first.verb == Verb::Frame
                && (packing.taken > 0 || self.compresses_frame(&first.command(self.id), first.payload().len()));
            if is_message && !self.pack_piece(&mut packing, work) {
                break;
            }
            if let Some(done) = packing.waiting.pop_front() {
                work.key = done.key.map(|key| (self.id, key));
                if is_message {
                    self.send_packed(&done, &packing.packed, work);
                    packing = Box::new(Packing {
                        waiting: packing.waiting,
                        ..Packing::default()
                    });
                } else {
                    self.perform(done, work);
                }
            }
            if work.is_tired() {
                break;
            }
        }
        if !packing.waiting.is_empty() {
            self.extra.get_or_insert_default().packing = Some(packing);
        }
    }

    /// Compresses a piece of the first message; true when it was the last.
    fn pack_piece(&mut self, packing: &mut Packing, work: &mut Work) -> bool {
        let Some(first) = packing.waiting.front() else {
            return true;
        };
        let payload = first.payload();
        let next = payload.len().min(packing.taken + PIECE);
        let piece = payload.get(packing.taken..next).unwrap_or_default();
        let end = match (next < payload.len(), first.flags & operation::FIN != 0) {
            (true, _) => End::Piece,
            (false, false) => End::Frame,
            (false, true) => End::Message,
        };
        let rules = &self.settings.session;
        self.session
            .pack(rules, piece, end, &mut work.pool, &mut packing.packed);
        work.effort += piece.len();
        packing.taken = next;
        end != End::Piece
    }

    /// A message is compressed.
    fn send_packed(&mut self, done: &Waiting, packed: &[u8], work: &mut Work) {
        let command = done.command(self.id);
        if let Some((opcode, before)) = self.begin_frame(&command, done.payload().len(), work) {
            let key = command.has(operation::MASK).then(|| work.key_for(self.id));
            let fin = command.has(operation::FIN);
            self.session.send_packed(opcode, fin, packed, key, &mut self.out);
            self.mark(before);
        }
        work.released.extend(done.foreign.as_ref().map(Foreign::token));
    }

    /// Does what had to wait.
    fn perform(&mut self, done: Waiting, work: &mut Work) {
        let command = Command {
            id: self.id,
            verb: done.verb,
            flags: done.flags,
            body: &done.body,
        };
        match done.verb {
            Verb::Frame => self.send(&command, done.foreign, work),
            Verb::Raw => self.send_raw(&command, done.foreign, work),
            Verb::Close => self.close(&command, work),
            Verb::Shutdown => self.shutdown(),
            _ => {}
        }
    }
}
