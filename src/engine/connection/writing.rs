//! How a connection's output goes out: to the kernel, once a turn, or to the Duplex that JavaScript writes.

use super::flags::Flags;
use super::last::Fault;
use super::{Connection, Work};
use crate::engine::transport::{Errno, Flushed, Segment, Transport};

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

    /// Whether a write has something to do.
    pub fn is_due(&self) -> bool {
        self.pending() > 0 || (self.flags.has(Flags::SHUTDOWN) && !self.flags.has(Flags::SHUT))
    }

    pub(super) fn write(&mut self, work: &mut Work) {
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
                Err(error) => Flushed::Broken(error),
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
            Flushed::Broken(error) => {
                self.note_fault(Fault::Write(error));
                self.give_up_output(work);
            }
        }
        if progress > 0 && self.flags.has(Flags::NOTIFY) {
            self.flags.set(Flags::WRITTEN);
        }
    }

    /// Something was written.
    fn pass_marks(&mut self) {
        if self.pending() == 0 {
            // Only a Duplex, or what is broken, has anything else in it.
            let packing = self.extra.take().and_then(|extra| extra.packing);
            if packing.is_some() {
                self.extra.get_or_insert_default().packing = packing;
            }
        } else if let Some(extra) = self.extra.as_mut() {
            extra.pongs.pass(self.sent);
            if let Some(marks) = &mut extra.marks {
                marks.pass(self.sent);
            }
        }
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
            self.flags.set(Flags::FINISHED);
            if self.flags.has(Flags::HANGUP) {
                self.flags.set(Flags::PARTING);
            }
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
        self.flags.has(Flags::WRITTEN | Flags::DRAINED) || self.flags.has_all(Flags::WATCHED | Flags::FINISHED)
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
