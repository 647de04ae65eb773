//! What may stand beside the data of a body in chunks? Extensions behind the sizes, and trailers behind it all (RFC 9112
//! sections 7.1.1 and 7.1.2). Nobody reads them here; but where somebody else sees the end of a line elsewhere, the rest of
//! the body is a request to him. So only what no reader could doubt passes: no white space around what separates, which
//! recipients may take and Node's parser does not.

use super::super::http::token::is_token_byte;

/// Names that say where a message ends. It is too late for that, and "a sender MUST NOT" (RFC 9110 section 6.5.1).
const FRAMING: [&[u8]; 2] = [b"content-length", b"transfer-encoding"];

/// The longest of them, and a byte more.
const MOST_NAME: usize = 18;

/// Where in the extensions of a chunk the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extension {
    /// At the start of a name.
    NameStart,
    /// In it.
    Name,
    /// At the start of a value.
    ValueStart,
    /// In one that is a token.
    Value,
    /// In one in quotes.
    Quoted,
    /// There, behind a backslash.
    Pair,
    /// Behind one in quotes.
    Behind,
}

impl Extension {
    /// Behind one byte more. Nothing when it may not stand here.
    pub(super) const fn next(self, byte: u8) -> Option<Self> {
        match (self, byte) {
            (Self::Name, b'=') => Some(Self::ValueStart),
            (Self::Name | Self::Value | Self::Behind, b';') => Some(Self::NameStart),
            (Self::NameStart | Self::Name, _) if is_token_byte(byte) => Some(Self::Name),
            (Self::ValueStart, b'"') => Some(Self::Quoted),
            (Self::ValueStart | Self::Value, _) if is_token_byte(byte) => Some(Self::Value),
            (Self::Quoted, b'"') => Some(Self::Behind),
            (Self::Quoted, b'\\') => Some(Self::Pair),
            (Self::Quoted | Self::Pair, _) if is_text(byte) => Some(Self::Quoted),
            _ => None,
        }
    }

    /// Whether the line may end here.
    pub(super) const fn may_end(self) -> bool {
        matches!(self, Self::Name | Self::Value | Self::Behind)
    }
}

/// A line behind the last chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trailer {
    /// In the name: the first bytes of it, and how many there are.
    Name([u8; MOST_NAME], usize),
    /// Behind the colon.
    Value,
}

impl Trailer {
    /// At its start.
    pub(super) const START: Self = Self::Name([0; MOST_NAME], 0);

    /// Behind one byte more. Nothing when it may not stand here.
    pub(super) fn next(self, byte: u8) -> Option<Self> {
        match self {
            Self::Name(name, length) if byte == b':' => {
                let is_known = FRAMING.contains(&name.get(..length).unwrap_or_default());
                (length > 0 && !is_known).then_some(Self::Value)
            }
            Self::Name(mut name, length) if is_token_byte(byte) => {
                if let Some(place) = name.get_mut(length) {
                    *place = byte.to_ascii_lowercase();
                }
                Some(Self::Name(name, (length + 1).min(MOST_NAME)))
            }
            Self::Value if is_text(byte) => Some(Self::Value),
            _ => None,
        }
    }
}

/// Whether a byte may stand in a field, or in quotes: `HTAB / SP / VCHAR / obs-text`.
const fn is_text(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}
