//! What does an endpoint want of compression, before it knows what its peer wants? The options of `ws`.

/// What is wanted of a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Window {
    /// Nothing in particular.
    #[default]
    Unset,
    /// No limit at all: the peer must not ask for one.
    Refused,
    /// Any limit the peer likes.
    Any,
    /// This base-2 logarithm of its size, 8 to 15.
    Bits(u8),
}

impl Window {
    /// The limit, if there is one.
    pub(super) fn bits(self) -> Option<u8> {
        match self {
            Self::Bits(bits) => Some(bits),
            _ => None,
        }
    }
}

/// What an endpoint wants. A flag that is not set leaves it to the peer; `Some(false)` refuses what it asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The server shall forget each message.
    pub server_no_context_takeover: Option<bool>,
    /// The client shall forget each message.
    pub client_no_context_takeover: Option<bool>,
    /// The server's window.
    pub server_max_window_bits: Window,
    /// The client's window.
    pub client_max_window_bits: Window,
}
