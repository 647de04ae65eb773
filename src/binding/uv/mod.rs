//! The JavaScript loop watches a reactor: [`watch`] is its readiness set, its deadlines and the end of a turn; [`place`]
//! stands for a socket of which the loop tells itself.
//!
//! libuv is looked up, never linked: an addon that links it does not load where the host hides it, and a host that only
//! imitates Node.js may have the symbols and abort in them, so JavaScript says first whether this is Node.js.

mod crowd;
mod place;
mod watch;

pub(crate) use watch::Watch;

use std::ffi::{CStr, c_int, c_void};
use std::sync::OnceLock;

/// `UV_READABLE`.
const READABLE: c_int = 1;
/// `uv_handle_type` numbers, stable since libuv 1.0.
const CHECK: c_int = 2;
const POLL: c_int = 8;
const TIMER: c_int = 13;

type Handle = *mut c_void;
type OnPoll = unsafe extern "C" fn(Handle, c_int, c_int);
type OnHandle = unsafe extern "C" fn(Handle);

/// The functions we need.
#[derive(Clone, Copy)]
struct Uv {
    handle_size: Size,
    poll_init: InitPoll,
    poll_start: StartPoll,
    poll_stop: Stop,
    timer_init: Init,
    timer_start: StartTimer,
    timer_stop: Stop,
    check_init: Init,
    check_start: StartCheck,
    check_stop: Stop,
    backend: Descriptor,
    unref: Plain,
    close: Close,
}

fn symbol(name: &CStr) -> Option<*mut c_void> {
    // SAFETY: the name is a C string; dlsym searches what is loaded and returns null when it is absent.
    let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    (!found.is_null()).then_some(found)
}

/// libuv's function `$name`, of type `$kind`.
macro_rules! function {
    ($name:literal as $kind:ty) => {{
        let found = symbol($name)?;
        // SAFETY: a symbol of this name is libuv's function of that type, stable since libuv 1.0.
        unsafe { std::mem::transmute::<*mut c_void, $kind>(found) }
    }};
}

type Plain = unsafe extern "C" fn(Handle);
type Init = unsafe extern "C" fn(Handle, Handle) -> c_int;
type InitPoll = unsafe extern "C" fn(Handle, Handle, c_int) -> c_int;
type StartPoll = unsafe extern "C" fn(Handle, c_int, OnPoll) -> c_int;
type Descriptor = unsafe extern "C" fn(Handle) -> c_int;
type StartCheck = unsafe extern "C" fn(Handle, OnHandle) -> c_int;
type StartTimer = unsafe extern "C" fn(Handle, OnHandle, u64, u64) -> c_int;
type Stop = unsafe extern "C" fn(Handle) -> c_int;
type Size = unsafe extern "C" fn(c_int) -> usize;
type Close = unsafe extern "C" fn(Handle, OnHandle);

impl Uv {
    fn find() -> Option<Self> {
        static FOUND: OnceLock<Option<Uv>> = OnceLock::new();
        *FOUND.get_or_init(|| {
            Some(Self {
                handle_size: function!(c"uv_handle_size" as Size),
                poll_init: function!(c"uv_poll_init" as InitPoll),
                poll_start: function!(c"uv_poll_start" as StartPoll),
                poll_stop: function!(c"uv_poll_stop" as Stop),
                timer_init: function!(c"uv_timer_init" as Init),
                timer_start: function!(c"uv_timer_start" as StartTimer),
                timer_stop: function!(c"uv_timer_stop" as Stop),
                unref: function!(c"uv_unref" as Plain),
                check_init: function!(c"uv_check_init" as Init),
                check_start: function!(c"uv_check_start" as StartCheck),
                check_stop: function!(c"uv_check_stop" as Stop),
                backend: function!(c"uv_backend_fd" as Descriptor),
                close: function!(c"uv_close" as Close),
            })
        })
    }

    /// Zeroed memory for a handle; null if there is none.
    fn allocate(&self, kind: c_int) -> Handle {
        // SAFETY: asks for a size only.
        let size = unsafe { (self.handle_size)(kind) };
        // SAFETY: any size is allowed; freed in `free_handle`.
        unsafe { libc::calloc(1, size) }
    }

    /// Sets the user's pointer.
    ///
    /// # Safety
    /// `handle` is a live uv handle, or memory for one.
    unsafe fn set_data(handle: Handle, data: *mut c_void) {
        // SAFETY: `data` is the first field of every uv handle.
        unsafe { *handle.cast::<*mut c_void>() = data };
    }
}

/// The user's pointer of a handle.
///
/// # Safety
/// `handle` is a live uv handle.
unsafe fn data(handle: Handle) -> *mut c_void {
    // SAFETY: `data` is the first field of every uv handle.
    unsafe { *handle.cast::<*mut c_void>() }
}

unsafe extern "C" fn free_handle(handle: Handle) {
    // SAFETY: called once by uv_close for memory from `allocate`.
    unsafe { libc::free(handle) };
}
