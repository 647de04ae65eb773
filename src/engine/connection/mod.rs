//! One connection: a transport, a session and what waits between them.
//!
//! Entry points in the order of a life: [`Connection::new`], [`Connection::serve`] (one read and its events),
//! [`Connection::send`] and [`Connection::close`] (JavaScript's commands), [`Connection::flush`] (one write). It decides
//! nothing about bytes (the session does) nor about time (the reactor does).

mod ending;
mod flags;
mod input;
mod last;
mod marks;
mod output;
mod packing;
mod pongs;
mod writing;

use super::advances::Advances;
use super::deadlines::Tick;
use super::memory::batch::READ;
use super::settings::Settings;
use super::stats::Counters;
use super::transport::{LoopSet, Queue, Ready, Socket, Token, Transport};
use super::warm::Warm;
use crate::proto::deflate::Pool;
use crate::proto::session::Session;
use crate::proto::wire::random_key;
use flags::Flags;
use last::{Fault, Last};
use marks::Marks;
use packing::Packing;
use pongs::Pongs;
use std::sync::Arc;
use std::time::Duration;

/// What a message costs beside its payload.
pub const MESSAGE_COST: i32 = 64;
/// A read is not made smaller than this for want of credit.
const SMALL_READ: usize = 64 << 10;
/// Reads of one turn into a large message.
const LARGE_READ: usize = 256 << 10;
/// An output buffer above this is not kept.
const KEEP_OUTPUT: usize = 16 << 10;
/// So many of them.
const KEEP_SPARE: usize = 64;
/// A turn compresses and inflates about so many bytes before others get theirs.
pub const EFFORT: usize = 256 << 10;

/// What the reactor lends a connection while it works.
pub struct Work {
    /// Where a read lands first.
    pub scratch: Box<[u8]>,
    /// Memory for large messages.
    pub warm: Warm,
    /// Who has more of it than arrived.
    pub advances: Advances,
    /// Spare output buffers.
    pub spare: Vec<Vec<u8>>,
    /// By-reference payloads that are done with.
    pub released: Vec<Token>,
    /// What compresses and inflates.
    pub pool: Pool,
    /// What `stats()` tells.
    pub counters: Counters,
    /// A connection, and the masking key the application chose for its next frame.
    pub key: Option<(u32, [u8; 4])>,
    /// By-reference payloads stay as they are until they are released.
    pub keeps_foreign: bool,
    /// Bytes that were compressed or inflated in this turn.
    pub effort: usize,
    /// The set of the event loop, if sockets stand in it.
    pub loop_set: Option<LoopSet>,
}

impl Work {
    /// Whether a turn has done enough.
    #[inline]
    pub fn is_tired(&self) -> bool {
        self.effort >= EFFORT
    }

    /// The key for the next frame of a connection.
    #[inline]
    pub fn key_for(&mut self, id: u32) -> [u8; 4] {
        match self.key.take() {
            Some((chosen_by, key)) if chosen_by == id => key,
            _ => random_key(),
        }
    }

    /// An output buffer is used up.
    pub fn recycle(&mut self, mut bytes: Vec<u8>) {
        if bytes.capacity() > 0 && bytes.capacity() <= KEEP_OUTPUT && self.spare.len() < KEEP_SPARE {
            bytes.clear();
            self.spare.push(bytes);
        }
    }

    /// Where a read lands first.
    pub fn scratch() -> Box<[u8]> {
        vec![0; READ].into_boxed_slice()
    }

    /// What a connection had borrowed when it panicked is made anew.
    pub fn mend(&mut self) {
        if self.scratch.is_empty() {
            self.scratch = Self::scratch();
        }
    }
}

/// What few connections have.
#[derive(Default)]
struct Extra {
    /// A Duplex: bytes it was given and has not passed on.
    backlog: u32,
    /// Compressed output: which of what JavaScript asked to send is out.
    marks: Option<Marks>,
    /// A large message that is being compressed.
    packing: Option<Box<Packing>>,
    /// Automatic pongs that are not out.
    pongs: Pongs,
    /// What broke it.
    fault: Option<Fault>,
    /// What is told at its end.
    last: Option<Last>,
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
    extra: Option<Box<Extra>>,
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
            extra: None,
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

    /// Output that the kernel would not take.
    pub fn refused(&self) -> u64 {
        if self.flags.has(Flags::BLOCKED) {
            self.pending() as u64
        } else {
            0
        }
    }

    /// Memory held for it: output, input that waits, and what the session has of messages under way and of earlier ones.
    pub fn held(&self) -> usize {
        let output = self.out.capacity() + self.queue.as_ref().map_or(0, |queue| queue.held());
        let packing = self.extra.as_ref().and_then(|extra| extra.packing.as_ref());
        output + self.input.capacity() + self.session.held() + packing.map_or(0, |packing| packing.held())
    }

    /// How much of what JavaScript sent is out.
    pub fn written(&self) -> u64 {
        match self.extra.as_ref().and_then(|extra| extra.marks.as_ref()) {
            Some(marks) if self.pending() > 0 => marks.settled(),
            Some(_) => self.asked,
            None => self.asked.saturating_sub(self.pending() as u64),
        }
    }

    /// Whether the event loop tells of its socket.
    pub fn is_placed(&self) -> bool {
        self.flags.has(Flags::PLACED)
    }

    /// Whether it does not, and there is more to hear of it than its end.
    pub fn may_be_placed(&self) -> bool {
        let ends = Flags::PLACED | Flags::GONE | Flags::HANGUP | Flags::END | Flags::SHUTDOWN | Flags::SHUT;
        !self.flags.has(ends) && !self.session.close_received()
    }

    /// It does from now on, or no longer.
    pub fn set_placed(&mut self, is_placed: bool) {
        self.flags.clear(Flags::PLACED);
        if is_placed {
            self.flags.set(Flags::PLACED);
        }
    }

    /// Notes what the kernel reported; whether it can be served or written now.
    pub fn ready(&mut self, ready: Ready) {
        if ready.read || ready.hangup {
            self.flags.set(Flags::READABLE);
        }
        if ready.hangup {
            self.flags.set(Flags::HANGUP);
        }
        if ready.write {
            self.flags.set(Flags::WRITABLE);
        }
    }

    /// Whether a turn has something to do for it; then it counts as queued.
    pub fn enqueue(&mut self) -> bool {
        let wanted = self.is_gone()
            || self.has_news()
            || self.is_packing()
            || (self.input.is_empty() && self.flags.has(Flags::TAKEN | Flags::LEAVING))
            || (self.has_input() && !self.flags.has(Flags::PAUSED | Flags::STARVED));
        wanted && self.flags.raise(Flags::QUEUED)
    }

    fn has_input(&self) -> bool {
        !self.flags.has(Flags::END) && (self.flags.has(Flags::READABLE | Flags::ENDING) || !self.input.is_empty())
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
}
