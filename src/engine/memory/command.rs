//! What JavaScript asks of connections, as it lies in the outgoing slab: one sequence per reactor, applied in order.
//!
//! A command is three words (id, operation, length) and `length` bytes, padded to four. By-reference payloads are
//! commands like any other; their memory comes from the list that crosses with the slab.

/// Bits of the operation word.
pub mod operation {
    /// The frame's opcode.
    pub const OPCODE: u32 = 0x0f;
    /// The frame ends its message.
    pub const FIN: u32 = 0x10;
    /// Mask it: clients have to, servers need not.
    pub const MASK: u32 = 0x20;
    /// The payload is the next of the list that crosses with the slab.
    pub const REFERENCE: u32 = 0x40;
    /// JavaScript waits to hear when it is out.
    pub const NOTIFY: u32 = 0x80;
    /// Do not compress it, although that was agreed on.
    pub const PLAIN: u32 = 0x1_0000;
    /// Where the verb begins.
    pub const VERB_SHIFT: u32 = 8;
    /// Bits of the verb.
    pub const VERB: u32 = 0xff;
}

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Send a frame.
    Frame,
    /// A new connection: fd (or -1 for a Duplex), configuration, then the response head.
    Attach,
    /// Send the close frame: code (0 for none), then the reason.
    Close,
    /// Drop the connection at once.
    Terminate,
    /// Drop it with a TCP reset.
    Reset,
    /// Stop reading.
    Pause,
    /// Read again.
    Resume,
    /// Half-close once the output is out. FIN: no closing handshake is under way, and nobody waits for the peer's end.
    Shutdown,
    /// The next frame is masked with this key, not with one of our own.
    Key,
    /// Send bytes that are a frame already: those of the body, then those that cross by reference.
    Raw,
    /// Something for a Duplex that another thread serves: how much of its output it has not passed on, then the bytes.
    /// FIN: it has ended. NOTIFY: JavaScript waits to hear when all of it is taken.
    Input,
    /// Such a Duplex has passed all its output on.
    PassedOn,
    /// Such a Duplex is gone: what it brought before is all there is.
    Leave,
    /// JavaScript waits to hear when our FIN is out.
    Watch,
    /// Set an option of the socket: the words of `transport::SocketOption`.
    Option,
}

impl Verb {
    fn from_word(word: u32) -> Option<Self> {
        Some(match (word >> operation::VERB_SHIFT) & operation::VERB {
            0 => Self::Frame,
            1 => Self::Attach,
            2 => Self::Close,
            3 => Self::Terminate,
            4 => Self::Reset,
            5 => Self::Pause,
            6 => Self::Resume,
            7 => Self::Shutdown,
            8 => Self::Key,
            9 => Self::Raw,
            10 => Self::Input,
            11 => Self::PassedOn,
            12 => Self::Leave,
            13 => Self::Watch,
            14 => Self::Option,
            _ => return None,
        })
    }
}

/// One command.
#[derive(Clone, Copy, Debug)]
pub struct Command<'a> {
    /// The connection.
    pub id: u32,
    /// What to do.
    pub verb: Verb,
    /// The operation word with its flags.
    pub flags: u32,
    /// What follows the three words; empty for by-reference payloads.
    pub body: &'a [u8],
}

impl Command<'_> {
    /// Whether all bits of `flag` are set.
    pub fn has(&self, flag: u32) -> bool {
        self.flags & flag == flag
    }

    /// The 32-bit word at `index` of the body; zero when the body is shorter.
    pub fn word(&self, index: usize) -> u32 {
        word_at(self.body, index * 4).unwrap_or(0)
    }
}

/// The commands of a slab, in order.
pub struct Commands<'a> {
    rest: &'a [u8],
}

impl<'a> Commands<'a> {
    /// Reads `bytes` as commands.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }
}

impl<'a> Iterator for Commands<'a> {
    type Item = Command<'a>;

    #[inline]
    fn next(&mut self) -> Option<Command<'a>> {
        let id = word_at(self.rest, 0)?;
        let flags = word_at(self.rest, 4)?;
        let length = word_at(self.rest, 8)? as usize;
        let verb = Verb::from_word(flags)?;
        let body = self.rest.get(12..12 + length)?;
        self.rest = self.rest.get(12 + ((length + 3) & !3)..).unwrap_or(&[]);
        Some(Command { id, verb, flags, body })
    }
}

#[inline]
fn word_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 4)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}
