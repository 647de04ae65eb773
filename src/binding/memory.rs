//! Memory that both languages see. Ours is lent to JavaScript, without a copy, where the host allows it; where all memory
//! of JavaScript has to lie in one place (Electron), it makes what is permanent, and messages are copied.

use super::values::Reference;
use crate::engine::memory::arena::Arena;
use crate::engine::memory::batch::{self, Batch};
use crate::engine::warm::Warm;
use napi::sys;
use std::ffi::c_void;
use std::ptr::{self, NonNull};
use std::sync::Arc;

/// Whether the host allows memory to be lent to JavaScript.
pub(crate) fn may_lend(env: sys::napi_env) -> bool {
    lend(env, &Arc::new(Arena::new(8))).is_some()
}

/// An arena that JavaScript sees for ever.
pub(crate) struct Shared {
    arena: Arc<Arena>,
    /// The `ArrayBuffer` whose memory it is, unless it is ours.
    owner: Option<Reference>,
}

impl Shared {
    /// `size` zeroed bytes.
    pub(crate) fn new(env: sys::napi_env, size: usize, may_lend: bool) -> Self {
        if may_lend {
            return Self {
                arena: Arc::new(Arena::new(size)),
                owner: None,
            };
        }
        let (value, memory) = array_buffer(env, size);
        let memory = NonNull::new(memory).expect("V8 ends the process when it has no memory");
        Self {
            // SAFETY: V8 aligns and zeroes what an ArrayBuffer has, never moves it, and the reference keeps it alive.
            arena: Arc::new(unsafe { Arena::over(memory, size) }),
            owner: Some(Reference::new(env, value)),
        }
    }

    /// The memory.
    pub(crate) fn arena(&self) -> &Arc<Arena> {
        &self.arena
    }

    /// What JavaScript sees of it.
    pub(crate) fn view(&self, env: sys::napi_env) -> sys::napi_value {
        match self.owner {
            Some(owner) => owner.value(env),
            None => lend(env, &self.arena).unwrap_or(ptr::null_mut()),
        }
    }

    /// Lets it go before anybody has used it.
    pub(crate) fn release(&self, env: sys::napi_env) {
        if let Some(owner) = self.owner {
            owner.release(env);
        }
    }
}

/// What JavaScript sees of a batch, once and for ever; the dispatcher has it.
pub(crate) fn batch_view(env: sys::napi_env, batch: &mut Batch, may_lend: bool) -> sys::napi_value {
    if may_lend {
        return lend(env, batch.arena()).unwrap_or(ptr::null_mut());
    }
    let shared = Shared::new(env, batch::SIZE, false);
    batch.move_to(Arc::clone(shared.arena()));
    shared.view(env)
}

/// A message's own memory as an `ArrayBuffer`. Lent, it comes back to `warm` when JavaScript has forgotten it.
pub(crate) fn message_view(env: sys::napi_env, bytes: Vec<u8>, warm: Warm, may_lend: bool) -> sys::napi_value {
    if may_lend {
        return lend_message(env, Lent { bytes, warm });
    }
    let (value, memory) = array_buffer(env, bytes.len());
    // SAFETY: the new ArrayBuffer has as many bytes as are copied; an empty one may have no memory, and none is touched.
    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), memory, bytes.len()) };
    warm.give(bytes);
    value
}

/// A new `ArrayBuffer` of zeroed memory, and where that is.
fn array_buffer(env: sys::napi_env, size: usize) -> (sys::napi_value, *mut u8) {
    let (mut value, mut memory) = (ptr::null_mut(), NonNull::<u8>::dangling().as_ptr().cast());
    // SAFETY: on the environment's thread; the results are our own memory.
    unsafe { sys::napi_create_arraybuffer(env, size, &raw mut memory, &raw mut value) };
    (value, memory.cast())
}

unsafe extern "C" fn drop_arena(_env: sys::napi_env, _data: *mut c_void, hint: *mut c_void) {
    // SAFETY: the hint is what `lend` leaked, once.
    drop(unsafe { Arc::from_raw(hint.cast::<Arena>()) });
}

/// An `ArrayBuffer` over an arena, which lives as long as the view; none if the host refuses.
pub(crate) fn lend(env: sys::napi_env, arena: &Arc<Arena>) -> Option<sys::napi_value> {
    let hint = Arc::into_raw(Arc::clone(arena)).cast_mut().cast();
    let mut value = ptr::null_mut();
    // SAFETY: the memory is the arena's, kept alive by the hint until `drop_arena`.
    let status = unsafe {
        sys::napi_create_external_arraybuffer(
            env,
            arena.pointer().cast(),
            arena.size(),
            Some(drop_arena),
            hint,
            &raw mut value,
        )
    };
    if status == sys::Status::napi_ok {
        return Some(value);
    }
    // SAFETY: as the host has refused it, the finalizer never comes.
    unsafe { drop_arena(env, ptr::null_mut(), hint) };
    None
}

/// What a finalizer needs to give a message's memory back.
struct Lent {
    bytes: Vec<u8>,
    warm: Warm,
}

unsafe extern "C" fn give_back(_env: sys::napi_env, _data: *mut c_void, hint: *mut c_void) {
    // SAFETY: the hint is the box leaked in `lend_message`, once.
    let lent = unsafe { Box::from_raw(hint.cast::<Lent>()) };
    lent.warm.give(lent.bytes);
}

fn lend_message(env: sys::napi_env, lent: Lent) -> sys::napi_value {
    let mut lent = Box::new(lent);
    let (start, length) = (lent.bytes.as_mut_ptr(), lent.bytes.len());
    let mut value = ptr::null_mut();
    // SAFETY: the memory is the vector's, which the box keeps in place until the finalizer.
    unsafe {
        sys::napi_create_external_arraybuffer(
            env,
            start.cast(),
            length,
            Some(give_back),
            Box::into_raw(lent).cast(),
            &raw mut value,
        );
    }
    value
}
