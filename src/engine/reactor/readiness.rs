//! Which sockets are ready? The kernel's set of them; a reactor of Duplexes has none.
//!
//! A set costs descriptors, and Duplexes are what connections become when there are no more of those.

use crate::engine::transport::Socket;
#[cfg(unix)]
use crate::engine::transport::duplicate;
use mio::{Events, Poll, Token};
#[cfg(unix)]
use mio::{Interest, unix::SourceFd};
use std::io;
#[cfg(unix)]
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::time::Duration;

/// The waker's token: no connection's id.
const WAKER: Token = Token(usize::MAX);

/// The set, if sockets are to be watched at all.
#[derive(Default)]
pub(super) struct Readiness(Option<Poll>);

/// What makes the set ready from another thread.
pub struct Waker(Option<mio::Waker>);

impl Readiness {
    /// An empty set and its waker.
    pub(super) fn new(has_sockets: bool) -> io::Result<(Self, Waker)> {
        if !has_sockets {
            return Ok((Self(None), Waker(None)));
        }
        if cfg!(not(unix)) {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let poll = Poll::new()?;
        let waker = mio::Waker::new(poll.registry(), WAKER)?;
        Ok((Self(Some(poll)), Waker(Some(waker))))
    }

    /// A set for which nobody waits.
    #[cfg(unix)]
    pub(super) fn unwatched() -> io::Result<Self> {
        Poll::new().map(|poll| Self(Some(poll)))
    }

    /// The same.
    #[cfg(not(unix))]
    pub(super) fn unwatched() -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Whether there is a set.
    pub(super) fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// What is ready now; nothing without a set.
    pub(super) fn look(&mut self, found: &mut Events) -> io::Result<()> {
        match &mut self.0 {
            Some(poll) => poll.poll(found, Some(Duration::ZERO)),
            None => Ok(()),
        }
    }

    /// Whether an event is the waker's, not a connection's.
    pub(super) fn is_waker(token: Token) -> bool {
        token == WAKER
    }

    /// Watches a connection's socket from now on.
    #[cfg(unix)]
    pub(super) fn register(&self, descriptor: RawFd, id: u32) -> io::Result<()> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        let registry = self.set()?.registry();
        registry.register(&mut SourceFd(&descriptor), Token(id as usize), interest)
    }

    /// Another set tells of it.
    #[cfg(unix)]
    pub(super) fn forget(&self, socket: &Socket) {
        if let Ok(set) = self.set() {
            let _not_there = set.registry().deregister(&mut SourceFd(&socket.fd().as_raw_fd()));
        }
    }

    /// Watches a socket.
    #[cfg(unix)]
    pub(super) fn admit(&self, socket: &Socket, id: u32) -> io::Result<()> {
        self.register(socket.fd().as_raw_fd(), id)
    }

    /// There are no sockets.
    #[cfg(not(unix))]
    pub(super) fn forget(&self, socket: &Socket) {
        match *socket {}
    }

    /// The same.
    #[cfg(not(unix))]
    pub(super) fn admit(&self, socket: &Socket, _id: u32) -> io::Result<()> {
        match *socket {}
    }

    /// There are no sockets to watch.
    #[cfg(not(unix))]
    pub(super) fn register(&self, _descriptor: i32, _id: u32) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// The set's own descriptor, for whoever watches it.
    #[cfg(unix)]
    pub(super) fn descriptor(&self) -> RawFd {
        self.0.as_ref().map_or(-1, AsRawFd::as_raw_fd)
    }

    /// A duplicate of it that lives as long as its holder.
    #[cfg(unix)]
    pub(super) fn duplicate(&self) -> io::Result<OwnedFd> {
        self.set().and_then(duplicate)
    }

    #[cfg(unix)]
    fn set(&self) -> io::Result<&Poll> {
        self.0.as_ref().ok_or_else(|| io::ErrorKind::Unsupported.into())
    }
}

impl Waker {
    /// Makes the set ready.
    pub fn wake(&self) -> io::Result<()> {
        self.0.as_ref().map_or(Ok(()), mio::Waker::wake)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn without_sockets_there_is_no_descriptor() {
        let (mut readiness, waker) = Readiness::new(false).unwrap();
        let mut found = Events::with_capacity(1);
        waker.wake().unwrap();
        readiness.look(&mut found).unwrap();
        assert!(found.is_empty());
        assert_eq!(readiness.descriptor(), -1);
        assert!(readiness.duplicate().is_err());
        assert!(readiness.register(0, 1).is_err());
    }
}
