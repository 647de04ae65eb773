//! What a connection sends: JavaScript's commands become frames, frames become writes.

use super::flags::Flags;
use super::marks::Marks;
use super::{Connection, Work};
use crate::engine::deadlines::Tick;
use crate::engine::memory::command::{Command, operation};
use crate::engine::transport::{Errno, Flushed, Foreign, Segment, Transport};
use crate::proto::wire::{FrameHeader, MAX_HEADER_LEN, Opcode};

/// Commands.
impl Connection {
    /// Appends a frame JavaScript asked for; `foreign` is its payload when it goes by reference.
    pub fn send(&mut self, command: &Command<'_>, foreign: Option<Foreign>, work: &mut Work) {
        let Some(opcode) = Opcode::from_bits((command.flags & operation::OPCODE) as u8) else {
            return;
        };
        let fin = command.has(operation::FIN);
        let mask = command.has(operation::MASK).then(|| work.key_for(self.id));
        let length = foreign
            .as_ref()
            .map_or(command.body.len(), |bytes| bytes.as_slice().len());
        if command.has(operation::NOTIFY) {
            self.flags.set(Flags::NOTIFY);
        }
        // What is dropped here never counts as written.
        if self.is_closed() {
            work.released.extend(foreign.map(|bytes| bytes.token()));
            return;
        }
        let before = self.written();
        self.asked += framed_length(length, mask.is_some());
        work.counters.message_out(opcode, length);
        self.lend_output(work);
        let compress = !command.has(operation::PLAIN);
        match foreign {
            foreign if self.compresses(opcode, length, compress) => {
                let payload = foreign.as_ref().map_or(command.body, Foreign::as_slice);
                let rules = &self.settings.session;
                let Work { pool, released, .. } = work;
                self.session
                    .send_message(rules, (opcode, fin), payload, compress, mask, pool, &mut self.out);
                released.extend(foreign.map(|bytes| bytes.token()));
            }
            None => self.session.send(opcode, fin, command.body, mask, &mut self.out),
            // The application's own memory stays as it is; and large pieces are not put into one, which would be moved as
            // it grows.
            Some(bytes) if mask.is_some() => {
                let mut frame = Vec::with_capacity(MAX_HEADER_LEN + length);
                self.session.send(opcode, fin, bytes.as_slice(), mask, &mut frame);
                work.released.push(bytes.token());
                self.queue_output();
                self.queue.get_or_insert_default().push(Segment::Own(frame, 0));
            }
            Some(bytes) => {
                self.session.send_header(opcode, fin, length, &mut self.out);
                self.queue_output();
                self.queue.get_or_insert_default().push(Segment::Foreign(bytes, 0));
            }
        }
        self.mark(before);
    }

    /// Whether nothing may follow what was sent.
    fn is_closed(&self) -> bool {
        self.session.close_sent() || self.is_gone() || self.flags.has(Flags::SHUTDOWN | Flags::SHUT)
    }

    /// Whether a data frame goes out compressed.
    fn compresses(&self, opcode: Opcode, length: usize, compress: bool) -> bool {
        let rules = &self.settings.session;
        rules.deflate.is_some() && !opcode.is_control() && self.session.compresses(rules, length, compress)
    }

    /// Something was written.
    fn pass_marks(&mut self) {
        if self.pending() == 0 {
            // Only a Duplex has anything else in it.
            self.extra = None;
        } else if let Some(marks) = self.extra.as_mut().and_then(|extra| extra.marks.as_mut()) {
            marks.pass(self.sent);
        }
    }

    /// A frame was added to the output of a connection that compresses; `before` was out then.
    fn mark(&mut self, before: u64) {
        if self.settings.session.deflate.is_none() || self.is_duplex() {
            return;
        }
        let end = self.sent + self.pending() as u64;
        let extra = self.extra.get_or_insert_default();
        extra
            .marks
            .get_or_insert_with(|| Marks::from(before))
            .add(end, self.asked);
    }

    /// Appends a frame that JavaScript has encoded itself: the command's body, then `foreign`.
    pub fn send_raw(&mut self, command: &Command<'_>, foreign: Option<Foreign>, work: &mut Work) {
        if command.has(operation::NOTIFY) {
            self.flags.set(Flags::NOTIFY);
        }
        if self.is_closed() {
            work.released.extend(foreign.map(|bytes| bytes.token()));
            return;
        }
        let length = foreign.as_ref().map_or(0, |bytes| bytes.as_slice().len());
        let before = self.written();
        self.asked += (command.body.len() + length) as u64;
        if let Ok(Some((header, _))) = FrameHeader::parse(command.body) {
            work.counters.message_out(header.opcode, header.len as usize);
        }
        self.lend_output(work);
        self.out.extend_from_slice(command.body);
        if let Some(bytes) = foreign {
            self.queue_output();
            self.queue.get_or_insert_default().push(Segment::Foreign(bytes, 0));
        }
        self.mark(before);
    }

    /// Sends the close frame.
    pub fn close(&mut self, code: u32, reason: &[u8], mask: bool, work: &mut Work) {
        let mask = mask.then(|| work.key_for(self.id));
        let code = u16::try_from(code).ok().filter(|code| *code != 0);
        if !self.is_gone() && !self.flags.has(Flags::SHUTDOWN | Flags::SHUT) {
            self.lend_output(work);
            self.session.send_close(code, reason, mask, &mut self.out);
        }
    }

    /// Half-closes once the output is out.
    pub fn shutdown(&mut self) {
        self.flags.set(Flags::SHUTDOWN);
    }

    /// Whether the peer's FIN is read.
    pub fn is_ended(&self) -> bool {
        self.flags.has(Flags::END)
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
        let is_given_up =
            self.flags.has(Flags::SHUT) && self.flags.has(Flags::HANGUP) && !self.flags.has(Flags::WRITABLE);
        if paused && !is_given_up {
            self.flags.set(Flags::PAUSED);
        } else {
            self.flags.clear(Flags::PAUSED);
        }
    }

    /// JavaScript drops the connection. What it sent before is offered to the kernel, as it would have been by then had
    /// every call crossed at once.
    pub fn drop_after_output(&mut self, reset: bool, work: &mut Work) {
        if self.pending() > 0 && self.flags.has(Flags::WRITABLE) && !self.is_gone() {
            self.write(work);
        }
        self.terminate(reset, work);
    }

    /// The same for a Duplex whose output is told: it is told before the last event.
    pub fn end_after_output(&mut self) {
        self.flags.set(Flags::GONE);
    }

    /// Drops the transport; the last event follows.
    pub fn terminate(&mut self, reset: bool, work: &mut Work) {
        // What is dropped now never counts as written.
        self.asked = self.written();
        if let (true, Transport::Socket(socket)) = (reset, &self.transport) {
            socket.reset_on_close();
        }
        if !self.is_duplex() {
            self.transport = Transport::Gone;
        }
        self.flags.set(Flags::GONE);
        work.advances.settle(self.id);
        self.session.release(&mut work.pool);
        self.extra = None;
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
                Err(Errno::AGAIN) => Flushed::Full,
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
        work.recycle(std::mem::take(&mut self.out));
    }

    fn note_written(&mut self, flushed: Flushed, progress: usize, work: &mut Work) {
        self.sent += progress as u64;
        work.counters.bytes_out += progress as u64;
        self.pass_marks();
        match flushed {
            Flushed::All => {}
            Flushed::Full => {
                self.flags.clear(Flags::WRITABLE);
                self.flags.set(Flags::BLOCKED);
            }
            Flushed::Broken => self.give_up_output(work),
        }
        if progress > 0 && self.flags.has(Flags::NOTIFY) {
            self.flags.set(Flags::WRITTEN);
        }
    }

    /// The peer is gone: nothing more will go out, our FIN neither, and what it sent before is all there is.
    fn give_up_output(&mut self, work: &mut Work) {
        self.flags.clear(Flags::WRITABLE | Flags::PAUSED);
        self.flags.set(Flags::HANGUP | Flags::READABLE | Flags::SHUT);
        // Nobody reads any more who could find out.
        if self.is_ended() {
            self.terminate(false, work);
        }
    }

    /// The kernel reported an error. It is found by the next read, but a paused connection would not read for who knows
    /// how long.
    pub fn note_reset(&mut self, work: &mut Work) {
        if self.flags.has(Flags::PAUSED) && !self.is_gone() {
            self.give_up_output(work);
        }
    }

    /// Whether it has output that can never go out.
    pub(super) fn is_broken(&self) -> bool {
        self.flags.has(Flags::SHUT) && self.pending() > 0
    }

    /// All output is out: tell, answer the ping that had to wait, end what wants to end.
    fn after_output(&mut self, work: &mut Work) {
        if self.flags.has(Flags::BLOCKED) {
            self.flags.clear(Flags::BLOCKED);
            self.flags.set(Flags::DRAINED);
            self.session.drained(&self.settings.session, &mut self.out);
            if !self.out.is_empty() {
                self.write(work);
            }
            if self.pending() > 0 {
                return;
            }
        }
        if self.session.close_sent() && (self.session.close_received() || self.session.failed()) {
            self.flags.set(Flags::SHUTDOWN);
        }
        if self.flags.has(Flags::SHUTDOWN) && self.flags.raise(Flags::SHUT) {
            if self.is_ended() {
                // Closing sends the FIN, as nothing is left to be read.
                self.terminate(false, work);
            } else if let Transport::Socket(socket) = &self.transport {
                socket.shutdown();
            }
        }
    }

    /// Whether there is something to tell of its output.
    pub fn has_news(&self) -> bool {
        self.flags.has(Flags::WRITTEN | Flags::DRAINED)
    }

    /// JavaScript knows that output is out.
    pub fn forget_written(&mut self) {
        self.flags.clear(Flags::WRITTEN);
        if self.pending() == 0 {
            self.flags.clear(Flags::NOTIFY);
        }
    }

    /// A Duplex has passed everything on: the ping that had to wait is answered.
    pub fn passed_on(&mut self) {
        self.set_backlog(0);
        self.session.drained(&self.settings.session, &mut self.out);
    }

    /// How much JavaScript has sent.
    pub fn asked(&self) -> u64 {
        self.asked
    }

    /// What a Duplex has to write: what was queued, what comes after it, and whether it has to end then.
    pub fn take_output(&mut self) -> (Vec<Segment>, Vec<u8>, bool) {
        self.flags.clear(Flags::DIRTY);
        self.sent += self.pending() as u64;
        let queued = self
            .queue
            .take()
            .map_or_else(Vec::new, |mut queue| queue.drain().collect());
        let out = std::mem::take(&mut self.out);
        let done = self.session.close_sent() && (self.session.close_received() || self.session.failed());
        let end = (done || self.flags.has(Flags::SHUTDOWN)) && self.flags.raise(Flags::SHUT);
        (queued, out, end)
    }
}
