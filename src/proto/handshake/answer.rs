//! What is the peer told when its handshake is refused? The one place that maps a cause to status, body and headers.
//!
//! Bodies are fixed texts: nothing the peer sent is ever sent back. `Connection: close`, `Content-Type` and
//! `Content-Length` belong to every refusal and are added where the response is written.

use super::{Refusal, Rules};

/// When a handshake is refused: before or after the application is asked whether it wants the request at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// By what every handshake must have; comes before the application's word about the path.
    Request,
    /// By what it asks for on top, subprotocols and extensions; comes after.
    Protocol,
}

impl Stage {
    /// What JavaScript calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Protocol => "protocol",
        }
    }
}

/// The answer to a refused handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The reason, which is the body of the response.
    pub body: &'static str,
    /// Headers beyond those of every refusal.
    pub headers: &'static [(&'static str, &'static str)],
    /// Before or after the application is asked.
    pub stage: Stage,
}

impl Refusal {
    /// What the peer is told under the given rules.
    pub const fn answer(self, rules: Rules) -> Answer {
        match rules {
            Rules::Ws => Answer {
                status: self.ws_status(),
                body: self.ws_body(),
                headers: self.ws_headers(),
                stage: self.stage(),
            },
            Rules::Strict => Answer {
                status: self.status(),
                body: self.body(),
                headers: self.headers(),
                stage: self.stage(),
            },
        }
    }

    /// When it comes.
    const fn stage(self) -> Stage {
        match self {
            Self::InvalidProtocol | Self::InvalidExtensions => Stage::Protocol,
            _ => Stage::Request,
        }
    }

    /// "[...] an appropriate HTTP error code (such as 426 Upgrade Required)" for a version not spoken here (RFC 6455
    /// section 4.2.2, item 4), "an appropriate error code (such as 400 Bad Request)" for all else (section 4.2.1).
    const fn status(self) -> u16 {
        match self {
            Self::MissingVersion | Self::UnsupportedVersion => 426,
            _ => 400,
        }
    }

    /// The reason, precise.
    const fn body(self) -> &'static str {
        match self {
            Self::MalformedHead => "Malformed request head",
            Self::InvalidMethod => "Invalid HTTP method",
            Self::InvalidHttpVersion => "HTTP/1.1 or later required",
            Self::RequestBody => "A WebSocket handshake must not have a body",
            Self::NotWebSocket => "Not a WebSocket handshake",
            Self::MissingUpgrade => "Missing Upgrade header",
            Self::InvalidUpgrade => "Invalid Upgrade header",
            Self::MissingConnection => "Missing Connection header",
            Self::InvalidConnection => "Invalid Connection header",
            Self::MissingHost => "Missing Host header",
            Self::RepeatedHost => "Repeated Host header",
            Self::RepeatedOrigin => "Repeated Origin header",
            Self::MissingKey => "Missing Sec-WebSocket-Key header",
            Self::RepeatedKey => "Repeated Sec-WebSocket-Key header",
            Self::InvalidKey => "Invalid Sec-WebSocket-Key header",
            Self::MissingVersion => "Missing Sec-WebSocket-Version header",
            Self::RepeatedVersion => "Repeated Sec-WebSocket-Version header",
            Self::UnsupportedVersion => "Unsupported Sec-WebSocket-Version",
            Self::InvalidScheme => "Invalid :scheme",
            Self::MissingAuthority => "Missing :authority",
            Self::InvalidPath => "Invalid :path",
            Self::ConnectionField => "Header field about the connection",
            Self::InvalidProtocol => "Invalid Sec-WebSocket-Protocol header",
            Self::InvalidExtensions => "Invalid Sec-WebSocket-Extensions header",
        }
    }

    /// What goes with a 426: the version spoken here, and the protocol, as "the server MUST send an Upgrade header
    /// field in a 426 response" (RFC 9110 section 15.5.22).
    const fn headers(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::MissingVersion | Self::UnsupportedVersion => {
                &[("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")]
            }
            _ => &[],
        }
    }

    /// The status the `ws` package answers with.
    const fn ws_status(self) -> u16 {
        match self {
            Self::InvalidMethod => 405,
            _ => 400,
        }
    }

    /// The text the `ws` package answers with, where it has one.
    const fn ws_body(self) -> &'static str {
        match self {
            Self::NotWebSocket | Self::MissingUpgrade => "Invalid Upgrade header",
            Self::MissingKey | Self::RepeatedKey | Self::InvalidKey => "Missing or invalid Sec-WebSocket-Key header",
            Self::MissingVersion | Self::RepeatedVersion | Self::UnsupportedVersion => {
                "Missing or invalid Sec-WebSocket-Version header"
            }
            Self::InvalidExtensions => "Invalid or unacceptable Sec-WebSocket-Extensions header",
            _ => self.body(),
        }
    }

    /// The headers the `ws` package adds.
    const fn ws_headers(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::MissingVersion | Self::RepeatedVersion | Self::UnsupportedVersion => {
                &[("Sec-WebSocket-Version", "13, 8")]
            }
            _ => &[],
        }
    }
}
