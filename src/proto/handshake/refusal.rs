//! Why is a handshake refused? Every cause, once.

/// Why a handshake is refused: always the peer's fault, or of what stands between it and us.
///
/// What the peer is told about it is [`Answer`](super::Answer)'s to say. Each cause has a code, a stable name for
/// programs; the document `docs/handshake.md` lists them all with an example each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.answer(super::Rules::Strict).body)]
pub enum Refusal {
    /// `ERR_UPSHIFT_MALFORMED_HEAD`: not an HTTP head, or a line break or NUL inside a part of it.
    MalformedHead,
    /// `ERR_UPSHIFT_INVALID_METHOD`: not GET.
    InvalidMethod,
    /// `ERR_UPSHIFT_INVALID_HTTP_VERSION`: below HTTP/1.1.
    InvalidHttpVersion,
    /// `ERR_UPSHIFT_REQUEST_BODY`: the request has a body.
    RequestBody,
    /// `ERR_UPSHIFT_NOT_WEBSOCKET`: a well-formed upgrade to something else. Under the strict rules not an error to
    /// answer: the request is somebody else's, or plain HTTP.
    NotWebSocket,
    /// `ERR_UPSHIFT_MISSING_UPGRADE`: no `Upgrade`.
    MissingUpgrade,
    /// `ERR_UPSHIFT_INVALID_UPGRADE`: `Upgrade` is not a list of protocols.
    InvalidUpgrade,
    /// `ERR_UPSHIFT_MISSING_CONNECTION`: no `Connection`.
    MissingConnection,
    /// `ERR_UPSHIFT_INVALID_CONNECTION`: `Connection` is not a list of tokens, or lacks `upgrade`.
    InvalidConnection,
    /// `ERR_UPSHIFT_MISSING_HOST`: no `Host`, or an empty one.
    MissingHost,
    /// `ERR_UPSHIFT_REPEATED_HOST`: more than one `Host`.
    RepeatedHost,
    /// `ERR_UPSHIFT_REPEATED_ORIGIN`: more than one `Origin`, or `Sec-WebSocket-Origin` of version 8.
    RepeatedOrigin,
    /// `ERR_UPSHIFT_MISSING_KEY`: no `Sec-WebSocket-Key`.
    MissingKey,
    /// `ERR_UPSHIFT_REPEATED_KEY`: more than one `Sec-WebSocket-Key`.
    RepeatedKey,
    /// `ERR_UPSHIFT_INVALID_KEY`: `Sec-WebSocket-Key` is not the base64 of 16 bytes.
    InvalidKey,
    /// `ERR_UPSHIFT_MISSING_VERSION`: no `Sec-WebSocket-Version`.
    MissingVersion,
    /// `ERR_UPSHIFT_REPEATED_VERSION`: more than one `Sec-WebSocket-Version`.
    RepeatedVersion,
    /// `ERR_UPSHIFT_UNSUPPORTED_VERSION`: `Sec-WebSocket-Version` is neither 13 nor 8.
    UnsupportedVersion,
    /// `ERR_UPSHIFT_INVALID_SCHEME`: over HTTP/2, `:scheme` is neither `http` nor `https`.
    InvalidScheme,
    /// `ERR_UPSHIFT_MISSING_AUTHORITY`: over HTTP/2, no `:authority`, or an empty one.
    MissingAuthority,
    /// `ERR_UPSHIFT_INVALID_PATH`: over HTTP/2, `:path` does not begin with a slash.
    InvalidPath,
    /// `ERR_UPSHIFT_CONNECTION_FIELD`: over HTTP/2, a field about the connection, such as `Upgrade`.
    ConnectionField,
    /// `ERR_UPSHIFT_INVALID_PROTOCOL`: `Sec-WebSocket-Protocol` is not a list of different tokens.
    InvalidProtocol,
    /// `ERR_UPSHIFT_INVALID_EXTENSIONS`: `Sec-WebSocket-Extensions` does not fit its grammar.
    InvalidExtensions,
}

impl Refusal {
    /// The stable name of the cause.
    pub const fn code(self) -> &'static str {
        match self {
            Self::MalformedHead => "ERR_UPSHIFT_MALFORMED_HEAD",
            Self::InvalidMethod => "ERR_UPSHIFT_INVALID_METHOD",
            Self::InvalidHttpVersion => "ERR_UPSHIFT_INVALID_HTTP_VERSION",
            Self::RequestBody => "ERR_UPSHIFT_REQUEST_BODY",
            Self::NotWebSocket => "ERR_UPSHIFT_NOT_WEBSOCKET",
            Self::MissingUpgrade => "ERR_UPSHIFT_MISSING_UPGRADE",
            Self::InvalidUpgrade => "ERR_UPSHIFT_INVALID_UPGRADE",
            Self::MissingConnection => "ERR_UPSHIFT_MISSING_CONNECTION",
            Self::InvalidConnection => "ERR_UPSHIFT_INVALID_CONNECTION",
            Self::MissingHost => "ERR_UPSHIFT_MISSING_HOST",
            Self::RepeatedHost => "ERR_UPSHIFT_REPEATED_HOST",
            Self::RepeatedOrigin => "ERR_UPSHIFT_REPEATED_ORIGIN",
            Self::MissingKey => "ERR_UPSHIFT_MISSING_KEY",
            Self::RepeatedKey => "ERR_UPSHIFT_REPEATED_KEY",
            Self::InvalidKey => "ERR_UPSHIFT_INVALID_KEY",
            Self::MissingVersion => "ERR_UPSHIFT_MISSING_VERSION",
            Self::RepeatedVersion => "ERR_UPSHIFT_REPEATED_VERSION",
            Self::UnsupportedVersion => "ERR_UPSHIFT_UNSUPPORTED_VERSION",
            Self::InvalidScheme => "ERR_UPSHIFT_INVALID_SCHEME",
            Self::MissingAuthority => "ERR_UPSHIFT_MISSING_AUTHORITY",
            Self::InvalidPath => "ERR_UPSHIFT_INVALID_PATH",
            Self::ConnectionField => "ERR_UPSHIFT_CONNECTION_FIELD",
            Self::InvalidProtocol => "ERR_UPSHIFT_INVALID_PROTOCOL",
            Self::InvalidExtensions => "ERR_UPSHIFT_INVALID_EXTENSIONS",
        }
    }
}
