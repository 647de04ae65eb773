//! The rules of connections: one set per server, known by a number that attach commands carry.

use crate::proto::session::Config;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;

/// What all connections of a server share.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The protocol's limits.
    pub session: Config,
    /// How long the close handshake may take.
    pub close_timeout: Duration,
    /// Automatic pongs that may wait for the peer to take them, 0 for any.
    pub max_pending_pongs: u32,
    /// JavaScript may tell the application of several frames of one read at once.
    pub tells_at_once: bool,
    /// Payload bytes (plus 64 a message) that may wait undelivered in JavaScript before reading stops.
    pub receive_credit: i32,
}

impl Settings {
    /// Whether `other` asks for the same.
    pub fn is_same(&self, other: &Self) -> bool {
        let key = |settings: &Self| {
            let Config {
                role,
                max_payload,
                max_fragments,
                max_buffered_chunks,
                skip_utf8_validation,
                auto_pong,
                deflate,
                ..
            } = settings.session;
            let limits = (max_payload, max_fragments, max_buffered_chunks);
            let pongs = (auto_pong, settings.max_pending_pongs, settings.tells_at_once);
            (
                role,
                limits,
                skip_utf8_validation,
                pongs,
                deflate,
                settings.close_timeout,
                settings.receive_credit,
            )
        };
        key(self) == key(other)
    }
}

/// The settings of one reactor. The lock is held for a look or an append only, so that JavaScript can register new ones
/// while the reactor is at work.
#[derive(Clone, Default)]
pub struct SettingsTable(Arc<Mutex<Vec<Arc<Settings>>>>);

impl SettingsTable {
    /// Settings for later attaches, by number; equal ones are kept once.
    pub fn register(&self, settings: Settings) -> usize {
        let mut table = self.0.lock();
        if let Some(at) = table.iter().position(|known| known.is_same(&settings)) {
            return at;
        }
        table.push(Arc::new(settings));
        table.len() - 1
    }

    /// The settings with a number.
    pub fn get(&self, number: usize) -> Option<Arc<Settings>> {
        self.0.lock().get(number).cloned()
    }
}
