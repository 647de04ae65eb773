//! Which of a session's messages are compressed, and what has to be remembered of them (RFC 7692 section 6)?
//!
//! The work is the [`deflate`](crate::proto::deflate) room's. A compressor stays with the session only within a message;
//! between messages it lies in the pool, where it may be given to others.

use super::send::put;
use super::{Config, Sending, Session, Sink};
use crate::proto::deflate::{Compressor, End, History, Inflating, Pool};
use crate::proto::wire::{FrameHeader, Opcode};

/// What compression remembers between the messages of a connection.
#[derive(Debug, Default)]
pub(super) struct Context {
    /// What the peer may refer to.
    history: History,
    /// Under which name the pool keeps what remembers messages of ours; 0 when it has nothing.
    owner: u64,
    /// The compressor of the message of which not all fragments were sent.
    compressor: Option<Compressor>,
}

impl Context {
    /// Memory held.
    pub(super) fn held(&self) -> usize {
        size_of::<Self>() + self.history.held() + self.compressor.as_ref().map_or(0, Compressor::held)
    }
}

impl Session {
    /// Sends one frame as [`send`](Self::send) does, its message compressed if that was agreed on, `compress` says so, and
    /// it is worth it. `compress` counts at the first frame of a message only; so does its length.
    #[expect(clippy::too_many_arguments, reason = "what a frame is made of")]
    pub fn send_message(
        &mut self,
        config: &Config,
        (opcode, fin): (Opcode, bool),
        payload: &[u8],
        compress: bool,
        key: Option<[u8; 4]>,
        pool: &mut Pool,
        out: &mut Vec<u8>,
    ) {
        if self.close_sent {
            return;
        }
        if !self.compresses(config, payload.len(), compress) {
            return self.send(opcode, fin, payload, key, out);
        }
        let mut packed = pool.take_payload();
        let end = if fin { End::Message } else { End::Frame };
        self.pack(config, payload, end, pool, &mut packed);
        self.send_packed(opcode, fin, &packed, key, out);
        pool.put_payload(packed);
    }

    /// Sends the frame whose payload was [packed](Self::pack) just before.
    pub fn send_packed(&mut self, opcode: Opcode, fin: bool, packed: &[u8], key: Option<[u8; 4]>, out: &mut Vec<u8>) {
        let begins = self.sending == Sending::Nothing;
        let opcode = if begins { opcode } else { Opcode::Continuation };
        let header = FrameHeader {
            rsv1: begins,
            mask: key,
            ..FrameHeader::new(opcode, fin, packed.len() as u64)
        };
        put(header, packed, out);
        self.sending = if fin { Sending::Nothing } else { Sending::Compressed };
    }

    /// Whether [`send_message`](Self::send_message) would compress the frame.
    pub fn compresses(&self, config: &Config, len: usize, compress: bool) -> bool {
        match self.sending {
            Sending::Nothing => compress && config.compressor_for(len).is_some(),
            Sending::Plain => false,
            Sending::Compressed => true,
        }
    }

    /// Compresses a piece of the payload of a frame that [`compresses`](Self::compresses), and appends to `packed` what is
    /// known of it. When the frame has ended, [`send_packed`](Self::send_packed) is next.
    pub fn pack(&mut self, config: &Config, piece: &[u8], end: End, pool: &mut Pool, packed: &mut Vec<u8>) {
        // Within a message the length decides nothing any more.
        let Some((kind, forgets)) = config.compressor_for(usize::MAX) else {
            return;
        };
        let fin = end == End::Message;
        let context = self.context.get_or_insert_default();
        let mut compressor = match context.compressor.take() {
            Some(compressor) => compressor,
            None => pool.take(kind, context.owner),
        };
        pool.compress(&mut compressor, piece, end, packed);
        if !fin {
            context.compressor = Some(compressor);
        } else if forgets {
            pool.give(compressor, 0);
        } else {
            context.name(pool);
            pool.give(compressor, context.owner);
        }
        if fin {
            pool.tally.deflated += 1;
        }
        if forgets && fin && context.is_empty() {
            self.context = None;
        }
    }

    /// What inflates a message that begins now.
    pub(super) fn inflating<S: Sink>(&mut self, config: &Config, sink: &mut S) -> Option<Inflating> {
        let side = config.peer_side()?;
        if side.no_context_takeover {
            return Some(Inflating::begin(sink.pool(), History::default(), side.bits, 0));
        }
        let context = self.context.get_or_insert_default();
        context.name(sink.pool());
        let history = std::mem::take(&mut context.history);
        Some(Inflating::begin(sink.pool(), history, side.bits, context.owner))
    }

    /// A compressed message is complete.
    pub(super) fn inflated(&mut self, inflating: Inflating, message: &[u8], pool: &mut Pool) {
        pool.tally.inflated += 1;
        let history = inflating.end(message, pool);
        if let Some(context) = &mut self.context {
            context.history = history;
        }
    }

    /// The connection ends: its compressor is free for others.
    pub fn release(&mut self, pool: &mut Pool) {
        if let Some(context) = self.context.take()
            && context.owner != 0
        {
            pool.disown(context.owner);
        }
    }
}

impl Context {
    /// Gives it a name, unless it has one.
    fn name(&mut self, pool: &mut Pool) {
        if self.owner == 0 {
            self.owner = pool.owner();
        }
    }

    /// Nothing is remembered.
    fn is_empty(&self) -> bool {
        self.history.held() == 0 && self.owner == 0 && self.compressor.is_none()
    }
}
