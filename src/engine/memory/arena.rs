//! Memory that Rust and JavaScript both look at: allocated once, zeroed, never moved. It is ours and lent to JavaScript, or
//! JavaScript's where the host allows no such loan.
//!
//! Who may touch it when is the owner's business (a batch is either the reactor's or the dispatcher's; the slab is the
//! JavaScript thread's); this file only keeps the memory alive as long as either side holds it.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;

/// A block of zeroed bytes, aligned for 64-bit words.
pub struct Arena {
    memory: NonNull<u8>,
    size: usize,
    is_ours: bool,
}

// SAFETY: an Arena is plain memory with no thread affinity; its owners hand it over whole, behind locks.
unsafe impl Send for Arena {}
// SAFETY: shared access goes through `words`, which is atomic, or through the pointer, whose users state their own duty.
unsafe impl Sync for Arena {}

impl Arena {
    /// `size` zeroed bytes; the kernel maps them when they are first touched.
    pub fn new(size: usize) -> Self {
        let layout = Self::layout(size);
        // SAFETY: the layout has a non-zero size.
        let memory = unsafe { alloc_zeroed(layout) };
        let Some(memory) = NonNull::new(memory) else {
            handle_alloc_error(layout)
        };
        Self {
            memory,
            size,
            is_ours: true,
        }
    }

    /// `size` bytes of JavaScript's at `memory`.
    ///
    /// # Safety
    /// They are zeroed, aligned to 8, and stay in place until nobody uses the arena any more.
    pub unsafe fn over(memory: NonNull<u8>, size: usize) -> Self {
        Self {
            memory,
            size,
            is_ours: false,
        }
    }

    fn layout(size: usize) -> Layout {
        Layout::from_size_align(size.max(8), 8).expect("an arena is far smaller than the address space")
    }

    /// The first byte, for the border.
    pub fn pointer(&self) -> *mut u8 {
        self.memory.as_ptr()
    }

    /// The size in bytes.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The memory as atomic words: for what one side writes while the other may be reading.
    pub fn words(&self) -> &[AtomicU64] {
        // SAFETY: aligned to 8, initialised, alive as long as `self`; an arena used this way is only used this way.
        unsafe { std::slice::from_raw_parts(self.memory.as_ptr().cast(), self.size / 8) }
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        if self.is_ours {
            // SAFETY: allocated in `new` with the same layout, freed once.
            unsafe { dealloc(self.memory.as_ptr(), Self::layout(self.size)) }
        }
    }
}
