//! What was agreed on, and what does it mean for one of the two endpoints?

use super::negotiate::{Name, Value};
use super::{COMPRESSOR_BITS_MIN, Kind, NAME, Tuning};
use std::fmt::{Display, Formatter, Result};

/// The largest window, which is the one when none was named.
const BITS_MAX: u8 = 15;

/// Parameters of an offer or of a response, in order: at most one of each name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(Vec<(Name, Value)>);

impl Parameters {
    /// The value of a parameter.
    pub(super) fn get(&self, name: Name) -> Option<Value> {
        self.0.iter().find(|(known, _)| *known == name).map(|&(_, value)| value)
    }

    /// Sets a parameter, where it stands or behind the others.
    pub(super) fn set(&mut self, name: Name, value: Value) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    /// Takes a parameter away.
    pub(super) fn remove(&mut self, name: Name) {
        self.0.retain(|(known, _)| *known != name);
    }

    /// Whether a flag is set.
    fn has(&self, name: Name) -> bool {
        self.get(name).is_some()
    }

    /// The size of a window.
    fn bits(&self, name: Name) -> u8 {
        match self.get(name) {
            Some(Value::Bits(bits)) => bits,
            _ => BITS_MAX,
        }
    }

    /// What they mean for compressing and decompressing.
    pub fn deflate(&self, threshold: u64, tuning: Tuning) -> Deflate {
        Deflate {
            server: Side {
                no_context_takeover: self.has(Name::ServerNoContextTakeover),
                bits: self.bits(Name::ServerMaxWindowBits),
            },
            client: Side {
                no_context_takeover: self.has(Name::ClientNoContextTakeover),
                bits: self.bits(Name::ClientMaxWindowBits),
            },
            threshold,
            tuning,
        }
    }
}

/// As an element of `Sec-WebSocket-Extensions`.
impl Display for Parameters {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        formatter.write_str(NAME)?;
        for (name, value) in &self.0 {
            match value {
                Value::Flag => write!(formatter, "; {name}")?,
                Value::Bits(bits) => write!(formatter, "; {name}={bits}")?,
            }
        }
        Ok(())
    }
}

/// How one endpoint compresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side {
    /// It forgets each message when it is sent.
    pub no_context_takeover: bool,
    /// How far back it looks, as a base-2 logarithm.
    pub bits: u8,
}

/// Compression on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deflate {
    /// How the server compresses.
    pub server: Side,
    /// How the client compresses.
    pub client: Side,
    /// Shorter messages are sent as they are where nothing is remembered between messages.
    pub threshold: u64,
    /// How hard we try.
    pub tuning: Tuning,
}

impl Deflate {
    /// The compressor for our side; none keeps to the smallest window, and then nothing is compressed, which is allowed
    /// (RFC 7692 section 6).
    pub(in crate::proto) fn kind(&self, own: Side) -> Option<Kind> {
        (own.bits >= COMPRESSOR_BITS_MIN).then_some(Kind {
            bits: own.bits,
            tuning: self.tuning,
        })
    }
}
