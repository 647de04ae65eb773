//! The event loop of the tests, as it tells of sockets itself.

use crate::engine::reactor::{EventLoop, Told};
use crate::engine::transport::{LoopSet, Ready, duplicate};
use mio::{Events, Poll};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

/// It, with its set.
pub(in crate::engine::tests) struct Loop {
    set: RefCell<Poll>,
    waited: OwnedFd,
    open: RefCell<BTreeSet<usize>>,
    /// So many places it says it may have.
    pub(in crate::engine::tests) limit: Cell<usize>,
    /// So many can be had.
    pub(in crate::engine::tests) most: Cell<usize>,
    /// So many were made so far.
    pub(in crate::engine::tests) made: Cell<usize>,
}

impl Loop {
    pub(super) fn new() -> Self {
        let set = Poll::new().unwrap();
        Self {
            waited: duplicate(&set).unwrap(),
            set: RefCell::new(set),
            open: RefCell::default(),
            limit: Cell::new(usize::MAX),
            most: Cell::new(usize::MAX),
            made: Cell::new(0),
        }
    }

    /// Open places.
    pub(in crate::engine::tests) fn open(&self) -> usize {
        self.open.borrow().len()
    }

    /// What is ready.
    pub(super) fn look(&self) -> Vec<Told> {
        let mut found = Events::with_capacity(64);
        self.set.borrow_mut().poll(&mut found, Some(Duration::ZERO)).unwrap();
        let told = |event: &mio::event::Event| Told {
            place: event.token().0,
            ready: Ready {
                read: event.is_readable(),
                write: event.is_writable(),
                hangup: event.is_read_closed() || event.is_write_closed(),
                error: event.is_error(),
            },
        };
        found.iter().map(told).collect()
    }

    /// Something to wait for.
    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.waited.as_fd()
    }

    /// The loop does not drive any more.
    pub(super) fn close_all(&self) {
        self.open.borrow_mut().clear();
        let left = self.look();
        assert!(left.is_empty(), "still told: {left:?}");
    }
}

impl EventLoop for Loop {
    fn most(&self) -> usize {
        self.limit.get()
    }

    fn set(&self) -> io::Result<LoopSet> {
        LoopSet::over(self.set.borrow().as_raw_fd())
    }

    fn open(&self, place: usize) -> io::Result<i32> {
        let mut open = self.open.borrow_mut();
        if open.len() >= self.most.get() {
            return Err(io::ErrorKind::Other.into());
        }
        assert!(open.insert(place), "{place} is open");
        self.made.set(self.made.get() + 1);
        i32::try_from(place).map_err(io::Error::other)
    }

    fn close(&self, place: usize) {
        assert!(self.open.borrow_mut().remove(&place), "{place} is not open");
    }
}
