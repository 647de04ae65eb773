//! Which kind of frame is it (RFC 6455 section 5.2, "opcode")?
#![forbid(unsafe_code)]

/// The opcodes RFC 6455 defines; 3 to 7 and 11 to 15 are reserved and never become one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Opcode {
    /// A further fragment of the message under way.
    Continuation = 0,
    /// A text message, or its first fragment.
    Text = 1,
    /// A binary message, or its first fragment.
    Binary = 2,
    /// The closing handshake.
    Close = 8,
    /// Asks for a pong with the same payload.
    Ping = 9,
    /// Answers a ping, or a one-way heartbeat.
    Pong = 10,
}

impl Opcode {
    /// The opcode in the low four bits of a frame's first byte, `None` when it is reserved.
    #[inline]
    pub fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return None,
        })
    }

    /// Close, ping and pong: at most 125 bytes, never fragmented, allowed between fragments (section 5.5).
    #[inline]
    pub fn is_control(self) -> bool {
        self as u8 >= 8
    }
}
