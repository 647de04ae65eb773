//! Where a connection's bytes go: a socket taken over from Node, or a Duplex that JavaScript pumps.
//!
//! One of the two rooms of the engine with `unsafe`: memory that is not initialised yet, and payloads that JavaScript
//! owns.

mod foreign;
#[cfg(target_os = "linux")]
mod loop_set;
#[cfg(not(target_os = "linux"))]
mod no_loop_set;
#[cfg(not(unix))]
mod no_socket;
mod option;
mod queue;
mod ready;
#[cfg(unix)]
mod socket;
#[cfg(unix)]
mod watched;

pub use foreign::{Foreign, Token};
#[cfg(target_os = "linux")]
pub use loop_set::LoopSet;
#[cfg(not(target_os = "linux"))]
pub use no_loop_set::LoopSet;
#[cfg(not(unix))]
pub use no_socket::{Errno, Socket};
pub use option::{KeepAlive, OPTION_WORDS, OptionName, SocketOption};
pub use queue::{Flushed, Queue, Segment};
pub use ready::Ready;
#[cfg(unix)]
pub use socket::{Errno, Socket};
#[cfg(unix)]
pub use watched::{duplicate, watch};

/// What a connection reads from and writes to.
#[derive(Debug)]
pub enum Transport {
    /// A TCP or Unix socket the engine owns.
    Socket(Socket),
    /// Closed.
    Gone,
    /// A Duplex: JavaScript brings the input and takes the output.
    Duplex,
}

impl Transport {
    /// Over a descriptor that JavaScript forgets with this call. Where there are none to be had, it is gone at once.
    pub(in crate::engine) fn over(descriptor: i32) -> Self {
        #[cfg(unix)]
        return Self::Socket(Socket::adopt(descriptor));
        #[cfg(not(unix))]
        {
            let _none = descriptor;
            Self::Gone
        }
    }
}
