//! What JavaScript may set on a live socket, as the words that cross: in a command, or in a call when the reactor is to be
//! had at once.
//!
//! What the kernel is told is what libuv would tell it, so that a socket the engine owns behaves as Node.js's own.

use std::time::Duration;

/// When the kernel asks a silent peer whether it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepAlive {
    /// Silence before the first probe.
    pub idle: Duration,
    /// Between one probe and the next.
    pub interval: Duration,
    /// How many without an answer end the connection.
    pub count: u32,
}

impl KeepAlive {
    /// Whether libuv takes it; if not, it has turned the probes on nevertheless.
    pub fn is_valid(&self) -> bool {
        !self.idle.is_zero() && !self.interval.is_zero() && self.count > 0
    }
}

/// An option and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketOption {
    /// `TCP_NODELAY`.
    NoDelay(bool),
    /// `SO_KEEPALIVE`, and when it is on, what goes with it.
    KeepAlive(Option<KeepAlive>),
    /// `IP_TOS`, or `IPV6_TCLASS`.
    TypeOfService(u8),
}

/// Which option, for one that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionName {
    /// On or off.
    NoDelay,
    /// On or off, then idle time, interval (both in seconds) and count.
    KeepAlive,
    /// The value.
    TypeOfService,
}

impl OptionName {
    /// The option that crosses as `word`.
    pub fn from_word(word: u32) -> Option<Self> {
        Some(match word {
            0 => Self::NoDelay,
            1 => Self::KeepAlive,
            2 => Self::TypeOfService,
            _ => return None,
        })
    }
}

/// Words of an option that is set: its name, on or off or the value, idle time, interval, count.
pub const OPTION_WORDS: usize = 5;

impl SocketOption {
    /// The option that crosses as `words`.
    pub fn from_words([name, value, idle, interval, count]: [u32; OPTION_WORDS]) -> Option<Self> {
        let seconds = |word: u32| Duration::from_secs(word.into());
        Some(match OptionName::from_word(name)? {
            OptionName::NoDelay => Self::NoDelay(value != 0),
            OptionName::KeepAlive => Self::KeepAlive((value != 0).then(|| KeepAlive {
                idle: seconds(idle),
                interval: seconds(interval),
                count,
            })),
            OptionName::TypeOfService => Self::TypeOfService(value as u8),
        })
    }
}
