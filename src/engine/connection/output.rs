//! What a connection sends: JavaScript's commands become frames. How these become writes is in `writing`.

use super::flags::Flags;
use super::marks::Marks;
use super::{Connection, Work};
use crate::engine::memory::command::{Command, operation};
use crate::engine::transport::{Foreign, Segment};
use crate::proto::wire::{FrameHeader, MAX_HEADER_LEN, Opcode};

impl Connection {
    /// Appends a frame JavaScript asked for; `foreign` is its payload when it goes by reference.
    pub fn send(&mut self, command: &Command<'_>, foreign: Option<Foreign>, work: &mut Work) {
        let fin = command.has(operation::FIN);
        let mask = command.has(operation::MASK).then(|| work.key_for(self.id));
        let length = foreign
            .as_ref()
            .map_or(command.body.len(), |bytes| bytes.as_slice().len());
        let Some((opcode, before)) = self.begin_frame(command, length, work) else {
            work.released.extend(foreign.map(|bytes| bytes.token()));
            return;
        };
        let compress = !command.has(operation::PLAIN);
        match foreign {
            foreign if self.compresses(opcode, length, compress) => {
                let payload = foreign.as_ref().map_or(command.body, Foreign::as_slice);
                let rules = &self.settings.session;
                let Work {
                    effort, pool, released, ..
                } = work;
                *effort += length;
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

    /// Counts a frame with a payload of `length` bytes as asked for; what it is, and how much was out before it. Nothing if
    /// it may not be sent any more: what is dropped never counts as written.
    pub(super) fn begin_frame(
        &mut self,
        command: &Command<'_>,
        length: usize,
        work: &mut Work,
    ) -> Option<(Opcode, u64)> {
        let opcode = Opcode::from_bits((command.flags & operation::OPCODE) as u8)?;
        if command.has(operation::NOTIFY) {
            self.flags.set(Flags::NOTIFY);
        }
        if self.is_closed() {
            return None;
        }
        let before = self.written();
        self.asked += framed_length(length, command.has(operation::MASK));
        work.counters.message_out(opcode, length);
        self.lend_output(work);
        Some((opcode, before))
    }

    /// Whether nothing may follow what was sent.
    pub(super) fn is_closed(&self) -> bool {
        self.session.close_sent() || self.is_gone() || self.flags.has(Flags::SHUTDOWN | Flags::SHUT)
    }

    /// Whether a data frame goes out compressed.
    pub(super) fn compresses(&self, opcode: Opcode, length: usize, compress: bool) -> bool {
        let rules = &self.settings.session;
        rules.deflate.is_some() && !opcode.is_control() && self.session.compresses(rules, length, compress)
    }

    /// A frame was added to the output of a connection that compresses; `before` was out then.
    pub(super) fn mark(&mut self, before: u64) {
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

    pub(super) fn lend_output(&mut self, work: &mut Work) {
        if self.out.capacity() == 0
            && let Some(spare) = work.spare.pop()
        {
            self.out = spare;
        }
    }

    pub(super) fn queue_output(&mut self) {
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
