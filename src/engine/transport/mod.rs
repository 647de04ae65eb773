//! Where a connection's bytes go: a socket taken over from Node, or a Duplex that JavaScript pumps.
//!
//! One of the two rooms of the engine with `unsafe`: memory that is not initialised yet, and payloads that JavaScript
//! owns.

mod foreign;
mod queue;
mod socket;
mod watched;

pub use foreign::{Foreign, Token};
pub use queue::{Flushed, Queue, Segment};
pub use socket::{Option as SocketOption, Socket};
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
