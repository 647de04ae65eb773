//! Which close codes may a peer send (RFC 6455 section 7.4 and the IANA registry)?
#![forbid(unsafe_code)]

/// No close frame at all; never on the wire.
pub const NONE: u16 = 0;
/// The peer did something this protocol does not allow.
pub const PROTOCOL_ERROR: u16 = 1002;
/// What the API reports for a close frame without a code; never on the wire.
pub const NO_STATUS: u16 = 1005;
/// The payload contradicts its type: text that is not UTF-8.
pub const INVALID_PAYLOAD: u16 = 1007;
/// A limit of ours, for which there is no code of its own.
pub const POLICY_VIOLATION: u16 = 1008;
/// A message larger than we take.
pub const MESSAGE_TOO_BIG: u16 = 1009;

/// May `code` stand in a close frame? 1004 is reserved, 1005, 1006 and 1015 are for APIs only, 1012 to 1014 came by
/// registration, 3000 to 4999 belong to libraries and applications.
#[inline]
pub fn is_sendable(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}
