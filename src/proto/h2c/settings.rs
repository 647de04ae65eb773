//! What did the client say about itself in `HTTP2-Settings`, and how does that become part of its first SETTINGS frame?
//! (RFC 7540 section 3.2.1, RFC 9113 section 6.5)

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Bytes of one setting.
const ENTRY: usize = 6;

/// `SETTINGS_HEADER_TABLE_SIZE`.
const HEADER_TABLE_SIZE: u16 = 1;

/// `SETTINGS_INITIAL_WINDOW_SIZE`.
const INITIAL_WINDOW_SIZE: u16 = 4;

/// The settings that anybody has defined a meaning for; a recipient ignores others.
const KNOWN: [u16; 8] = [1, 2, 3, 4, 5, 6, 8, 9];

/// One setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    /// Its identifier.
    id: u16,
    /// Its value.
    value: u32,
}

impl Entry {
    /// Reads one.
    const fn parse([high, low, value @ ..]: [u8; ENTRY]) -> Self {
        Self {
            id: u16::from_be_bytes([high, low]),
            value: u32::from_be_bytes(value),
        }
    }

    /// Appends it to the payload of a frame.
    fn append(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.id.to_be_bytes());
        out.extend_from_slice(&self.value.to_be_bytes());
    }

    /// Whether the value is one that this setting may have.
    const fn is_valid(self) -> bool {
        match self.id {
            2 | 8 | 9 => self.value <= 1,
            INITIAL_WINDOW_SIZE => self.value <= 0x7fff_ffff,
            5 => 16_384 <= self.value && self.value <= 0x00ff_ffff,
            _ => true,
        }
    }
}

/// The settings in a payload; what is left behind the last whole one is ignored.
fn entries(payload: &[u8]) -> impl Iterator<Item = Entry> + Clone {
    payload.as_chunks().0.iter().copied().map(Entry::parse)
}

/// What the payload of a SETTINGS frame makes of the window that streams begin with; `None` when it leaves it.
pub(super) fn initial_window(payload: &[u8]) -> Option<u32> {
    entries(payload)
        .filter(|entry| entry.id == INITIAL_WINDOW_SIZE)
        .last()
        .map(|entry| entry.value)
}

/// The settings of an upgrade: valid, in the order in which they were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings(Vec<Entry>);

impl Settings {
    /// Reads the value of `HTTP2-Settings`: base64url without padding, as a multiple of six bytes never needs any.
    ///
    /// "The value is a token68", which has at least one character.
    pub fn decode(value: &[u8]) -> Option<Self> {
        let payload = URL_SAFE_NO_PAD.decode(value).ok()?;
        let all: Vec<_> = entries(&payload).collect();
        let is_good = !payload.is_empty() && payload.len() % ENTRY == 0 && all.iter().all(|entry| entry.is_valid());
        is_good.then_some(Self(all))
    }

    /// The payload of one SETTINGS frame that says what these and then `later`, the payload of another, say.
    ///
    /// One frame, since each is acknowledged and the client waits for one acknowledgement. What `later` says again is
    /// left out: peers bound the number of settings in a frame.
    pub fn followed_by(&self, later: &[u8]) -> Vec<u8> {
        let mut payload = Vec::with_capacity(later.len() + (KNOWN.len() + 1) * ENTRY);
        for id in KNOWN {
            let values = self.0.iter().filter(|entry| entry.id == id);
            let Some(&last) = values.clone().next_back() else {
                continue;
            };
            let is_said_again = entries(later).any(|entry| entry.id == id);
            // The smallest size the table ever had matters as well (RFC 7541 section 4.2).
            let smallest = values.copied().min_by_key(|entry| entry.value);
            if let Some(smallest) =
                smallest.filter(|&entry| id == HEADER_TABLE_SIZE && (is_said_again || entry != last))
            {
                smallest.append(&mut payload);
            }
            if !is_said_again {
                last.append(&mut payload);
            }
        }
        payload.extend_from_slice(later);
        payload
    }
}
