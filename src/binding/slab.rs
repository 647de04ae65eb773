//! The outgoing slab: where JavaScript writes commands, taken whole once a dispatch or a microtask.
//!
//! Its first four words are a header: bytes used (the header's included), by-reference payloads, connections that wait
//! for a callback, and one spare. It belongs to the JavaScript thread alone.

use super::memory::Shared;
use super::values::{self, Reference};
use crate::engine::transport::{Foreign, Token};
use napi::sys;

/// Bytes of the header.
pub(crate) const HEADER: usize = 16;
/// Bytes of the slab.
const SIZE: usize = 1 << 20;

/// The slab and the list of by-reference payloads.
pub(crate) struct Slab {
    memory: Shared,
    /// JavaScript's array of payloads.
    payloads: Reference,
}

/// What the header says.
#[derive(Clone, Copy)]
pub(crate) struct Filled {
    used: usize,
    payloads: u32,
    /// Connections that wait for a callback.
    pub(crate) waiting: u32,
}

impl Filled {
    /// Nothing was written since the last time.
    pub(crate) fn is_empty(self) -> bool {
        self.used <= HEADER
    }
}

impl Slab {
    /// An empty slab; `payloads` is JavaScript's array.
    pub(crate) fn new(env: sys::napi_env, payloads: Reference, may_lend: bool) -> Self {
        let slab = Self {
            memory: Shared::new(env, SIZE, may_lend),
            payloads,
        };
        slab.set_word(0, HEADER as u32);
        slab
    }

    /// JavaScript's array of payloads.
    pub(crate) fn list(&self) -> Reference {
        self.payloads
    }

    /// The memory, for JavaScript.
    pub(crate) fn memory(&self) -> &Shared {
        &self.memory
    }

    fn start(&self) -> *mut u8 {
        self.memory.arena().pointer()
    }

    #[expect(clippy::cast_ptr_alignment, reason = "an arena is aligned to 8")]
    fn header(&self, index: usize) -> *mut u32 {
        debug_assert!(index < HEADER / 4);
        // SAFETY: inside the header, which is inside the arena.
        unsafe { self.start().cast::<u32>().add(index) }
    }

    fn word(&self, index: usize) -> u32 {
        let word = self.header(index);
        // SAFETY: in bounds, aligned, initialised; only this thread touches the slab.
        unsafe { *word }
    }

    fn set_word(&self, index: usize, value: u32) {
        let word = self.header(index);
        // SAFETY: as in `word`.
        unsafe { *word = value };
    }

    /// What is in it; from here on JavaScript may fill it anew, but only after [`Slab::commands`] was read.
    pub(crate) fn take(&self) -> Filled {
        let filled = Filled {
            used: (self.word(0) as usize).clamp(HEADER, SIZE),
            payloads: self.word(1),
            waiting: self.word(2),
        };
        self.set_word(0, HEADER as u32);
        self.set_word(1, 0);
        self.set_word(2, 0);
        filled
    }

    /// The commands. No JavaScript may run while they are borrowed.
    pub(crate) fn commands(&self, filled: Filled) -> &[u8] {
        // SAFETY: the header is inside the arena.
        let start = unsafe { self.start().add(HEADER) };
        // SAFETY: `used` was clamped to the arena; only JavaScript writes here, and it does not run now.
        unsafe { std::slice::from_raw_parts(start, filled.used - HEADER) }
    }

    /// The by-reference payloads, each kept alive by a reference of its own.
    pub(crate) fn payloads(&self, env: sys::napi_env, filled: Filled, into: &mut Vec<Foreign>) {
        if filled.payloads == 0 {
            return;
        }
        let array = self.payloads.value(env);
        for index in 0..filled.payloads {
            let value = values::take_element(env, array, index);
            // A payload detached since it was sent has no bytes any more: an empty one keeps the sequence whole.
            let (bytes, length) = values::bytes_of(env, value).unwrap_or((std::ptr::null(), 0));
            let token = Token(Reference::new(env, value).into_token());
            // SAFETY: the reference keeps the array and so its memory alive until the token comes back.
            into.push(unsafe { Foreign::new(bytes, length, token) });
        }
    }
}
