//! A reactor's place in the loop: one `uv_poll_t` on its readiness set, one `uv_timer_t` for its deadlines, and one
//! `uv_check_t` that tells where a turn of the loop ends.

use super::crowd::{Crowd, Next};
use super::place::{self, Dormant, Place};
use super::{CHECK, Handle, POLL, READABLE, TIMER, Uv, data, free_handle};
use crate::engine::reactor::{EventLoop, Look, Reactor, Told};
use crate::engine::transport::LoopSet;
use std::cell::{Cell, RefCell};
use std::ffi::{c_int, c_void};
use std::io;
use std::time::{Duration, Instant};

thread_local! {
    /// When this turn of the loop, which is the only one of its thread, was first asked how long it has lasted.
    static BEGUN: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// What the callbacks reach.
pub(super) struct Watched {
    pub(super) uv: Uv,
    pub(super) event_loop: Handle,
    /// The set that is watched, and the one of the loop, which watches it.
    descriptor: c_int,
    backend: c_int,
    /// Whether the loop's set tells of edges only.
    by_edge: Cell<bool>,
    check: Handle,
    /// There is something in the set.
    set_is_ready: Cell<bool>,
    places: RefCell<Vec<Option<Place>>>,
    /// What the loop tells of the sockets in them.
    told: RefCell<Vec<Told>>,
    crowd: Crowd,
    pub(super) dormant: RefCell<Option<Dormant>>,
    on_ready: Box<dyn Fn()>,
    /// Has the loop tell that there is something in the set.
    wake: Box<dyn Fn()>,
    closed: Cell<Option<Box<dyn FnOnce()>>>,
}

impl Watched {
    /// The loop tells of a socket: it is served at once, as what the loop tells next may be of something that came later.
    pub(super) fn tell(&self, told: Told) {
        self.start_check();
        match self.crowd.one_more() {
            Next::Known => return,
            Next::Alone => self.told.borrow_mut().push(told),
            Next::Together => {}
        }
        (self.on_ready)();
    }

    fn start_check(&self) {
        // SAFETY: initialised, and not closed before the Watched is. It stops itself.
        unsafe { (self.uv.check_start)(self.check, on_check) };
    }

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

/// What a callback of a handle reaches.
///
/// # Safety
/// `handle` is a live handle of a [`Watch`].
unsafe fn watched<'a>(handle: Handle) -> &'a Watched {
    // SAFETY: as the caller says.
    let watched = unsafe { data(handle) }.cast::<Watched>();
    // SAFETY: the data of each handle of a Watch is its Watched, which is alive until the last of them is closed.
    unsafe { &*watched }
}

unsafe extern "C" fn on_poll(handle: Handle, _status: c_int, _events: c_int) {
    // SAFETY: libuv calls with a live handle of ours.
    let watched = unsafe { watched(handle) };
    if !watched.by_edge.replace(true) {
        watched.ask_for_edges();
    }
    watched.set_is_ready.set(true);
    if !watched.crowd.leaves() {
        (watched.on_ready)();
    }
}

unsafe extern "C" fn on_timer(handle: Handle) {
    // SAFETY: libuv calls with a live handle of ours.
    let watched = unsafe { watched(handle) };
    (watched.on_ready)();
    // Timers have a turn of their own: that of what the loop tells next is another one.
    if watched.crowd.disperse() {
        (watched.wake)();
    }
}

unsafe extern "C" fn on_check(handle: Handle) {
    BEGUN.set(None);
    // SAFETY: libuv calls with a live handle of ours.
    let watched = unsafe { watched(handle) };
    // SAFETY: as above; it is started again when it is needed.
    unsafe { (watched.uv.check_stop)(handle) };
    if watched.crowd.disperse() {
        (watched.wake)();
    }
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

/// A reactor's place in the loop. Lives on the loop's thread; closed with [`Watch::close`].
pub(crate) struct Watch {
    poll: Handle,
    timer: Handle,
    watched: *mut Watched,
}

impl Watch {
    /// Prepares to watch `descriptor`, and to call `on_ready` when something is or a deadline has passed; `None` where libuv
    /// cannot be had. `wake` makes the set ready. None of the handles keeps the loop alive.
    pub(crate) fn new(
        event_loop: *mut c_void,
        descriptor: c_int,
        on_ready: Box<dyn Fn()>,
        wake: Box<dyn Fn()>,
    ) -> Option<Self> {
        let uv = Uv::find()?;
        let handles @ [poll, timer, check] = [POLL, TIMER, CHECK].map(|kind| uv.allocate(kind));
        // SAFETY: the loop is this environment's, the memory is the handle's, the descriptor is open.
        let failed = handles.iter().any(|handle| handle.is_null())
            || unsafe { (uv.poll_init)(event_loop, poll, descriptor) } != 0;
        if failed {
            for handle in handles {
                // SAFETY: never initialised, so plain memory; free ignores null.
                unsafe { libc::free(handle) };
            }
            return None;
        }
        // SAFETY: as for the poll handle; uv_timer_init cannot fail.
        unsafe { (uv.timer_init)(event_loop, timer) };
        // SAFETY: as above; uv_check_init cannot fail.
        unsafe { (uv.check_init)(event_loop, check) };
        let watched = Box::into_raw(Box::new(Watched {
            uv,
            event_loop,
            descriptor,
            // SAFETY: the loop is this environment's.
            backend: unsafe { (uv.backend)(event_loop) },
            by_edge: Cell::new(false),
            check,
            set_is_ready: Cell::new(false),
            places: RefCell::default(),
            told: RefCell::default(),
            crowd: Crowd::default(),
            dormant: RefCell::default(),
            on_ready,
            wake,
            closed: Cell::new(None),
        }));
        for handle in handles {
            // SAFETY: all are initialised.
            unsafe { Uv::set_data(handle, watched.cast()) };
            // SAFETY: as above.
            unsafe { (uv.unref)(handle) };
        }
        Some(Self { poll, timer, watched })
    }

    fn watched(&self) -> &Watched {
        // SAFETY: alive until `free_watch`: `close` consumes the Watch.
        unsafe { &*self.watched }
    }

    /// Begins to watch.
    pub(crate) fn start(&self) {
        self.watched().by_edge.set(false);
        // SAFETY: the handle is initialised and not closed: `close` consumes the Watch.
        unsafe { (self.watched().uv.poll_start)(self.poll, READABLE, on_poll) };
    }

    /// Stops watching, closes all places and forgets the deadline.
    pub(crate) fn stop(&self) {
        let watched = self.watched();
        // SAFETY: as in `start`.
        unsafe { (watched.uv.poll_stop)(self.poll) };
        watched.places.borrow_mut().clear();
        watched.dormant.take();
        watched.told.borrow_mut().clear();
        watched.set_is_ready.set(false);
        // What was left is for whoever drives next.
        let _left = watched.crowd.disperse();
        self.arm(None);
    }

    /// Tells the reactor what the loop has told, and where there may be more.
    pub(crate) fn report(&self, reactor: &mut Reactor) -> Look {
        let watched = self.watched();
        reactor.hear(watched.told.borrow_mut().drain(..));
        Look {
            ours: watched.set_is_ready.replace(false),
            places: watched.crowd.look(),
        }
    }

    /// Asks not to be called any more in this turn of the event loop, but in the next.
    pub(crate) fn rest(&self) {
        self.watched().crowd.tire();
        self.watched().start_check();
    }

    /// Asks to be called after so many milliseconds, or not at all.
    pub(crate) fn arm(&self, milliseconds: Option<u32>) {
        let uv = &self.watched().uv;
        match milliseconds {
            // SAFETY: as in `start`. uv_timer_start replaces an earlier time.
            Some(milliseconds) => unsafe {
                (uv.timer_start)(self.timer, on_timer, milliseconds.into(), 0);
            },
            // SAFETY: as in `start`; stopping a stopped timer is allowed.
            None => unsafe {
                (uv.timer_stop)(self.timer);
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
        self.watched().start_check();
        Duration::ZERO
    }

    /// Closes the handles; `closed` is called when libuv has let go of them.
    pub(crate) fn close(self, closed: Box<dyn FnOnce()>) {
        // Its check will not come any more.
        BEGUN.set(None);
        let watched = self.watched();
        watched.closed.set(Some(closed));
        watched.places.borrow_mut().clear();
        let close = watched.uv.close;
        // SAFETY: initialised, and closed only here. libuv calls none of its callbacks any more, and the last in one go.
        unsafe { close(self.timer, free_handle) };
        // SAFETY: as above.
        unsafe { close(watched.check, free_handle) };
        // SAFETY: as above.
        unsafe { close(self.poll, free_watch) };
    }
}

impl EventLoop for Watch {
    fn most(&self) -> usize {
        place::most()
    }

    fn set(&self) -> io::Result<LoopSet> {
        LoopSet::over(self.watched().backend)
    }

    fn open(&self, number: usize) -> io::Result<i32> {
        let place = Place::open(self.watched(), number)?;
        let descriptor = place.descriptor();
        let mut places = self.watched().places.borrow_mut();
        if places.len() <= number {
            places.resize_with(number + 1, || None);
        }
        places[number] = Some(place);
        Ok(descriptor)
    }

    fn close(&self, number: usize) {
        let mut places = self.watched().places.borrow_mut();
        if let Some(place) = places.get_mut(number) {
            *place = None;
        }
        if places.iter().all(Option::is_none) {
            self.watched().dormant.take();
        }
    }
}
