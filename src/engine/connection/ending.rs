//! How a connection ends: by a close frame and our FIN, in time, by force, or because it broke.

use super::flags::Flags;
use super::{Connection, Work};
use crate::engine::deadlines::Tick;
use crate::engine::memory::command::{Command, operation};
use crate::engine::transport::Transport;

/// By handshake, and in time.
impl Connection {
    /// Sends the close frame.
    pub fn close(&mut self, command: &Command<'_>, work: &mut Work) {
        let mask = command.has(operation::MASK).then(|| work.key_for(self.id));
        let code = u16::try_from(command.word(0)).ok().filter(|code| *code != 0);
        let reason = command.body.get(4..).unwrap_or(&[]);
        if !self.is_gone() && !self.flags.has(Flags::SHUTDOWN | Flags::SHUT) {
            self.lend_output(work);
            self.session.send_close(code, reason, mask, &mut self.out);
        }
    }

    /// Half-closes once the output is out.
    pub fn shutdown(&mut self) {
        self.flags.set(Flags::SHUTDOWN);
    }

    /// JavaScript waits to hear when our FIN is out.
    pub fn watch(&mut self) {
        self.flags.set(Flags::WATCHED);
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
}

/// By force.
impl Connection {
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
        let written = self.written();
        if let Some(packing) = self.extra.as_mut().and_then(|extra| extra.packing.take()) {
            work.released.extend(packing.tokens());
        }
        if !self.is_gone() {
            self.note_last();
        }
        self.asked = written;
        if let (true, Transport::Socket(socket)) = (reset, &self.transport) {
            socket.reset_on_close();
        }
        if let (true, Some(set), Transport::Socket(socket)) = (self.is_placed(), &work.loop_set, &self.transport) {
            set.remove(socket);
        }
        if !self.is_duplex() {
            self.transport = Transport::Gone;
        }
        self.flags.set(Flags::GONE);
        work.advances.settle(self.id);
        self.session.release(&mut work.pool);
        self.out = Vec::new();
        self.input = Vec::new();
        if let Some(queue) = &mut self.queue {
            queue.clear(&mut work.released);
        }
    }

    /// The peer is gone: nothing more will go out, our FIN neither, and what it sent before is all there is.
    pub(super) fn give_up_output(&mut self, work: &mut Work) {
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
}
