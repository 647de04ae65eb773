//! The JavaScript loop watches a reactor: one `uv_poll_t` on its readiness set, one `uv_timer_t` for its deadlines,
//! and one `uv_check_t` that tells where a turn of the loop ends.
//!
//! libuv is looked up, never linked: an addon that links it does not load where the host hides it, and a host that only
//! imitates Node.js may have the symbols and abort in them, so JavaScript says first whether this is Node.js.

use std::cell::Cell;
use std::ffi::{CStr, c_int, c_void};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

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

    /// Zeroed memory for a handle, whose first field is the user's pointer.
    fn allocate(&self, kind: c_int, data: *mut c_void) -> Handle {
        // SAFETY: asks for a size only.
        let size = unsafe { (self.handle_size)(kind) };
        // SAFETY: any size is allowed; freed in `free_handle`.
        let handle = unsafe { libc::calloc(1, size) };
        if !handle.is_null() {
            // SAFETY: `data` is the first field of every uv handle.
            unsafe { *handle.cast::<*mut c_void>() = data };
        }
        handle
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

unsafe extern "C" fn free_watch(handle: Handle) {
    // SAFETY: called by uv_close with the poll handle, whose data is the Watched of `Watch::new`.
    let watched = unsafe { data(handle) }.cast::<Watched>();
    // SAFETY: made by Box::into_raw in `new`; all handles are closed, so nobody reads it after this.
    let watched = unsafe { Box::from_raw(watched) };
    // SAFETY: the handle is closed.
    unsafe { libc::free(handle) };
    if let Some(closed) = watched.closed.take() {
        closed();
    }
}

thread_local! {
    /// When this turn of the loop, which is the only one of its thread, was first asked how long it has lasted.
    static BEGUN: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// What the callbacks reach.
struct Watched {
    /// The set that is watched, and the one of the loop, which watches it.
    descriptor: c_int,
    backend: c_int,
    /// Whether the loop's set tells of edges only.
    by_edge: Cell<bool>,
    on_ready: Box<dyn Fn()>,
    on_timer: Box<dyn Fn()>,
    closed: Cell<Option<Box<dyn FnOnce()>>>,
}

impl Watched {
    /// Has the loop's set tell of edges only, as libuv cannot: it would look at ours once more on its way to sleep, each time.
    /// Who leaves something behind in our set wakes it anyway. Whatever libuv does to its entry makes that as it was before,
    /// which is only slower.
    #[cfg(target_os = "linux")]
    fn ask_for_edges(&self) {
        let mut event = libc::epoll_event {
            events: (libc::EPOLLIN | libc::EPOLLET).cast_unsigned(),
            // libuv finds its watcher by the descriptor.
            u64: self.descriptor.cast_unsigned().into(),
        };
        // SAFETY: both are open as long as the handle is; the event is our own memory. The kernel looks at the state of our
        // set within: what came meanwhile is told.
        unsafe { libc::epoll_ctl(self.backend, libc::EPOLL_CTL_MOD, self.descriptor, &raw mut event) };
    }

    #[cfg(not(target_os = "linux"))]
    fn ask_for_edges(&self) {}
}

unsafe extern "C" fn on_poll(handle: Handle, _status: c_int, _events: c_int) {
    // SAFETY: libuv calls with a live handle of ours.
    let watched = unsafe { data(handle) }.cast::<Watched>();
    // SAFETY: the poll handle's data is the Watched, alive until the handle is closed.
    let watched = unsafe { &*watched };
    if !watched.by_edge.replace(true) {
        watched.ask_for_edges();
    }
    (watched.on_ready)();
}

unsafe extern "C" fn on_timer(handle: Handle) {
    // SAFETY: libuv calls with a live handle of ours.
    let watched = unsafe { data(handle) }.cast::<Watched>();
    // SAFETY: the timer's data is the Watched; all handles are closed together.
    let watched = unsafe { &*watched };
    (watched.on_timer)();
}

unsafe extern "C" fn on_check(handle: Handle) {
    BEGUN.set(None);
    if let Some(uv) = Uv::find() {
        // SAFETY: libuv calls with a live handle of ours; it is started again when it is needed.
        unsafe { (uv.check_stop)(handle) };
    }
}

/// A reactor's place in the loop. Lives on the loop's thread; closed with [`Watch::close`].
pub(crate) struct Watch {
    uv: Uv,
    poll: Handle,
    timer: Handle,
    check: Handle,
    watched: *mut Watched,
}

impl Watch {
    /// Prepares to watch `descriptor`; `None` where libuv cannot be had. None of the handles keeps the loop alive.
    pub(crate) fn new(
        event_loop: *mut c_void,
        descriptor: c_int,
        on_ready: Box<dyn Fn()>,
        on_timer: Box<dyn Fn()>,
    ) -> Option<Self> {
        let uv = Uv::find()?;
        let watched = Box::into_raw(Box::new(Watched {
            descriptor,
            // SAFETY: the loop is this environment's.
            backend: unsafe { (uv.backend)(event_loop) },
            by_edge: Cell::new(false),
            on_ready,
            on_timer,
            closed: Cell::new(None),
        }));
        let poll = uv.allocate(POLL, watched.cast());
        let timer = uv.allocate(TIMER, watched.cast());
        let check = uv.allocate(CHECK, watched.cast());
        let handles = [poll, timer, check];
        // SAFETY: the loop is this environment's, the memory is the handle's, the descriptor is open.
        let failed = handles.iter().any(|handle| handle.is_null())
            || unsafe { (uv.poll_init)(event_loop, poll, descriptor) } != 0;
        if failed {
            for handle in handles {
                // SAFETY: never initialised, so plain memory; free ignores null.
                unsafe { libc::free(handle) };
            }
            // SAFETY: made just now, seen by nobody.
            drop(unsafe { Box::from_raw(watched) });
            return None;
        }
        // SAFETY: as for the poll handle; uv_timer_init cannot fail.
        unsafe { (uv.timer_init)(event_loop, timer) };
        // SAFETY: as above; uv_check_init cannot fail.
        unsafe { (uv.check_init)(event_loop, check) };
        for handle in handles {
            // SAFETY: all are initialised.
            unsafe { (uv.unref)(handle) };
        }
        Some(Self {
            uv,
            poll,
            timer,
            check,
            watched,
        })
    }

    /// Begins to watch.
    pub(crate) fn start(&self) {
        // SAFETY: alive until `free_watch`.
        unsafe { &*self.watched }.by_edge.set(false);
        // SAFETY: the handle is initialised and not closed: `close` consumes the Watch.
        unsafe { (self.uv.poll_start)(self.poll, READABLE, on_poll) };
    }

    /// Stops watching and forgets the deadline.
    pub(crate) fn stop(&self) {
        // SAFETY: as in `start`.
        unsafe { (self.uv.poll_stop)(self.poll) };
        self.arm(None);
    }

    /// Asks to be called after so many milliseconds, or not at all.
    pub(crate) fn arm(&self, milliseconds: Option<u32>) {
        match milliseconds {
            // SAFETY: as in `start`. uv_timer_start replaces an earlier time.
            Some(milliseconds) => unsafe {
                (self.uv.timer_start)(self.timer, on_timer, milliseconds.into(), 0);
            },
            // SAFETY: as in `start`; stopping a stopped timer is allowed.
            None => unsafe {
                (self.uv.timer_stop)(self.timer);
            },
        }
    }

    /// How long the current turn of the event loop has lasted since any reactor asked first. The time that libuv keeps does
    /// not tell: any timer that the application sets makes it new.
    pub(crate) fn elapsed(&self) -> Duration {
        if let Some(begun) = BEGUN.get() {
            return begun.elapsed();
        }
        BEGUN.set(Some(Instant::now()));
        // SAFETY: as in `start`. It stops itself.
        unsafe { (self.uv.check_start)(self.check, on_check) };
        Duration::ZERO
    }

    /// Closes the handles; `closed` is called when libuv has let go of them.
    pub(crate) fn close(self, closed: Box<dyn FnOnce()>) {
        // Its check will not come any more.
        BEGUN.set(None);
        // SAFETY: alive until `free_watch`.
        unsafe { &*self.watched }.closed.set(Some(closed));
        // SAFETY: initialised, and closed only here. libuv calls back in the order of the calls, the poll handle last.
        unsafe { (self.uv.close)(self.timer, free_handle) };
        // SAFETY: as above.
        unsafe { (self.uv.close)(self.check, free_handle) };
        // SAFETY: as above.
        unsafe { (self.uv.close)(self.poll, free_watch) };
    }
}
