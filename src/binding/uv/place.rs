//! A place in the loop's set for a socket of which the loop tells itself: a `uv_poll_t` on a descriptor on which nothing ever
//! happens. The engine enters the socket into the set under the name of that descriptor.
//!
//! A handle on the socket itself would have to be closed before the socket is, whoever closes it, or libuv aborts.

use super::watch::Watched;
use super::{Handle, POLL, READABLE, Uv, data};
use crate::engine::reactor::Told;
use crate::engine::transport::Ready;
use std::ffi::c_int;
use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::AsRawFd;

/// `UV_WRITABLE`.
const WRITABLE: c_int = 2;
/// `UV_DISCONNECT`.
const DISCONNECT: c_int = 4;
const ALL: c_int = READABLE | WRITABLE | DISCONNECT;

/// One in so many descriptors may be a place: an application needs them more.
const PER_PLACE: u64 = 64;

/// How many places there may be, with the descriptors that this process may have now.
pub(super) fn most() -> usize {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the kernel writes into our own memory. It would be left as it is.
    unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    usize::try_from(limit.rlim_cur / PER_PLACE).unwrap_or(usize::MAX)
}

/// A pipe on which nobody writes: places are duplicates of its reading end, which is never ready for anything.
pub(super) struct Dormant {
    reader: PipeReader,
    _writer: PipeWriter,
}

impl Dormant {
    fn new() -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        Ok(Self {
            reader,
            _writer: writer,
        })
    }
}

/// What its callback reaches.
struct Standing {
    watched: *const Watched,
    number: usize,
}

/// The place; gone when dropped.
pub(super) struct Place {
    uv: Uv,
    handle: Handle,
    descriptor: PipeReader,
}

impl Place {
    /// A new one.
    pub(super) fn open(watched: &Watched, number: usize) -> io::Result<Self> {
        let mut dormant = watched.dormant.borrow_mut();
        let dormant = match &mut *dormant {
            Some(dormant) => dormant,
            none => none.insert(Dormant::new()?),
        };
        let descriptor = dormant.reader.try_clone()?;
        let uv = watched.uv;
        let handle = uv.allocate(POLL);
        // SAFETY: the loop is this environment's, the memory is the handle's, the descriptor is open.
        if handle.is_null() || unsafe { (uv.poll_init)(watched.event_loop, handle, descriptor.as_raw_fd()) } != 0 {
            // SAFETY: never initialised, so plain memory; free ignores null.
            unsafe { libc::free(handle) };
            return Err(io::ErrorKind::Other.into());
        }
        let standing = Box::into_raw(Box::new(Standing { watched, number }));
        // SAFETY: a handle of ours; `free_place` frees what it points to.
        unsafe { Uv::set_data(handle, standing.cast()) };
        // SAFETY: initialised, and not closed before `drop`.
        unsafe { (uv.poll_start)(handle, ALL, on_place) };
        // SAFETY: as above.
        unsafe { (uv.unref)(handle) };
        Ok(Self { uv, handle, descriptor })
    }

    /// The descriptor by which the loop knows it.
    pub(super) fn descriptor(&self) -> i32 {
        self.descriptor.as_raw_fd()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // SAFETY: initialised, and closed only here. libuv has let go of the descriptor when this returns.
        unsafe { (self.uv.close)(self.handle, free_place) };
    }
}

unsafe extern "C" fn free_place(handle: Handle) {
    // SAFETY: called by uv_close for a handle of `Place::open`.
    let standing = unsafe { data(handle) }.cast::<Standing>();
    // SAFETY: made by Box::into_raw there; this comes once, and last.
    drop(unsafe { Box::from_raw(standing) });
    // SAFETY: the handle is closed.
    unsafe { libc::free(handle) };
}

unsafe extern "C" fn on_place(handle: Handle, status: c_int, events: c_int) {
    // SAFETY: libuv calls with a live handle of `Place::open`.
    let standing = unsafe { data(handle) }.cast::<Standing>();
    // SAFETY: it lives until `free_place`.
    let standing = unsafe { &*standing };
    // SAFETY: places are closed before the Watched is.
    let watched = unsafe { &*standing.watched };
    let error = status < 0;
    if error {
        // SAFETY: as in `Place::open`. libuv has stopped the handle, but not each error is the end of a socket.
        unsafe { (watched.uv.poll_start)(handle, ALL, on_place) };
    }
    watched.tell(Told {
        place: standing.number,
        ready: Ready {
            read: error || events & READABLE != 0,
            write: error || events & WRITABLE != 0,
            hangup: error || events & DISCONNECT != 0,
            error,
        },
    });
}
