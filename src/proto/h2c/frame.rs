//! What does an HTTP/2 frame begin with, and how is one written? (RFC 9113 sections 4.1 and 6)

/// Bytes before the payload of a frame.
pub const HEADER_LENGTH: usize = 9;

/// The payload that every endpoint takes, whatever its settings say.
pub const MAX_PAYLOAD: usize = 16_384;

/// The types of frames that matter here.
pub mod kind {
    /// A piece of a body.
    pub const DATA: u8 = 0;
    /// The fields of a request.
    pub const HEADERS: u8 = 1;
    /// The abrupt end of a stream.
    pub const RST_STREAM: u8 = 3;
    /// Settings, or that they were taken note of.
    pub const SETTINGS: u8 = 4;
    /// More may be sent.
    pub const WINDOW_UPDATE: u8 = 8;
    /// More fields.
    pub const CONTINUATION: u8 = 9;
}

/// Their flags.
pub mod flag {
    /// Of DATA and HEADERS: the last of this side of the stream.
    pub const END_STREAM: u8 = 1;
    /// Of SETTINGS: an acknowledgement.
    pub const ACK: u8 = 1;
    /// Of HEADERS and CONTINUATION: the last of this block of fields.
    pub const END_HEADERS: u8 = 4;
}

/// What stands before the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// How long the payload is.
    pub length: usize,
    /// The type.
    pub kind: u8,
    /// The flags.
    pub flags: u8,
    /// The stream, 0 for the connection.
    pub stream: u32,
}

impl FrameHeader {
    /// Reads one; the reserved bit is ignored, as it has to be.
    pub const fn parse(bytes: [u8; HEADER_LENGTH]) -> Self {
        let [high, middle, low, kind, flags, stream @ ..] = bytes;
        Self {
            length: u32::from_be_bytes([0, high, middle, low]) as usize,
            kind,
            flags,
            stream: u32::from_be_bytes(stream) & 0x7fff_ffff,
        }
    }

    /// Reads one from the start of `bytes`, if there is a whole one.
    pub fn peek(bytes: &[u8]) -> Option<Self> {
        bytes.first_chunk().copied().map(Self::parse)
    }

    /// Writes it.
    pub const fn encode(self) -> [u8; HEADER_LENGTH] {
        let [_, high, middle, low] = (self.length as u32).to_be_bytes();
        let [first, second, third, fourth] = self.stream.to_be_bytes();
        [high, middle, low, self.kind, self.flags, first, second, third, fourth]
    }

    /// Whether `flag` is set.
    pub const fn has(self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// Appends a frame of at most [`MAX_PAYLOAD`] bytes.
pub fn append(out: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let length = payload.len();
    debug_assert!(length <= MAX_PAYLOAD, "a frame that every endpoint takes");
    out.extend_from_slice(
        &FrameHeader {
            length,
            kind,
            flags,
            stream,
        }
        .encode(),
    );
    out.extend_from_slice(payload);
}

/// Appends a block of fields as HEADERS and as many CONTINUATIONs as it needs.
pub fn append_fields(out: &mut Vec<u8>, stream: u32, block: &[u8], ends_stream: bool) {
    let mut pieces = block.chunks(MAX_PAYLOAD).peekable();
    let mut kind = kind::HEADERS;
    let mut flags = if ends_stream { flag::END_STREAM } else { 0 };
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            flags |= flag::END_HEADERS;
        }
        append(out, kind, flags, stream, piece);
        (kind, flags) = (kind::CONTINUATION, 0);
    }
}
