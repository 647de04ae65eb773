//! What goes up to be written to Duplexes: small pieces side by side in memory that is lent, a view each instead of an
//! allocation; others as Buffers.

use super::channel::Channel;
use super::functions::{self, Called};
use super::memory;
use super::values::{self, Reference};
use crate::engine::memory::arena::Arena;
use crate::engine::reactor::{DuplexOutput, Reactor};
use crate::engine::transport::{Foreign, Segment};
use napi::sys;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::ptr;
use std::sync::{Arc, Weak};

/// Bytes of the memory that small pieces share. None of it is used twice: a stream keeps its pieces as long as it likes.
const ROOM: usize = 64 << 10;
/// Pieces up to this are small.
const SMALL: usize = 4 << 10;
/// A place in the room as one number: the length is in the low bits.
const LENGTH_BITS: u32 = 13;

/// What `output` returns when a stream has transferred the room to another thread, with earlier pieces.
const TRANSFERRED: u32 = 1;

/// The memory for the next pieces.
#[derive(Default)]
struct Room {
    arena: Option<Arc<Arena>>,
    used: usize,
}

impl Room {
    /// Copies `bytes` into it, or into a new one when it is full.
    fn place(&mut self, bytes: &[u8]) -> What {
        if self.used + bytes.len() > ROOM {
            self.arena = None;
        }
        let arena = self.arena.get_or_insert_with(|| {
            self.used = 0;
            Arc::new(Arena::new(ROOM))
        });
        let at = self.used;
        // SAFETY: inside the arena, as they fit.
        let room = unsafe { arena.pointer().add(at) };
        // SAFETY: they fit behind what was placed before; JavaScript sees this part of the memory only later.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), room, bytes.len()) };
        self.used = at + bytes.len();
        What::Placed {
            arena: Arc::clone(arena),
            at,
            length: bytes.len(),
        }
    }
}

/// A piece for JavaScript.
enum What {
    /// In a room; the first one there brings it to JavaScript.
    Placed {
        arena: Arc<Arena>,
        at: usize,
        length: usize,
    },
    /// Too large for it.
    Own(Vec<u8>, usize),
    /// JavaScript's own.
    Foreign(Foreign),
    /// The end of the stream.
    End,
}

struct Piece {
    id: u32,
    what: What,
    /// Others follow for the same stream.
    more: bool,
}

/// The way of output to JavaScript.
#[derive(Default)]
pub(crate) struct Outputs {
    room: RefCell<Room>,
    /// What waits, oldest first. A stream may send from within its write: that comes behind what waits already.
    pieces: RefCell<VecDeque<Piece>>,
    /// The room JavaScript was shown last.
    shown: RefCell<Weak<Arena>>,
}

impl Outputs {
    /// Sorts what a connection has to write; returns memory that is used up.
    fn sort(&self, output: DuplexOutput, may_lend: bool) -> Vec<u8> {
        let DuplexOutput { id, queued, out, end } = output;
        let mut pieces = self.pieces.borrow_mut();
        let mut push = |what| pieces.push_back(Piece { id, what, more: true });
        let is_small = |length: usize| may_lend && length <= SMALL;
        for part in queued {
            push(match part {
                Segment::Own(bytes, at) if is_small(bytes.len() - at) => self.room.borrow_mut().place(&bytes[at..]),
                Segment::Own(bytes, at) => What::Own(bytes, at),
                Segment::Foreign(bytes, _) => What::Foreign(bytes),
            });
        }
        let mut left = Vec::new();
        if is_small(out.len()) {
            if !out.is_empty() {
                push(self.room.borrow_mut().place(&out));
            }
            left = out;
        } else if !out.is_empty() {
            push(What::Own(out, 0));
        }
        if end {
            push(What::End);
        }
        if let Some(last) = pieces.back_mut() {
            last.more = false;
        }
        left
    }

    /// The next piece to hand over.
    fn next(&self) -> Option<Piece> {
        self.pieces.borrow_mut().pop_front()
    }

    /// Takes what waits if that is a single small piece for `caller` in the room that JavaScript looks at; its place.
    fn take_direct(&self, caller: u32) -> Option<i32> {
        let mut pieces = self.pieces.borrow_mut();
        let place = match pieces.front() {
            Some(piece) if pieces.len() == 1 && piece.id == caller => self.place_of(piece)?,
            _ => return None,
        };
        pieces.clear();
        Some(place)
    }

    /// Whether JavaScript looks at this room.
    fn is_shown(&self, arena: &Arc<Arena>) -> bool {
        ptr::eq(self.shown.borrow().as_ptr(), Arc::as_ptr(arena))
    }

    /// Where a piece is in the room that JavaScript looks at.
    fn place_of(&self, piece: &Piece) -> Option<i32> {
        match &piece.what {
            What::Placed { arena, at, length } if self.is_shown(arena) => {
                i32::try_from(at << LENGTH_BITS | length).ok()
            }
            _ => None,
        }
    }

    /// A copy of a piece in the room of now.
    pub(crate) fn copy_placed(&self, env: sys::napi_env, at: usize, length: usize) -> sys::napi_value {
        let room = self.room.borrow();
        match &room.arena {
            Some(arena) if at + length <= room.used => copy_of(env, arena, at, length),
            _ => copy(env, &[]),
        }
    }
}

/// Hands over what has to be written to Duplexes.
pub(crate) fn write_duplexes(channel: &Channel) {
    if let Some(mut reactor) = channel.hub.try_reactor() {
        sort_output(channel, &mut reactor);
    }
    write_sorted(channel, None);
}

/// Sorts what has to be written to Duplexes.
pub(crate) fn sort_output(channel: &Channel, reactor: &mut Reactor) {
    reactor.duplex_output(|output| channel.outputs.sort(output, channel.may_lend));
}

/// Hands over what was sorted. If that is a single small piece for `caller`, returns where it is instead, `LENGTH_BITS` of
/// which are its length; else 0.
pub(crate) fn write_sorted(channel: &Channel, caller: Option<u32>) -> i32 {
    let outputs = &channel.outputs;
    if let Some(place) = caller.and_then(|caller| outputs.take_direct(caller)) {
        return place;
    }
    while let Some(piece) = outputs.next() {
        hand_over(channel, piece);
    }
    0
}

/// `output(id, more, data, length, memory)`: see lib/channel/stream-channel.js.
fn hand_over(channel: &Channel, piece: Piece) {
    let env = channel.env;
    let id = values::uint32(env, piece.id);
    let more = values::uint32(env, piece.more.into());
    let call = |arguments: &[sys::napi_value]| functions::call(env, channel.functions.output, arguments);
    match piece.what {
        What::Placed { arena, at, length } => {
            let place = [values::uint32(env, at as u32), values::uint32(env, length as u32)];
            let called = if channel.outputs.is_shown(&arena) {
                call(&[id, more, place[0], place[1]])
            } else if at == 0
                && let Some(memory) = memory::lend(env, &arena)
            {
                channel.outputs.shown.replace(Arc::downgrade(&arena));
                call(&[id, more, place[0], place[1], memory])
            } else {
                call(&[id, more, copy_of(env, &arena, at, length)])
            };
            if let Called::Returned(value) = called
                && values::to_uint32(env, value) == Some(TRANSFERRED)
            {
                call(&[id, more, copy_of(env, &arena, at, length)]);
            }
        }
        What::Own(bytes, at) => drop(call(&[id, more, copy(env, &bytes[at..])])),
        What::Foreign(bytes) => {
            let reference = Reference::from_token(bytes.token().0);
            let value = reference.value(env);
            reference.release(env);
            call(&[id, more, value]);
        }
        What::End => drop(call(&[id, more])),
    }
}

/// A Buffer with a copy of a piece that was placed in `arena`.
fn copy_of(env: sys::napi_env, arena: &Arena, at: usize, length: usize) -> sys::napi_value {
    debug_assert!(at + length <= arena.size());
    // SAFETY: callers ask for what was placed, which is inside.
    let start = unsafe { arena.pointer().add(at) };
    // SAFETY: as above; it is written once, before.
    copy(env, unsafe { std::slice::from_raw_parts(start, length) })
}

/// A Buffer with a copy of `bytes`.
fn copy(env: sys::napi_env, bytes: &[u8]) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: on the environment's thread; the bytes are copied before the call returns.
    unsafe {
        sys::napi_create_buffer_copy(env, bytes.len(), bytes.as_ptr().cast(), ptr::null_mut(), &raw mut value);
    }
    value
}
