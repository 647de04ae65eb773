//! How is a frame header read and written (RFC 6455 section 5.2)?
//!
//! ```text
//!  0               1               2
//! |F|R|R|R| opcode|M| length 7    | length 16 or 64, when length 7 is 126 or 127 | mask key, when M |
//! ```
//!
//! [`FramePrefix`] is the first two bytes with all that can be wrong in them, so that a bad frame is known from its
//! first two bytes; [`FrameHeader`] is the whole. [`SmallFrame`] takes the common case in one go.
#![forbid(unsafe_code)]

use super::Opcode;

/// No header is longer: two bytes, a 64-bit length, a mask key.
pub const MAX_HEADER_LEN: usize = 14;
/// Longer payloads cannot be numbered exactly by a peer written in JavaScript, and are refused as `ws` does.
pub const LEN_MAX: u64 = (1 << 53) - 1;

/// Control frames carry no more (section 5.5).
const CONTROL_LEN_MAX: u8 = 125;
/// The seven-bit length that announces one of 16 bits.
const LEN_16: u8 = 126;
/// The seven-bit length that announces one of 64 bits.
const LEN_64: u8 = 127;
/// The bit of the first byte with which a message ends.
const FIN: u8 = 0x80;
/// That of an extension.
const RSV1: u8 = 0x40;
/// Those that nobody has given a meaning.
const RSV2_3: u8 = 0x30;
/// The bit of the second byte that announces a key.
const MASK: u8 = 0x80;

/// A frame that is malformed in itself, whoever sent it and whatever came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// "MUST be 0 unless an extension is negotiated that defines meanings for non-zero values."
    #[error("RSV2 and RSV3 must be clear")]
    Rsv2Or3,
    /// As above; permessage-deflate defines RSV1 for the first frame of a data message only.
    #[error("RSV1 must be clear")]
    Rsv1,
    /// "If an unknown opcode is received, the receiving endpoint MUST Fail the WebSocket Connection."
    #[error("invalid opcode {0}")]
    ReservedOpcode(u8),
    /// Control frames "MUST NOT be fragmented".
    #[error("FIN must be set")]
    FragmentedControl,
    /// Control frames have at most 125 bytes, a close frame none or at least the two of its code.
    #[error("invalid payload length {0}")]
    ControlLength(u8),
    /// "The minimal number of bytes MUST be used to encode the length."
    #[error("payload length must be minimally encoded")]
    NotMinimal,
    /// Above [`LEN_MAX`], which includes the forbidden most significant bit.
    #[error("payload length > 2^53 - 1")]
    TooLong,
}

/// The first two bytes of a frame, checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FramePrefix {
    /// The last (or only) fragment of its message.
    pub fin: bool,
    /// The message is compressed.
    pub rsv1: bool,
    /// What kind of frame.
    pub opcode: Opcode,
    /// A mask key follows the length.
    pub masked: bool,
    /// The seven-bit length: 126 and 127 announce a longer one.
    short_len: u8,
}

impl FramePrefix {
    /// Checks in the order `ws` does, so that a frame wrong in two ways gets the same error. `rsv1_allowed` says whether
    /// an extension that uses RSV1 was negotiated.
    #[inline]
    pub fn parse(first: u8, second: u8, rsv1_allowed: bool) -> Result<Self, FrameError> {
        let rsv1 = first & RSV1 != 0;
        if first & RSV2_3 != 0 {
            return Err(FrameError::Rsv2Or3);
        }
        if rsv1 && !rsv1_allowed {
            return Err(FrameError::Rsv1);
        }
        let bits = first & 0x0f;
        let opcode = Opcode::from_bits(bits).ok_or(FrameError::ReservedOpcode(bits))?;
        let prefix = Self {
            fin: first & FIN != 0,
            rsv1,
            opcode,
            masked: second & MASK != 0,
            short_len: second & 0x7f,
        };
        if opcode.is_control() {
            prefix.check_control()?;
        } else if rsv1 && opcode == Opcode::Continuation {
            return Err(FrameError::Rsv1);
        }
        Ok(prefix)
    }

    /// What only control frames must obey.
    fn check_control(self) -> Result<(), FrameError> {
        if !self.fin {
            return Err(FrameError::FragmentedControl);
        }
        if self.rsv1 {
            return Err(FrameError::Rsv1);
        }
        let half_code = self.opcode == Opcode::Close && self.short_len == 1;
        if self.short_len > CONTROL_LEN_MAX || half_code {
            return Err(FrameError::ControlLength(self.short_len));
        }
        Ok(())
    }

    /// The payload length, from the bytes after the prefix, and how many of them it took; `None` while they are too few.
    #[inline]
    pub fn len(self, rest: &[u8]) -> Result<Option<(u64, usize)>, FrameError> {
        match self.short_len {
            LEN_16 => match rest.first_chunk() {
                Some(&bytes) => minimal(u64::from(u16::from_be_bytes(bytes)), 126, 2),
                None => Ok(None),
            },
            LEN_64 => match rest.first_chunk() {
                Some(&bytes) => minimal(u64::from_be_bytes(bytes), 1 << 16, 8),
                None => Ok(None),
            },
            short => Ok(Some((u64::from(short), 0))),
        }
    }
}

/// `len`, unless a shorter encoding would have held it, or nobody could.
#[inline]
fn minimal(len: u64, at_least: u64, taken: usize) -> Result<Option<(u64, usize)>, FrameError> {
    if len < at_least {
        return Err(FrameError::NotMinimal);
    }
    if len > LEN_MAX {
        return Err(FrameError::TooLong);
    }
    Ok(Some((len, taken)))
}

/// A frame header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// The last (or only) fragment of its message.
    pub fin: bool,
    /// The message is compressed (first frame of a data message only).
    pub rsv1: bool,
    /// What kind of frame.
    pub opcode: Opcode,
    /// The key the payload is masked with: always from clients, never from servers (section 5.1).
    pub mask: Option<[u8; 4]>,
    /// How many payload bytes follow.
    pub len: u64,
}

impl FrameHeader {
    /// The header of an unmasked frame without extensions.
    pub fn new(opcode: Opcode, fin: bool, len: u64) -> Self {
        Self {
            fin,
            rsv1: false,
            opcode,
            mask: None,
            len,
        }
    }

    /// The header at the start of `input` and its length; `None` while it is incomplete. RSV1 is let through where
    /// permessage-deflate allows it: whether it was negotiated only the caller knows.
    #[inline]
    pub fn parse(input: &[u8]) -> Result<Option<(Self, usize)>, FrameError> {
        let &[first, second, ref rest @ ..] = input else {
            return Ok(None);
        };
        Self::complete(FramePrefix::parse(first, second, true)?, rest)
    }

    /// The header that starts with `prefix` and goes on with `rest`, and its whole length.
    #[inline]
    pub fn complete(prefix: FramePrefix, rest: &[u8]) -> Result<Option<(Self, usize)>, FrameError> {
        let Some((len, taken)) = prefix.len(rest)? else {
            return Ok(None);
        };
        let FramePrefix {
            fin,
            rsv1,
            opcode,
            masked,
            ..
        } = prefix;
        if !masked {
            return Ok(Some((
                Self {
                    fin,
                    rsv1,
                    opcode,
                    mask: None,
                    len,
                },
                2 + taken,
            )));
        }
        let key = rest.get(taken..).and_then(|rest| rest.first_chunk().copied());
        Ok(key.map(|key| {
            (
                Self {
                    fin,
                    rsv1,
                    opcode,
                    mask: Some(key),
                    len,
                },
                2 + taken + 4,
            )
        }))
    }

    /// Appends the header to `out`, its length in the minimal encoding.
    #[inline]
    pub fn encode(&self, out: &mut Vec<u8>) {
        let first = self.opcode as u8 | if self.fin { FIN } else { 0 } | if self.rsv1 { RSV1 } else { 0 };
        let masked = if self.mask.is_some() { MASK } else { 0 };
        if self.len <= u64::from(CONTROL_LEN_MAX) {
            out.extend_from_slice(&[first, masked | self.len as u8]);
        } else if let Ok(len) = u16::try_from(self.len) {
            let [high, low] = len.to_be_bytes();
            out.extend_from_slice(&[first, masked | LEN_16, high, low]);
        } else {
            out.extend_from_slice(&[first, masked | LEN_64]);
            out.extend_from_slice(&self.len.to_be_bytes());
        }
        if let Some(key) = self.mask {
            out.extend_from_slice(&key);
        }
    }
}

/// A whole unfragmented text or binary frame of less than 64 KiB: what nearly every frame is, and so the only one with
/// a parser of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SmallFrame<'a> {
    /// Text, not binary.
    pub text: bool,
    /// The mask key, zero when there is none.
    pub key: [u8; 4],
    /// The payload as it came.
    pub payload: &'a [u8],
    /// What follows the frame.
    pub rest: &'a [u8],
}

impl<'a> SmallFrame<'a> {
    /// The frame at the start of `input` if it is of this kind and masked as told. `None` says nothing about what it is
    /// instead: incomplete, larger, another kind, or wrong.
    #[inline]
    pub fn parse(input: &'a [u8], masked: bool) -> Option<Self> {
        let &[first, second, ref rest @ ..] = input else {
            return None;
        };
        let kind = first.wrapping_sub(FIN | Opcode::Text as u8);
        let short = second.wrapping_sub(if masked { MASK } else { 0 });
        if kind > 1 {
            return None;
        }
        let (len, rest) = match short {
            0..LEN_16 => (usize::from(short), rest),
            LEN_16 => match rest {
                &[high, low, ref rest @ ..] => (usize::from(u16::from_be_bytes([high, low])), rest),
                _ => return None,
            },
            _ => return None,
        };
        let (key, rest) = if masked {
            rest.split_first_chunk()?
        } else {
            (&[0; 4], rest)
        };
        let (payload, rest) = rest.split_at_checked(len)?;
        if short == LEN_16 && len < usize::from(LEN_16) {
            return None;
        }
        Some(Self {
            text: kind == 0,
            key: *key,
            payload,
            rest,
        })
    }
}
