//! What a connection receives: one read a turn, its frames into the batch.

use super::flags::Flags;
use super::last::Fault;
use super::{Connection, LARGE_READ, SMALL_READ, Work};
use crate::engine::memory::batch::{Batch, MESSAGES_PER_READ, READ, Run, kind};
use crate::engine::sink::BatchSink;
use crate::engine::transport::{Errno, Transport};
use crate::proto::session::{Pongs, Progress, ProtocolError};

impl Connection {
    /// News, then at most one read. The events are one run of `batch`; true: it is over and this was its last. Where the peer
    /// of one that is gone may hear of it within this reactor, its last comes only with the turn after this: as in ws, who
    /// has begun to close hears last that it is done.
    pub fn serve(&mut self, batch: &mut Batch, work: &mut Work) -> bool {
        self.flags.clear(Flags::QUEUED);
        self.tell(batch);
        if !self.is_gone() {
            self.pack(work);
        }
        if !self.is_gone() && !self.flags.has(Flags::PAUSED) {
            if self.credit > 0 {
                self.read(batch, work);
                self.end_after_input(batch);
            } else {
                self.flags.set(Flags::STARVED);
            }
        }
        self.after_input(batch, work);
        if !self.is_gone() || self.flags.lower(Flags::PARTING) {
            return false;
        }
        self.single(batch, kind::CLOSED, &self.last_words());
        true
    }

    /// Input for a Duplex that has `backlog` bytes to pass on. `None` is its end.
    pub fn input(&mut self, bytes: Option<&[u8]>, backlog: u32, batch: &mut Batch, work: &mut Work) {
        self.set_backlog(backlog);
        match bytes {
            Some(bytes) => self.bring(bytes, batch, work),
            None => self.flags.set(Flags::ENDING),
        }
        self.end_after_input(batch);
    }

    /// The same, to be taken by the next turn; `tell` when all of it is.
    pub fn keep_input(&mut self, bytes: &[u8], end: bool, tell: bool, backlog: u32, work: &mut Work) {
        self.set_backlog(backlog);
        self.received += bytes.len() as u64;
        work.counters.bytes_in += bytes.len() as u64;
        if !self.is_deaf() {
            self.keep(bytes);
        }
        if end {
            self.flags.set(Flags::ENDING);
        }
        if tell {
            self.flags.set(Flags::TAKEN);
        }
    }

    /// A Duplex is gone. What it brought is told, wanted or not: nobody could ask for it any more.
    pub fn leave(&mut self) {
        self.flags.set(Flags::LEAVING);
        self.flags.clear(Flags::PAUSED);
    }

    /// What follows once all that a Duplex brought is taken.
    fn after_input(&mut self, batch: &mut Batch, work: &mut Work) {
        if !self.input.is_empty() || self.is_gone() {
            return;
        }
        if self.flags.has(Flags::TAKEN) {
            self.flags.clear(Flags::TAKEN);
            self.single(batch, kind::TAKEN, &[]);
        }
        if self.flags.has(Flags::LEAVING) {
            self.terminate(false, work);
        }
    }

    /// A Duplex was given so much that it has not passed on.
    pub(super) fn set_backlog(&mut self, backlog: u32) {
        if backlog > 0 || self.extra.is_some() {
            let extra = self.extra.get_or_insert_default();
            extra.backlog = backlog;
            extra.pongs.pass(self.sent.saturating_sub(backlog.into()));
        }
    }

    fn bring(&mut self, bytes: &[u8], batch: &mut Batch, work: &mut Work) {
        self.received += bytes.len() as u64;
        work.counters.bytes_in += bytes.len() as u64;
        if self.is_deaf() {
            return;
        }
        if self.input.is_empty() && !batch.is_full() {
            self.run(batch, work, |this, batch, work| this.take(bytes, batch, work));
        } else {
            self.keep(bytes);
        }
    }

    /// Keeps what a Duplex has brought.
    fn keep(&mut self, bytes: &[u8]) {
        if !self.input.is_empty() {
            self.flags.set(Flags::PIECED);
        }
        self.input.extend_from_slice(bytes);
    }

    /// Tells the end of a Duplex, once all that it brought before is taken.
    fn end_after_input(&mut self, batch: &mut Batch) {
        let due = self.flags.has(Flags::ENDING) && self.input.is_empty() && !batch.is_full();
        if due && self.flags.raise(Flags::END) && !self.flags.has(Flags::SHUT) {
            self.single(batch, kind::END, &[]);
        }
    }

    /// Tells what became of the output.
    pub fn tell(&mut self, batch: &mut Batch) {
        if self.flags.has(Flags::WRITTEN) {
            self.forget_written();
            self.single(batch, kind::WRITTEN, &[]);
        }
        if self.flags.has(Flags::DRAINED) {
            self.flags.clear(Flags::DRAINED);
            self.single(batch, kind::DRAIN, &[]);
        }
        if self.flags.has_all(Flags::WATCHED | Flags::FINISHED) {
            self.flags.clear(Flags::WATCHED);
            self.single(batch, kind::FINISHED, &[]);
        }
    }

    fn single(&self, batch: &mut Batch, kind: u32, data: &[u8]) {
        let first = batch.events();
        batch.event(self.id, kind, &[data]);
        batch.close_run(first, Run { id: self.id, cost: 0 });
    }

    /// Nothing the peer says matters any more.
    fn is_deaf(&self) -> bool {
        self.session.close_received() || self.session.failed()
    }

    fn read(&mut self, batch: &mut Batch, work: &mut Work) {
        if !self.input.is_empty() {
            let bytes = std::mem::take(&mut self.input);
            self.run(batch, work, |this, batch, work| this.take(&bytes, batch, work));
            if self.input.is_empty() {
                self.flags.clear(Flags::PIECED);
            }
        } else if self.flags.has(Flags::READABLE) && !self.is_duplex() {
            self.run(batch, work, Self::receive);
        }
    }

    /// Does `step` and makes its events one run, at its cost.
    fn run(&mut self, batch: &mut Batch, work: &mut Work, step: impl FnOnce(&mut Self, &mut Batch, &mut Work)) {
        let (first, credit) = (batch.events(), self.credit);
        step(self, batch, work);
        let cost = credit - self.credit;
        batch.close_run(first, Run { id: self.id, cost });
    }

    fn receive(&mut self, batch: &mut Batch, work: &mut Work) {
        if self.is_deaf() {
            let read = self.receive_some(work);
            return self.after_read(read.map(|_| ()), batch, work);
        }
        if self.session.assembly().is_some() {
            return self.receive_large(batch, work);
        }
        match self.receive_some(work) {
            Ok(length) => {
                let scratch = std::mem::take(&mut work.scratch);
                self.take(&scratch[..length], batch, work);
                work.scratch = scratch;
            }
            Err(end) => self.after_read(Err(end), batch, work),
        }
    }

    /// One read into the scratch memory.
    fn receive_some(&mut self, work: &mut Work) -> Result<usize, Errno> {
        let Transport::Socket(socket) = &self.transport else {
            return Err(Errno::AGAIN);
        };
        work.counters.receives += 1;
        // What there is no credit for would have to be kept.
        let room = usize::try_from(self.credit).unwrap_or(0).clamp(SMALL_READ, READ);
        let length = socket.receive(work.scratch.get_mut(..room).unwrap_or_default())?;
        self.count_read(length, room, work)
    }

    /// Counts a read of `length` bytes where `room` were possible; zero bytes are the end.
    fn count_read(&mut self, length: usize, room: usize, work: &mut Work) -> Result<usize, Errno> {
        if length == 0 {
            return Err(Errno::PIPE);
        }
        // A short read emptied the socket; edge-triggered, the next byte is a new event. Not so with an end behind it.
        if length < room && !self.flags.has(Flags::HANGUP) {
            self.flags.clear(Flags::READABLE);
        }
        self.received += length as u64;
        work.counters.bytes_in += length as u64;
        Ok(length)
    }

    /// Reads straight into the memory of a large message.
    fn receive_large(&mut self, batch: &mut Batch, work: &mut Work) {
        let mut total = 0;
        while total < LARGE_READ {
            let (Transport::Socket(socket), Some((memory, want))) = (&self.transport, self.session.assembly()) else {
                return;
            };
            work.counters.receives += 1;
            let room = want.min(memory.capacity() - memory.len());
            let read = socket.receive_append(memory, want);
            let length = match read.and_then(|length| self.count_read(length, room, work)) {
                Ok(length) => length,
                Err(end) => return self.after_read(Err(end), batch, work),
            };
            total += length;
            let before = batch.events();
            let mut sink = BatchSink::new(self.id, batch, &mut self.credit, MESSAGES_PER_READ, work);
            let done = self.session.assembled(&self.settings.session, length, &mut sink);
            if let Err(error) = done {
                return self.fail(error, batch);
            }
            if length < room || batch.events() > before {
                return;
            }
        }
    }

    /// Hands `bytes` to the session; what it does not take is kept.
    fn take(&mut self, bytes: &[u8], batch: &mut Batch, work: &mut Work) {
        let pending = self.pending() + self.extra.as_ref().map_or(0, |extra| extra.backlog as usize);
        let most = self.most_pongs(bytes.len());
        let mut sink = BatchSink::new(self.id, batch, &mut self.credit, MESSAGES_PER_READ, work);
        let mut pongs = Pongs::new(&mut self.out, pending).at_most(most);
        let result = self
            .session
            .receive(&self.settings.session, bytes, &mut sink, &mut pongs);
        let answered = pongs.answered();
        self.note_pongs(answered);
        match result {
            Ok((taken, Progress::Blocked)) => self.input.extend_from_slice(bytes.get(taken..).unwrap_or(&[])),
            Ok(_) => {}
            Err(error) => self.fail(error, batch),
        }
    }

    fn fail(&mut self, error: ProtocolError, batch: &mut Batch) {
        let code = error.close_code().to_le_bytes();
        let message = error.to_string();
        batch.event(
            self.id,
            kind::ERROR,
            &[&code, error.code().as_bytes(), b"\0", message.as_bytes()],
        );
    }

    fn after_read(&mut self, read: Result<(), Errno>, batch: &mut Batch, work: &mut Work) {
        match read {
            Ok(()) | Err(Errno::INTR) => {}
            Err(Errno::AGAIN) if self.is_broken() => self.terminate(false, work),
            Err(Errno::AGAIN) => self.flags.clear(Flags::READABLE),
            Err(Errno::PIPE) => {
                self.flags.clear(Flags::READABLE);
                self.flags.set(Flags::END);
                if self.flags.has(Flags::SHUT) {
                    self.terminate(false, work);
                } else {
                    batch.event(self.id, kind::END, &[]);
                }
            }
            Err(error) => {
                self.note_fault(Fault::Read(error));
                self.terminate(false, work);
            }
        }
    }

    /// Whether it can be served again at once.
    pub fn wants_turn(&mut self) -> bool {
        if self.credit <= 0 && self.has_input() {
            self.flags.set(Flags::STARVED);
        }
        self.enqueue()
    }
}
