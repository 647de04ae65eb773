//! What a turn has for JavaScript: a table of events and the bytes they carry, in one arena that is wrapped once and
//! recycled for ever.
//!
//! An event is four words: connection id, kind | flags | run << 16, offset, length. A run is the consecutive events of
//! one connection from one read; its length stands in its first event. A batch belongs to the reactor while it is
//! filled and to the dispatcher while it is walked, never to both.

use super::arena::Arena;
use crate::engine::transport::Token;
use std::sync::Arc;

/// Events a batch holds.
pub const EVENTS: usize = 8192;
/// Bytes of the event table, which the payload follows.
pub const TABLE: usize = EVENTS * 16;
/// Payload bytes a batch holds.
pub const PAYLOAD: usize = 512 << 10;
/// Bytes of it all.
pub const SIZE: usize = TABLE + PAYLOAD;
/// The most one read brings: two messages of 64 KiB with their frames, as programs that pass files on send them. A read of
/// 64 KiB would end just before the end of one, and the rest would cost a read of its own.
pub const READ: usize = 132 << 10;
/// A turn stops reading when less than this is left: the largest read and the events it can hold always fit.
const PAYLOAD_ROOM: usize = READ + MESSAGES_PER_READ * 8;
/// Kept free for what is no message: errors, the peer's close frame.
const NEWS_ROOM: usize = 1 << 10;
/// Most messages of one connection in one turn: a read can hold 22,500 empty frames.
pub const MESSAGES_PER_READ: usize = 256;
/// Messages with memory of their own after which a batch is sent on.
const LARGE_ROOM: usize = 16;

/// What an event says; messages and control frames use their opcode.
pub mod kind {
    /// The peer's close frame: code (two bytes, little endian) and reason.
    pub const PEER_CLOSE: u32 = 3;
    /// A protocol error: close code (two bytes, little endian), `WS_ERR_…`, NUL, message.
    pub const ERROR: u32 = 4;
    /// Output that had been stuck has gone out.
    pub const DRAIN: u32 = 5;
    /// The peer will send no more.
    pub const END: u32 = 6;
    /// Output JavaScript waits for has gone out, all or in part.
    pub const WRITTEN: u32 = 8;
    /// The connection is gone; always its last event. Nothing, or how much of what JavaScript sent was taken (a double),
    /// the number of the kernel's error (four bytes), and whether it was reading (0) or writing (1) that had it.
    pub const CLOSED: u32 = 7;
    /// For a Duplex that another thread serves: bytes to be written to it.
    pub const OUTPUT: u32 = 11;
    /// That was all for now: how much of what JavaScript sent it stands for (a double), and whether to end the Duplex.
    pub const FLUSHED: u32 = 12;
    /// All it brought is taken.
    pub const TAKEN: u32 = 13;
    /// Our FIN, which JavaScript waits for, is out.
    pub const FINISHED: u32 = 14;
    /// Flag: the message has memory of its own; the offset is its index.
    pub const LARGE: u32 = 0x80;
    /// Flag: it came in several frames.
    pub const FRAGMENTED: u32 = 0x40;
}

/// A message in memory of its own.
#[derive(Debug, Default)]
pub struct Large {
    /// The payload.
    pub data: Vec<u8>,
    /// Where its fragments end, when there were several.
    pub fragments: Vec<u32>,
}

/// What a read cost its connection, returned when JavaScript is done with the batch.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// The connection.
    pub id: u32,
    /// Credit it spent.
    pub cost: i32,
}

/// One batch of events.
pub struct Batch {
    /// Its number, by which JavaScript finds the view on its memory.
    pub index: u32,
    /// JavaScript has the view already.
    pub wrapped: bool,
    arena: Arc<Arena>,
    events: usize,
    /// Events that belong to a run.
    closed: usize,
    bytes: usize,
    /// Messages with memory of their own.
    pub large: Vec<Large>,
    /// The reads in it.
    pub runs: Vec<Run>,
    /// Event counts at which nextTicks and microtasks have to run.
    pub scopes: Vec<u32>,
    /// The number of the scope that is still open.
    pub scope: u32,
    /// By-reference payloads JavaScript may let go of.
    pub released: Vec<Token>,
}

impl Batch {
    /// An empty batch.
    pub fn new(index: u32) -> Self {
        Self {
            index,
            wrapped: false,
            arena: Arc::new(Arena::new(SIZE)),
            events: 0,
            closed: 0,
            bytes: 0,
            large: Vec::new(),
            runs: Vec::new(),
            scopes: Vec::new(),
            scope: 0,
            released: Vec::new(),
        }
    }

    /// Empties it for the next turn.
    pub fn clear(&mut self) {
        self.events = 0;
        self.closed = 0;
        self.bytes = 0;
        self.large.clear();
        self.runs.clear();
        self.scopes.clear();
    }

    /// The memory, for the border.
    pub fn arena(&self) -> &Arc<Arena> {
        &self.arena
    }

    /// Moves it to other memory of [`SIZE`] zeroed bytes.
    ///
    /// # Panics
    ///
    /// When that has another size.
    pub fn move_to(&mut self, arena: Arc<Arena>) {
        assert_eq!(arena.size(), SIZE);
        for (start, length) in [(0, self.events * 16), (TABLE, self.bytes)] {
            // SAFETY: in bounds of the old arena, of which `&mut self` is the only owner.
            let from = unsafe { self.arena.pointer().add(start) };
            // SAFETY: in bounds of the new arena: both have the same size.
            let to = unsafe { arena.pointer().add(start) };
            // SAFETY: both are `length` bytes within their arenas, which are different allocations.
            unsafe { std::ptr::copy_nonoverlapping(from, to, length) };
        }
        self.arena = arena;
    }

    /// Events so far.
    pub fn events(&self) -> usize {
        self.events
    }

    /// Payload bytes so far.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Memory that what is in it takes.
    pub fn held(&self) -> usize {
        let large = self.large.iter().map(|message| message.data.capacity());
        self.events * 16 + self.bytes + large.sum::<usize>()
    }

    /// Nothing in it that JavaScript must see.
    pub fn is_empty(&self) -> bool {
        self.events == 0 && self.released.is_empty()
    }

    /// No further read is safe to start.
    pub fn is_full(&self) -> bool {
        self.events + MESSAGES_PER_READ + 8 > EVENTS || self.bytes + PAYLOAD_ROOM > PAYLOAD
    }

    /// So full that the next turn deserves a fresh one.
    pub fn is_tight(&self) -> bool {
        self.events > EVENTS / 2 || self.bytes > PAYLOAD / 2 || self.large.len() > LARGE_ROOM
    }

    /// `length` writable payload bytes at the current end, or none when they do not fit.
    pub fn reserve(&mut self, length: usize) -> Option<&mut [u8]> {
        if self.bytes + length > PAYLOAD || self.events >= EVENTS {
            return None;
        }
        // SAFETY: the offset and length were just checked against the arena's payload part.
        let start = unsafe { self.arena.pointer().add(TABLE + self.bytes) };
        // SAFETY: the memory is initialised (zeroed at birth), in bounds, and `&mut self` is the batch's only owner.
        Some(unsafe { std::slice::from_raw_parts_mut(start, length) })
    }

    /// The same for a message; what has to be told beside messages still fits behind it.
    #[inline]
    pub fn reserve_message(&mut self, length: usize) -> Option<&mut [u8]> {
        if self.bytes + length + NEWS_ROOM > PAYLOAD {
            return None;
        }
        self.reserve(length)
    }

    /// The reserved bytes become an event.
    pub fn commit(&mut self, id: u32, kind: u32, length: usize) {
        let offset = self.bytes as u32;
        let padded = (length + 7) & !7;
        // JavaScript may keep the bytes between two messages of a connection: they must not be another one's.
        if let Some(room) = self.reserve(padded) {
            room[length..].fill(0);
        }
        self.bytes += padded;
        self.push(id, kind, offset, length as u32);
    }

    /// An event whose payload is copied from `parts`.
    pub fn event(&mut self, id: u32, kind: u32, parts: &[&[u8]]) {
        let length = parts.iter().map(|part| part.len()).sum();
        let Some(room) = self.reserve(length) else { return };
        let mut at = 0;
        for part in parts {
            room[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        self.commit(id, kind, length);
    }

    /// A message in memory of its own.
    pub fn large(&mut self, id: u32, kind: u32, message: Large) {
        let flags = kind::LARGE
            | if message.fragments.is_empty() {
                0
            } else {
                kind::FRAGMENTED
            };
        let length = message.data.len() as u32;
        let index = self.large.len() as u32;
        self.large.push(message);
        self.push(id, kind | flags, index, length);
    }

    /// Notes that the events from `first` on are one read of one connection.
    pub fn close_run(&mut self, first: usize, run: Run) {
        let length = self.events - first;
        self.closed = self.events;
        if length == 0 {
            return;
        }
        let word = self.word(first * 4 + 1);
        // SAFETY: `word` points into the event table, aligned, and `&mut self` is the batch's only owner.
        unsafe { *word |= (length as u32) << 16 };
        self.runs.push(run);
    }

    /// The run was never closed: what is there of it becomes one. JavaScript could not get past it otherwise.
    pub fn close_rest(&mut self, run: Run) {
        self.close_run(self.closed, run);
    }

    fn push(&mut self, id: u32, kind: u32, offset: u32, length: u32) {
        let at = self.events * 4;
        for (step, value) in [id, kind, offset, length].into_iter().enumerate() {
            let word = self.word(at + step);
            // SAFETY: as in `close_run`.
            unsafe { *word = value };
        }
        self.events += 1;
    }

    fn word(&self, index: usize) -> *mut u32 {
        debug_assert!(index < EVENTS * 4);
        #[expect(clippy::cast_ptr_alignment, reason = "an arena is aligned to 8")]
        // SAFETY: every caller's index lies in the event table: `is_full` and `reserve` bound the number of events.
        unsafe {
            self.arena.pointer().cast::<u32>().add(index)
        }
    }
}
