//! What is a session allowed? Shared by all connections of a server.

use crate::proto::deflate::{Deflate, Kind, Side};
use crate::proto::wire::random_key;

/// Which end of the connection we are: clients mask, servers do not (RFC 6455 section 5.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// We accepted the connection.
    #[default]
    Server,
    /// We opened it.
    Client,
}

/// The rules and limits of a session. The defaults are those of `ws`.
#[derive(Clone, Debug)]
pub struct Config {
    /// Which end we are.
    pub role: Role,
    /// The largest message in bytes; 0 is none but the largest there is memory for, [`Config::message_max`].
    pub max_payload: u64,
    /// The most frames in one message; 0 is none.
    pub max_fragments: u32,
    /// The most reads one frame may arrive in; 0 is none. It bounds work, not memory: pieces are put together at once.
    pub max_buffered_chunks: u32,
    /// Let text and close reasons through unseen.
    pub skip_utf8_validation: bool,
    /// Answer pings by ourselves.
    pub auto_pong: bool,
    /// What was agreed on about compression.
    pub deflate: Option<Deflate>,
    /// Where the keys for automatic pongs come from (clients only).
    pub mask_key: fn() -> [u8; 4],
}

impl Default for Config {
    fn default() -> Self {
        Self {
            role: Role::Server,
            max_payload: 100 * 1024 * 1024,
            max_fragments: 16 * 1024,
            max_buffered_chunks: 256 * 1024,
            skip_utf8_validation: false,
            auto_pong: true,
            deflate: None,
            mask_key: random_key,
        }
    }
}

impl Config {
    /// The largest message, also when `max_payload` names none: offsets into a message have 32 bits, and no Buffer of
    /// every supported Node.js holds more.
    #[inline]
    pub fn message_max(&self) -> u64 {
        let largest = u64::from(u32::MAX);
        if self.max_payload == 0 {
            largest
        } else {
            self.max_payload.min(largest)
        }
    }

    /// Must the frames we receive be masked?
    #[inline]
    pub(super) fn peer_masks(&self) -> bool {
        self.role == Role::Server
    }

    /// How the peer compresses, if it may.
    pub(super) fn peer_side(&self) -> Option<Side> {
        self.deflate.map(|deflate| match self.role {
            Role::Server => deflate.client,
            Role::Client => deflate.server,
        })
    }

    /// How we compress a message that begins with `len` bytes, if it is worth it; and whether we forget it then.
    pub(super) fn compressor_for(&self, len: usize) -> Option<(Kind, bool)> {
        let deflate = self.deflate?;
        let own = match self.role {
            Role::Server => deflate.server,
            Role::Client => deflate.client,
        };
        if own.no_context_takeover && (len as u64) < deflate.threshold {
            return None;
        }
        Some((deflate.kind(own)?, own.no_context_takeover))
    }

    /// The key for a frame of our own making.
    pub(super) fn own_key(&self) -> Option<[u8; 4]> {
        (self.role == Role::Client).then(self.mask_key)
    }
}
