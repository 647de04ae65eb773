//! Elsewhere the event loop does not drive, and there is no such set.

use super::Socket;
use std::io;

/// There is none: what would be done with it is never done.
#[derive(Debug)]
pub enum LoopSet {}

impl LoopSet {
    /// Of no loop.
    pub fn over(_descriptor: i32) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Adds a socket.
    pub fn add(&self, _socket: &Socket, _known_as: i32) -> io::Result<()> {
        match *self {}
    }

    /// Removes one.
    pub fn remove(&self, _socket: &Socket) {
        match *self {}
    }
}
