//! The set of the event loop itself, in which sockets of ours may stand beside its own.

use super::Socket;
use rustix::event::epoll::{self, EventData, EventFlags};
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

/// A duplicate of it: open as long as its holder, whatever becomes of the loop.
#[derive(Debug)]
pub struct LoopSet(OwnedFd);

impl LoopSet {
    /// Of the loop whose set this is.
    pub fn over(descriptor: i32) -> io::Result<Self> {
        // SAFETY: the loop, which is the caller's, keeps it open.
        unsafe { BorrowedFd::borrow_raw(descriptor) }
            .try_clone_to_owned()
            .map(Self)
    }

    /// Has the loop told of edges of a socket as of the descriptor `known_as`, which it watches.
    pub fn add(&self, socket: &Socket, known_as: i32) -> io::Result<()> {
        let events = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        // libuv finds its watcher by the descriptor.
        let data = EventData::new_u64(known_as.cast_unsigned().into());
        Ok(epoll::add(&self.0, socket.fd(), data, events)?)
    }

    /// No longer. The kernel would do so when the socket is closed, but not while a child that is just being forked has it too.
    pub fn remove(&self, socket: &Socket) {
        let _not_there = epoll::delete(&self.0, socket.fd());
    }
}
