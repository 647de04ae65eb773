//! What did the peer do wrong, and what is it told?
//!
//! Sorted by fault. Messages and codes are those of `ws` wherever it has one, since applications match on them.

use crate::proto::deflate::{Fault, InflateError};
use crate::proto::wire::{FrameError, close_code};

/// Why a connection has to fail (RFC 6455 section 7.1.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// A length beyond what can be numbered; `ws` words it as our inability.
    #[error("Unsupported WebSocket frame: payload length > 2^53 - 1")]
    UnsupportedLength,
    /// A frame that is malformed in itself.
    #[error("Invalid WebSocket frame: {0}")]
    Frame(FrameError),
    /// A continuation of nothing, or a new message inside another (section 5.4).
    #[error("Invalid WebSocket frame: invalid opcode {0}")]
    UnexpectedOpcode(u8),
    /// "The server MUST close the connection upon receiving a frame that is not masked."
    #[error("Invalid WebSocket frame: MASK must be set")]
    ExpectedMask,
    /// "A client MUST close a connection if it detects a masked frame."
    #[error("Invalid WebSocket frame: MASK must be clear")]
    UnexpectedMask,
    /// A close code that must not be sent (section 7.4).
    #[error("Invalid WebSocket frame: invalid status code {0}")]
    InvalidCloseCode(u16),
    /// Text or a close reason that is not UTF-8 (section 8.1).
    #[error("Invalid WebSocket frame: invalid UTF-8 sequence")]
    InvalidUtf8,
    /// What came is not the compressed form of anything; zlib's words.
    #[error("{0}")]
    Inflate(Fault),
    /// Our limit on the size of a message.
    #[error("Max payload size exceeded")]
    MessageTooLong,
    /// Our limit on the frames of a message.
    #[error("Too many message fragments")]
    TooManyFragments,
    /// Our limit on the reads a frame arrives in.
    #[error("Too many buffered chunks")]
    TooManyChunks,
    /// Our limit on the pongs that wait. The connection is dropped as by `ws`: without a word.
    #[error("Too many pings")]
    TooManyPings,
}

impl From<FrameError> for ProtocolError {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::TooLong => Self::UnsupportedLength,
            other => Self::Frame(other),
        }
    }
}

impl From<InflateError> for ProtocolError {
    fn from(error: InflateError) -> Self {
        match error {
            InflateError::TooLong => Self::MessageTooLong,
            InflateError::Invalid(fault) => Self::Inflate(fault),
        }
    }
}

impl ProtocolError {
    /// The code for our close frame, if there is to be one. The only place where an error becomes one.
    pub fn close_code(self) -> u16 {
        match self {
            Self::Frame(_)
            | Self::UnexpectedOpcode(_)
            | Self::ExpectedMask
            | Self::UnexpectedMask
            | Self::InvalidCloseCode(_) => close_code::PROTOCOL_ERROR,
            Self::InvalidUtf8 | Self::Inflate(_) => close_code::INVALID_PAYLOAD,
            Self::TooManyFragments | Self::TooManyChunks => close_code::POLICY_VIOLATION,
            Self::UnsupportedLength | Self::MessageTooLong => close_code::MESSAGE_TOO_BIG,
            Self::TooManyPings => close_code::NONE,
        }
    }

    /// The `code` of the error JavaScript sees.
    pub fn code(self) -> &'static str {
        match self {
            Self::Frame(error) => frame_code(error),
            Self::UnexpectedOpcode(_) => "WS_ERR_INVALID_OPCODE",
            Self::ExpectedMask => "WS_ERR_EXPECTED_MASK",
            Self::UnexpectedMask => "WS_ERR_UNEXPECTED_MASK",
            Self::InvalidCloseCode(_) => "WS_ERR_INVALID_CLOSE_CODE",
            Self::InvalidUtf8 => "WS_ERR_INVALID_UTF8",
            // zlib's own, as ws hands it on.
            Self::Inflate(_) => "Z_DATA_ERROR",
            Self::UnsupportedLength => "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH",
            Self::MessageTooLong => "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH",
            Self::TooManyFragments | Self::TooManyChunks => "WS_ERR_TOO_MANY_BUFFERED_PARTS",
            Self::TooManyPings => "",
        }
    }
}

/// The same for what is wrong with a single frame. `ws` accepts a length that is not minimal, so that code is ours.
fn frame_code(error: FrameError) -> &'static str {
    match error {
        FrameError::Rsv2Or3 => "WS_ERR_UNEXPECTED_RSV_2_3",
        FrameError::Rsv1 => "WS_ERR_UNEXPECTED_RSV_1",
        FrameError::ReservedOpcode(_) => "WS_ERR_INVALID_OPCODE",
        FrameError::FragmentedControl => "WS_ERR_EXPECTED_FIN",
        FrameError::ControlLength(_) => "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH",
        FrameError::NotMinimal => "WS_ERR_NON_MINIMAL_PAYLOAD_LENGTH",
        FrameError::TooLong => "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH",
    }
}
