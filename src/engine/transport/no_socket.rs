//! Where Node.js has no descriptor to give away there is no such socket, and every connection is a Duplex.

use super::{OptionName, SocketOption};
use std::io::IoSlice;

/// The number of an error, as C has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(i32);

impl Errno {
    /// Interrupted.
    pub const INTR: Self = Self(4);
    /// No such descriptor.
    pub const BADF: Self = Self(9);
    /// Not now.
    pub const AGAIN: Self = Self(11);
    /// No such option.
    pub const INVAL: Self = Self(22);
    /// No more.
    pub const PIPE: Self = Self(32);

    /// The number.
    pub fn raw_os_error(self) -> i32 {
        self.0
    }
}

/// There is none: what would be done with it is never done.
#[derive(Debug)]
pub enum Socket {}

impl Socket {
    /// Reads into `buffer`.
    pub fn receive(&self, _buffer: &mut [u8]) -> Result<usize, Errno> {
        match *self {}
    }

    /// Appends to `buffer`.
    pub fn receive_append(&self, _buffer: &mut Vec<u8>, _want: usize) -> Result<usize, Errno> {
        match *self {}
    }

    /// Writes `bytes`.
    pub fn send(&self, _bytes: &[u8]) -> Result<usize, Errno> {
        match *self {}
    }

    /// Writes `parts`.
    pub fn send_parts(&self, _parts: &[IoSlice<'_>]) -> Result<usize, Errno> {
        match *self {}
    }

    /// Sends FIN.
    pub fn shutdown(&self) {
        match *self {}
    }

    /// Makes closing send RST.
    pub fn reset_on_close(&self) {
        match *self {}
    }

    /// Sets an option.
    pub fn set_option(&self, _option: SocketOption) -> Result<(), Errno> {
        match *self {}
    }

    /// Reads one.
    pub fn option(&self, _name: OptionName) -> Result<Vec<u32>, Errno> {
        match *self {}
    }
}
