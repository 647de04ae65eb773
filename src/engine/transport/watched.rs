//! A readiness set as something tokio can await.

use mio::Poll;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Registers a duplicate of `set` with the current runtime; dropping the result takes it back.
pub fn watch(set: BorrowedFd<'_>) -> io::Result<AsyncFd<OwnedFd>> {
    let own = set.try_clone_to_owned()?;
    // SAFETY: the duplicate belongs to the AsyncFd alone and is neither replaced nor closed before it.
    unsafe { AsyncFd::register_with_interest(own, Interest::READABLE) }.map_err(io::Error::from)
}

/// A duplicate of a readiness set that lives as long as its holder.
pub fn duplicate(set: &Poll) -> io::Result<OwnedFd> {
    // SAFETY: the set keeps its descriptor open as long as the borrow lasts.
    unsafe { BorrowedFd::borrow_raw(set.as_raw_fd()) }.try_clone_to_owned()
}
