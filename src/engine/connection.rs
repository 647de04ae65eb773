//! One connection: a transport, a session and what waits between them.
//!
//! Entry points in the order of a life: [`Connection::new`], [`Connection::serve`] (one read and its events),
//! [`Connection::send`] and [`Connection::close`] (JavaScript's commands), [`Connection::flush`] (one write). It decides
//! nothing about bytes (the session does) nor about time (the reactor does).

use super::deadlines::Tick;
use super::memory::batch::{Batch, MESSAGES_PER_READ, Run, kind};
use super::memory::command::{Command, operation};
use super::sink::BatchSink;
use super::stats::Counters;
use super::transport::{Flushed, Foreign, Queue, Segment, Socket, Token, Transport};
use super::warm::Warm;
use crate::proto::session::{Config, Progress, ProtocolError, Session};
use crate::proto::wire::Opcode;
use rustix::io::Errno;
use std::sync::Arc;
use std::time::Duration;

/// What all connections of a server share.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The protocol's limits.
    pub session: Config,
    /// How long the close handshake may take.
    pub close_timeout: Duration,
    /// Payload bytes (plus 64 a message) that may wait undelivered in JavaScript before reading stops.
    pub receive_credit: i32,
}

impl Settings {
    /// Whether `other` asks for the same.
    pub fn is_same(&self, other: &Self) -> bool {
        let key = |settings: &Self| {
            let Config {
                role,
                max_payload,
                max_fragments,
                max_buffered_chunks,
                skip_utf8_validation,
                auto_pong,
                ..
            } = settings.session;
            let limits = (max_payload, max_fragments, max_buffered_chunks);
            (
                role,
                limits,
                skip_utf8_validation,
                auto_pong,
                settings.close_timeout,
                settings.receive_credit,
            )
        };
        key(self) == key(other)
    }
}

/// What a message costs beside its payload.
pub const MESSAGE_COST: i32 = 64;
/// Reads of one turn into a large message.
const LARGE_READ: usize = 256 << 10;
/// An output buffer above this is not kept.
const KEEP_OUTPUT: usize = 16 << 10;

/// What the reactor lends a connection while it works.
pub struct Work {
    /// Where a read lands first.
    pub scratch: Box<[u8]>,
    /// Memory for large messages.
    pub warm: Warm,
    /// Spare output buffers.
    pub spare: Vec<Vec<u8>>,
    /// By-reference payloads that are done with.
    pub released: Vec<Token>,
    /// What `stats()` tells.
    pub counters: Counters,
}

/// A connection's yes-or-no state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Flags(u16);

impl Flags {
    const READABLE: u16 = 1;
    const WRITABLE: u16 = 1 << 1;
    /// The kernel reported an end or an error: reads go on until they say so.
    const HANGUP: u16 = 1 << 2;
    const PAUSED: u16 = 1 << 3;
    /// Some output did not go out at once.
    const BLOCKED: u16 = 1 << 4;
    /// JavaScript waits for output to be out.
    const NOTIFY: u16 = 1 << 5;
    /// To be told: that output is out.
    const WRITTEN: u16 = 1 << 6;
    /// To be told: that stuck output is out.
    const DRAINED: u16 = 1 << 7;
    /// Half-close when the output is out.
    const SHUTDOWN: u16 = 1 << 8;
    /// Our FIN is sent.
    const SHUT: u16 = 1 << 9;
    /// The peer's FIN is read.
    const END: u16 = 1 << 10;
    /// The transport is gone; the last event is due.
    const GONE: u16 = 1 << 11;
    const QUEUED: u16 = 1 << 12;
    const DIRTY: u16 = 1 << 13;
    const STARVED: u16 = 1 << 14;

    fn has(self, flag: u16) -> bool {
        self.0 & flag != 0
    }

    fn set(&mut self, flag: u16) {
        self.0 |= flag;
    }

    fn clear(&mut self, flag: u16) {
        self.0 &= !flag;
    }

    /// Sets it; whether it was not set before.
    fn raise(&mut self, flag: u16) -> bool {
        let fresh = !self.has(flag);
        self.set(flag);
        fresh
    }
}

/// A live connection.
pub struct Connection {
    id: u32,
    flags: Flags,
    credit: i32,
    /// The last batch scope it occurred in.
    scope: u32,
    deadline: Tick,
    transport: Transport,
    session: Session,
    settings: Arc<Settings>,
    /// Output that is next to go; `queue` goes before it.
    out: Vec<u8>,
    queue: Option<Box<Queue>>,
    /// Bytes read but not taken by the session, for want of credit or room.
    input: Vec<u8>,
    /// Framed bytes JavaScript asked to send.
    asked: u64,
    received: u64,
    sent: u64,
}

impl Connection {
    /// A connection that writes `response` first and takes `leftover` as its first input.
    pub fn new(id: u32, transport: Transport, settings: Arc<Settings>, response: &[u8], leftover: &[u8]) -> Self {
        let mut flags = Flags::default();
        // A taken-over socket has just carried a request: trying to write is cheaper than waiting to be told.
        flags.set(Flags::WRITABLE);
        Self {
            id,
            flags,
            credit: settings.receive_credit,
            scope: 0,
            deadline: Tick::NEVER,
            transport,
            session: Session::new(),
            settings,
            out: response.to_vec(),
            queue: None,
            input: leftover.to_vec(),
            asked: 0,
            received: 0,
            sent: 0,
        }
    }

    /// Its id.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Bytes read and written since the takeover.
    pub fn counts(&self) -> (u64, u64) {
        (self.received, self.sent)
    }

    /// How long its close handshake may take.
    pub fn close_timeout(&self) -> Duration {
        self.settings.close_timeout
    }

    /// The socket, unless it is a Duplex or gone.
    pub fn socket(&self) -> Option<&Socket> {
        match &self.transport {
            Transport::Socket(socket) if !self.is_gone() => Some(socket),
            _ => None,
        }
    }

    /// Whether JavaScript does its input and output.
    pub fn is_duplex(&self) -> bool {
        matches!(self.transport, Transport::Duplex)
    }

    /// Whether only its last event is left.
    pub fn is_gone(&self) -> bool {
        self.flags.has(Flags::GONE)
    }

    /// Output that is not out yet.
    pub fn pending(&self) -> usize {
        self.out.len() + self.queue.as_ref().map_or(0, |queue| queue.len())
    }

    /// Memory held for it: output, and input that waits for credit.
    pub fn held(&self) -> usize {
        self.pending() + self.input.len()
    }

    /// How much of what JavaScript sent is out.
    pub fn written(&self) -> u64 {
        self.asked.saturating_sub(self.pending() as u64)
    }

    /// Notes what the kernel reported; whether it can be served or written now.
    pub fn ready(&mut self, readable: bool, writable: bool, hangup: bool) {
        if readable || hangup {
            self.flags.set(Flags::READABLE);
        }
        if hangup {
            self.flags.set(Flags::HANGUP);
        }
        if writable {
            self.flags.set(Flags::WRITABLE);
        }
    }

    /// Whether a turn has something to do for it; then it counts as queued.
    pub fn enqueue(&mut self) -> bool {
        let wanted = self.is_gone()
            || self.flags.has(Flags::WRITTEN | Flags::DRAINED)
            || (self.has_input() && !self.flags.has(Flags::PAUSED | Flags::STARVED));
        wanted && self.flags.raise(Flags::QUEUED)
    }

    fn has_input(&self) -> bool {
        !self.flags.has(Flags::END) && (self.flags.has(Flags::READABLE) || !self.input.is_empty())
    }

    /// Whether it has output to be tried; then it counts as on the write list.
    pub fn mark_dirty(&mut self) -> bool {
        self.flags.raise(Flags::DIRTY)
    }

    /// Whether the batch scope `scope` has events of it already; now it has.
    pub fn enter_scope(&mut self, scope: u32) -> bool {
        std::mem::replace(&mut self.scope, scope) == scope
    }

    /// Credit came back.
    pub fn restore_credit(&mut self, credit: i32) {
        self.credit += credit;
        if self.credit > 0 {
            self.flags.clear(Flags::STARVED);
        }
    }

    /// Whether it waits for credit.
    pub fn is_starved(&self) -> bool {
        self.flags.has(Flags::STARVED)
    }

    /// Appends a frame JavaScript asked for; `foreign` is its payload when it goes by reference.
    pub fn send(&mut self, command: &Command<'_>, foreign: Option<Foreign>, work: &mut Work) {
        let Some(opcode) = Opcode::from_bits((command.flags & operation::OPCODE) as u8) else {
            return;
        };
        let fin = command.has(operation::FIN);
        let mask = command.has(operation::MASK).then(crate::proto::wire::mask::random_key);
        let length = foreign
            .as_ref()
            .map_or(command.body.len(), |bytes| bytes.as_slice().len());
        self.asked += framed_length(length, mask.is_some());
        if command.has(operation::NOTIFY) {
            self.flags.set(Flags::NOTIFY);
        }
        if self.session.close_sent() || self.is_gone() || self.flags.has(Flags::SHUT) {
            work.released.extend(foreign.map(|bytes| bytes.token()));
            return;
        }
        work.counters.message_out(opcode, length);
        self.lend_output(work);
        match foreign {
            None => self.session.send(opcode, fin, command.body, mask, &mut self.out),
            Some(bytes) if mask.is_some() => {
                self.session.send(opcode, fin, bytes.as_slice(), mask, &mut self.out);
                work.released.push(bytes.token());
            }
            Some(bytes) => {
                self.session.send_header(opcode, fin, length, &mut self.out);
                self.queue_output();
                self.queue.get_or_insert_default().push(Segment::Foreign(bytes, 0));
            }
        }
    }

    /// Sends the close frame.
    pub fn close(&mut self, code: u32, reason: &[u8], mask: bool, work: &mut Work) {
        let mask = mask.then(crate::proto::wire::mask::random_key);
        let code = u16::try_from(code).ok().filter(|code| *code != 0);
        if !self.is_gone() && !self.flags.has(Flags::SHUT) {
            self.lend_output(work);
            self.session.send_close(code, reason, mask, &mut self.out);
        }
    }

    /// Half-closes once the output is out.
    pub fn shutdown(&mut self) {
        self.flags.set(Flags::SHUTDOWN);
    }

    /// When it is dropped if it is not closed by then.
    pub fn deadline(&self) -> Tick {
        self.deadline
    }

    /// Sets that.
    pub fn set_deadline(&mut self, deadline: Tick) {
        self.deadline = deadline;
    }

    /// Stops or goes on reading.
    pub fn set_paused(&mut self, paused: bool) {
        if paused {
            self.flags.set(Flags::PAUSED);
        } else {
            self.flags.clear(Flags::PAUSED);
        }
    }

    /// Drops the transport; the last event follows.
    pub fn terminate(&mut self, reset: bool, work: &mut Work) {
        if let (true, Transport::Socket(socket)) = (reset, &self.transport) {
            socket.reset_on_close();
        }
        if !self.is_duplex() {
            self.transport = Transport::Gone;
        }
        self.flags.set(Flags::GONE);
        self.out = Vec::new();
        self.input = Vec::new();
        if let Some(queue) = &mut self.queue {
            queue.clear(&mut work.released);
        }
    }

    fn lend_output(&mut self, work: &mut Work) {
        if self.out.capacity() == 0
            && let Some(spare) = work.spare.pop()
        {
            self.out = spare;
        }
    }

    fn queue_output(&mut self) {
        if !self.out.is_empty() {
            let bytes = std::mem::take(&mut self.out);
            self.queue.get_or_insert_default().push(Segment::Own(bytes, 0));
        }
    }
}

/// The length of a frame with a payload of `length` bytes.
fn framed_length(length: usize, masked: bool) -> u64 {
    let header = match length {
        0..=125 => 2,
        126..=0xffff => 4,
        _ => 10,
    };
    (length + header + if masked { 4 } else { 0 }) as u64
}

/// Writing.
impl Connection {
    /// Writes what is due, once; whether the connection has news for JavaScript or an end to reach.
    pub fn flush(&mut self, work: &mut Work) {
        self.flags.clear(Flags::DIRTY);
        if self.is_gone() || self.is_duplex() {
            return;
        }
        if self.pending() > 0 {
            if !self.flags.has(Flags::WRITABLE) {
                return;
            }
            self.write(work);
        }
        if self.pending() == 0 && !self.is_gone() {
            self.after_output(work);
        }
    }

    fn write(&mut self, work: &mut Work) {
        let Transport::Socket(socket) = &self.transport else {
            return;
        };
        let before = self.pending();
        let direct = self.queue.as_ref().is_none_or(|queue| queue.is_empty());
        let flushed = if direct {
            work.counters.sends += 1;
            match socket.send(&self.out) {
                Ok(taken) if taken == self.out.len() => Flushed::All,
                Ok(taken) => {
                    let bytes = std::mem::take(&mut self.out);
                    self.queue.get_or_insert_default().push(Segment::Own(bytes, taken));
                    Flushed::Full
                }
                Err(Errno::AGAIN | Errno::INTR) => Flushed::Full,
                Err(_) => Flushed::Broken,
            }
        } else {
            self.flush_queue(work)
        };
        if flushed == Flushed::All {
            self.recycle_output(work);
        }
        self.note_written(flushed, before - self.pending(), work);
    }

    fn flush_queue(&mut self, work: &mut Work) -> Flushed {
        self.queue_output();
        let (Transport::Socket(socket), Some(queue)) = (&self.transport, &mut self.queue) else {
            return Flushed::All;
        };
        let (flushed, _) = queue.flush(socket, &mut work.released, &mut work.counters.sends);
        if queue.is_empty() {
            self.queue = None;
        }
        flushed
    }

    fn recycle_output(&mut self, work: &mut Work) {
        let mut bytes = std::mem::take(&mut self.out);
        if bytes.capacity() > 0 && bytes.capacity() <= KEEP_OUTPUT && work.spare.len() < 64 {
            bytes.clear();
            work.spare.push(bytes);
        }
    }

    fn note_written(&mut self, flushed: Flushed, progress: usize, work: &mut Work) {
        self.sent += progress as u64;
        work.counters.bytes_out += progress as u64;
        match flushed {
            Flushed::All => {}
            Flushed::Full => {
                self.flags.clear(Flags::WRITABLE);
                self.flags.set(Flags::BLOCKED);
            }
            // The peer is gone: nothing more will go out, and reading finds the end.
            Flushed::Broken => {
                self.flags.clear(Flags::WRITABLE);
                self.flags.set(Flags::HANGUP | Flags::READABLE);
                self.flags.clear(Flags::PAUSED);
            }
        }
        if progress > 0 && self.flags.has(Flags::NOTIFY) {
            self.flags.set(Flags::WRITTEN);
        }
    }

    /// All output is out: tell, answer the ping that had to wait, end what wants to end.
    fn after_output(&mut self, work: &mut Work) {
        if self.flags.has(Flags::BLOCKED) {
            self.flags.clear(Flags::BLOCKED);
            self.flags.set(Flags::DRAINED);
            self.session.drained(&self.settings.session, &mut self.out);
            if !self.out.is_empty() {
                return self.write(work);
            }
        }
        if self.session.close_sent() && (self.session.close_received() || self.session.failed()) {
            self.flags.set(Flags::SHUTDOWN);
        }
        if self.flags.has(Flags::SHUTDOWN) && self.flags.raise(Flags::SHUT) {
            if let Transport::Socket(socket) = &self.transport {
                socket.shutdown();
            }
            if self.flags.has(Flags::END) {
                self.terminate(false, work);
            }
        }
    }

    /// JavaScript looks at the ledger itself after a write on its own thread.
    pub fn forget_written(&mut self) {
        self.flags.clear(Flags::WRITTEN);
        if self.pending() == 0 {
            self.flags.clear(Flags::NOTIFY);
        }
    }

    /// What a Duplex has to write, and whether it has to end after that.
    pub fn take_output(&mut self) -> (Vec<Segment>, bool) {
        self.flags.clear(Flags::DIRTY);
        self.sent += self.pending() as u64;
        let mut parts: Vec<Segment> = self
            .queue
            .take()
            .map_or_else(Vec::new, |mut queue| queue.drain().collect());
        if !self.out.is_empty() {
            parts.push(Segment::Own(std::mem::take(&mut self.out), 0));
        }
        let done = self.session.close_sent() && (self.session.close_received() || self.session.failed());
        let end = (done || self.flags.has(Flags::SHUTDOWN)) && self.flags.raise(Flags::SHUT);
        (parts, end)
    }
}

/// Reading.
impl Connection {
    /// News, then at most one read. The events are one run of `batch`; true: it is over and this was its last.
    pub fn serve(&mut self, batch: &mut Batch, work: &mut Work) -> bool {
        self.flags.clear(Flags::QUEUED);
        self.tell(batch);
        if !self.is_gone() && !self.flags.has(Flags::PAUSED) {
            if self.credit > 0 {
                self.read(batch, work);
            } else {
                self.flags.set(Flags::STARVED);
            }
        }
        if self.is_gone() {
            self.say_goodbye(batch);
        }
        self.is_gone()
    }

    /// Input for a Duplex. `None` is its end.
    pub fn input(&mut self, bytes: Option<&[u8]>, batch: &mut Batch, work: &mut Work) {
        let Some(bytes) = bytes else {
            if self.flags.raise(Flags::END) && !self.flags.has(Flags::SHUT) {
                self.single(batch, kind::END);
            }
            return;
        };
        self.received += bytes.len() as u64;
        work.counters.bytes_in += bytes.len() as u64;
        if self.is_deaf() {
            return;
        }
        if self.input.is_empty() {
            self.run(batch, work, |this, batch, work| this.take(bytes, batch, work));
        } else {
            self.input.extend_from_slice(bytes);
            self.flags.set(Flags::READABLE);
        }
    }

    fn tell(&mut self, batch: &mut Batch) {
        if self.flags.has(Flags::WRITTEN) {
            self.forget_written();
            self.single(batch, kind::WRITTEN);
        }
        if self.flags.has(Flags::DRAINED) {
            self.flags.clear(Flags::DRAINED);
            self.single(batch, kind::DRAIN);
        }
    }

    /// The last event: how many bytes were read and written in all.
    #[expect(clippy::cast_precision_loss, reason = "JavaScript has no other number")]
    fn say_goodbye(&self, batch: &mut Batch) {
        let first = batch.events();
        let (read, written) = ((self.received as f64).to_le_bytes(), (self.sent as f64).to_le_bytes());
        batch.event(self.id, kind::CLOSED, &[&read, &written]);
        batch.close_run(first, Run { id: self.id, cost: 0 });
    }

    fn single(&self, batch: &mut Batch, kind: u32) {
        let first = batch.events();
        batch.event(self.id, kind, &[]);
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
        let length = socket.receive(&mut work.scratch)?;
        self.count_read(length, work.scratch.len(), work)
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
            let (session, mut sink) = self.split(batch, work);
            let done = session.0.assembled(session.1, length, &mut sink);
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
        let pending = self.pending() - self.out.len();
        let had = self.out.len();
        self.lend_output(work);
        let mut out = std::mem::take(&mut self.out);
        let pending = pending + had;
        let (session, mut sink) = self.split(batch, work);
        let result = session.0.receive(session.1, bytes, &mut sink, &mut out, pending);
        self.out = out;
        match result {
            Ok((taken, Progress::Blocked)) => self.input.extend_from_slice(bytes.get(taken..).unwrap_or(&[])),
            Ok(_) => {}
            Err(error) => self.fail(error, batch),
        }
    }

    fn split<'a>(
        &'a mut self,
        batch: &'a mut Batch,
        work: &'a mut Work,
    ) -> ((&'a mut Session, &'a Config), BatchSink<'a>) {
        let sink = BatchSink::new(self.id, batch, &mut self.credit, MESSAGES_PER_READ, work);
        ((&mut self.session, &self.settings.session), sink)
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
            Err(_) => self.terminate(false, work),
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
