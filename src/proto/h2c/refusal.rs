//! Why does a request not become HTTP/2? Every cause, once, with what the client is told.

/// Why a request that asks for `h2c` does not get it: always the peer's fault, or of what stands between it and us.
///
/// Each is answered with 400 and these words, but for [`NotH2c`](Self::NotH2c), which is not an error: such a request
/// is plain HTTP/1.1. "A server MUST NOT upgrade the connection to HTTP/2 if this header field is not present or if more
/// than one is present" (RFC 7540 section 3.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text())]
pub enum Refusal {
    /// `ERR_UPSHIFT_MALFORMED_HEAD`: not an HTTP head, or a line break or NUL inside a part of it.
    MalformedHead,
    /// `ERR_UPSHIFT_NOT_H2C`: it asks for no upgrade to `h2c`, or cannot be said in HTTP/2.
    NotH2c,
    /// `ERR_UPSHIFT_MISSING_HOST`: no `Host`, or an empty one.
    MissingHost,
    /// `ERR_UPSHIFT_REPEATED_HOST`: more than one `Host`.
    RepeatedHost,
    /// `ERR_UPSHIFT_INVALID_HOST`: `Host` is not a host and a port.
    InvalidHost,
    /// `ERR_UPSHIFT_INVALID_TARGET`: the target is neither a path nor an `http` address.
    InvalidTarget,
    /// `ERR_UPSHIFT_MISSING_HTTP2_SETTINGS`: no `HTTP2-Settings`.
    MissingSettings,
    /// `ERR_UPSHIFT_REPEATED_HTTP2_SETTINGS`: more than one.
    RepeatedSettings,
    /// `ERR_UPSHIFT_INVALID_HTTP2_SETTINGS`: not the base64url of settings, or one has a value that it must not have.
    InvalidSettings,
    /// `ERR_UPSHIFT_UNLISTED_HTTP2_SETTINGS`: `Connection` does not name it, so that a proxy may have passed it on.
    UnlistedSettings,
    /// `ERR_UPSHIFT_INVALID_BODY`: the length of the body is announced in no way there is, or in two.
    InvalidBody,
}

impl Refusal {
    /// The stable name of the cause.
    pub const fn code(self) -> &'static str {
        match self {
            Self::MalformedHead => "ERR_UPSHIFT_MALFORMED_HEAD",
            Self::NotH2c => "ERR_UPSHIFT_NOT_H2C",
            Self::MissingHost => "ERR_UPSHIFT_MISSING_HOST",
            Self::RepeatedHost => "ERR_UPSHIFT_REPEATED_HOST",
            Self::InvalidHost => "ERR_UPSHIFT_INVALID_HOST",
            Self::InvalidTarget => "ERR_UPSHIFT_INVALID_TARGET",
            Self::MissingSettings => "ERR_UPSHIFT_MISSING_HTTP2_SETTINGS",
            Self::RepeatedSettings => "ERR_UPSHIFT_REPEATED_HTTP2_SETTINGS",
            Self::InvalidSettings => "ERR_UPSHIFT_INVALID_HTTP2_SETTINGS",
            Self::UnlistedSettings => "ERR_UPSHIFT_UNLISTED_HTTP2_SETTINGS",
            Self::InvalidBody => "ERR_UPSHIFT_INVALID_BODY",
        }
    }

    /// What the client is told.
    pub const fn text(self) -> &'static str {
        match self {
            Self::MalformedHead => "Malformed request head",
            Self::NotH2c => "Not an upgrade to h2c",
            Self::MissingHost => "Missing Host header",
            Self::RepeatedHost => "Repeated Host header",
            Self::InvalidHost => "Invalid Host header",
            Self::InvalidTarget => "Invalid request target",
            Self::MissingSettings => "Missing HTTP2-Settings header",
            Self::RepeatedSettings => "Repeated HTTP2-Settings header",
            Self::InvalidSettings => "Invalid HTTP2-Settings header",
            Self::UnlistedSettings => "HTTP2-Settings is not listed in the Connection header",
            Self::InvalidBody => "Invalid request body",
        }
    }
}
