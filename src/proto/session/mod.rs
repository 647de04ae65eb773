//! What does the stream of frames on one live connection mean, and what may be sent on it?
//!
//! Uses [`wire`](super::wire) only. A [`Session`] takes bytes ([`receive`](Session::receive), or
//! [`assembly`](Session::assembly) and [`assembled`](Session::assembled) where the transport reads straight into a large
//! message) and tells a [`Sink`] what they meant; it frames what the application sends ([`send`](Session::send),
//! [`send_header`](Session::send_header), [`send_close`](Session::send_close)). It implements RFC 6455 sections 5 to 7:
//! fragmentation, control frames, closing, limits, failing ([`ProtocolError`]).
//!
//! It does not decide when to close: after the peer's close frame or an error it goes quiet, and whoever owns it answers
//! once everything that came before has been handled. It has no clock; deadlines are the engine's.
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing, clippy::missing_docs_in_private_items, clippy::unwrap_used)]

mod assembly;
mod compression;
mod config;
mod control;
mod error;
mod receive;
mod send;
mod sink;
mod small;

pub use config::{Config, Role};
pub use control::Pongs;
pub use error::ProtocolError;
pub use sink::{ASSEMBLE_MIN, Progress, Sink};

use super::wire::MAX_HEADER_LEN;
use assembly::Assembly;
use compression::Context;
use control::{Deferred, PartialControl};

/// A live WebSocket connection after its handshake: the protocol's state, and nothing of the transport's.
///
/// Small while nothing is under way, since most connections are idle most of the time: what is under way lives in boxes.
#[derive(Debug, Default)]
pub struct Session {
    /// The data message that is arriving.
    assembly: Option<Box<Assembly>>,
    /// The control frame that is arriving.
    control: Option<Box<PartialControl>>,
    /// The ping that waits for the peer to take what it was sent.
    deferred: Option<Box<Deferred>>,
    /// What compression remembers between messages.
    context: Option<Box<Context>>,
    /// The start of a frame header, `header_len` bytes of it.
    header: [u8; MAX_HEADER_LEN - 1],
    /// < `MAX_HEADER_LEN`.
    header_len: u8,
    /// Set once by the first error.
    failed: Option<ProtocolError>,
    /// A close frame arrived.
    close_received: bool,
    /// A close frame was sent.
    close_sent: bool,
    /// The message of which not all fragments were sent.
    sending: Sending,
}

/// What the next data frame to be sent belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sending {
    /// A message of its own.
    #[default]
    Nothing,
    /// A message that was begun with fin = false: it is a continuation.
    Plain,
    /// The same, compressed.
    Compressed,
}

impl Session {
    /// At the start of a connection. What it is allowed is told with each call, by a [`Config`] all connections share.
    pub fn new() -> Self {
        Self::default()
    }

    /// A close frame was sent: nothing more will be.
    #[inline]
    pub fn close_sent(&self) -> bool {
        self.close_sent
    }

    /// The peer's close frame was received: what follows it is ignored.
    #[inline]
    pub fn close_received(&self) -> bool {
        self.close_received
    }

    /// The peer broke the protocol or a limit: further input is refused with the same error.
    #[inline]
    pub fn failed(&self) -> bool {
        self.failed.is_some()
    }

    /// Nothing of a frame or message is held; the state is as small as it gets.
    pub fn is_idle(&self) -> bool {
        !self.is_mid_message() && self.deferred.is_none()
    }

    /// The next byte of input belongs to something that has begun (a message or a frame).
    #[inline]
    fn is_mid_message(&self) -> bool {
        self.assembly.is_some() || self.control.is_some() || self.header_len > 0
    }

    /// Bytes held for what is not complete yet.
    pub fn held(&self) -> usize {
        self.assembly.as_ref().map_or(0, |assembly| assembly.held())
            + self.control.as_ref().map_or(0, |_| size_of::<PartialControl>())
            + self.deferred.as_ref().map_or(0, |_| size_of::<Deferred>())
            + self.context.as_ref().map_or(0, |context| context.held())
    }

    /// Makes `error` final and lets go of all that was under way.
    #[cold]
    fn fail(&mut self, error: ProtocolError) -> ProtocolError {
        self.failed = Some(error);
        self.let_go();
        error
    }

    /// Nothing will be completed any more.
    fn let_go(&mut self) {
        self.assembly = None;
        self.control = None;
        self.deferred = None;
        self.header_len = 0;
    }
}

#[cfg(test)]
pub mod fuzz;
#[cfg(test)]
mod tests;
