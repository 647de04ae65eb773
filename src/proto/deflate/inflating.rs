//! How does a compressed message become whole again, as its bytes arrive (RFC 7692 section 7.2.2)?
//!
//! Piece by piece into small memory and from there to the message, so that neither a length nor a ratio the peer chose
//! allocates anything before the bytes are there, and a message that becomes too long stops where it does.

use super::{History, Pool, TAIL};
use zlib_rs::{Inflate, InflateFlush, Status};

/// The least memory a message grows to.
const GROW_MIN: usize = 4096;

/// Final blocks a message may have: each costs a whole window, and an empty one takes two bytes. A sender that ends a stream
/// does so once a message, or once a fragment.
const FINALS: usize = 16;
/// One more for so many bytes that they yield.
const BYTES_PER_FINAL: usize = 1024;

/// What is wrong with a compressed message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InflateError {
    /// It is longer than allowed.
    TooLong,
    /// It is no deflate stream.
    Invalid(Fault),
}

/// Less than the fast loop of zlib-rs begins with. It overwrites its errors within the same call.
const SLOWLY: usize = 8;

/// What zlib says about what is no deflate stream. The last stands for all else.
const WORDS: [&str; 12] = [
    "invalid block type",
    "invalid stored block lengths",
    "too many length or distance symbols",
    "invalid code lengths set",
    "invalid bit length repeat",
    "invalid code -- missing end-of-block",
    "invalid literal/lengths set",
    "invalid distances set",
    "invalid literal/length code",
    "invalid distance code",
    "invalid distance too far back",
    "invalid compressed data",
];

/// Which of them it said: errors are kept by every session, and therefore small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault(u8);

impl Fault {
    /// All else.
    const UNKNOWN: Self = Self(WORDS.len() as u8 - 1);

    /// It said `words`.
    fn said(words: &str) -> Self {
        let at = WORDS.iter().position(|known| *known == words);
        at.map_or(Self::UNKNOWN, |at| Self(at as u8))
    }

    /// The words.
    pub fn words(self) -> &'static str {
        WORDS.get(usize::from(self.0)).copied().unwrap_or_default()
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.words())
    }
}

/// A compressed message under way.
pub struct Inflating {
    /// zlib's.
    inflate: Box<Inflate>,
    /// What came before the message, as far as it may refer to it.
    history: History,
    /// How much of the message is in the history already.
    recorded: usize,
    /// How much history the peer may refer to, and whether it does beyond this message.
    window: usize,
    /// Later messages refer to this one: whose they are, else 0.
    owner: u64,
    /// Final blocks so far.
    finals: usize,
    /// It has come in several pieces.
    is_torn: bool,
}

impl std::fmt::Debug for Inflating {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Inflating").finish_non_exhaustive()
    }
}

impl Inflating {
    /// A message that begins. The peer looks back `bits` far; `owner` is whose earlier messages that includes, 0 when none.
    pub(in crate::proto) fn begin(pool: &mut Pool, mut history: History, bits: u8, owner: u64) -> Self {
        let (mut inflate, knows) = pool.take_inflate(owner);
        if !knows {
            refer(&mut inflate, &mut history);
        }
        Self {
            inflate,
            history,
            recorded: 0,
            window: 1 << bits.clamp(8, 15),
            owner,
            finals: 0,
            is_torn: false,
        }
    }

    /// Memory held.
    pub fn held(&self) -> usize {
        size_of::<Inflate>() + (1 << 15) + self.history.held()
    }

    /// Appends what `input` stands for to `message`, which may grow to `most` bytes.
    pub fn push(
        &mut self,
        input: &[u8],
        message: &mut Vec<u8>,
        most: u64,
        scratch: &mut [u8],
    ) -> Result<(), InflateError> {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let mut rest = input;
        let is_whole = !std::mem::replace(&mut self.is_torn, true);
        loop {
            // One byte more than allowed tells that there are more.
            let room = scratch.len().min((most - message.len()).saturating_add(1));
            let place = scratch.get_mut(..room).unwrap_or_default();
            let before = (self.inflate.total_in(), self.inflate.total_out());
            let done = self.inflate.decompress(rest, place, InflateFlush::SyncFlush);
            let taken = (self.inflate.total_in() - before.0) as usize;
            let made = (self.inflate.total_out() - before.1) as usize;
            if made > most - message.len() {
                return Err(InflateError::TooLong);
            }
            append(message, place.get(..made).unwrap_or_default(), most);
            rest = rest.get(taken..).unwrap_or_default();
            match done {
                Err(_) => {
                    let again = is_whole.then_some(input);
                    return Err(InflateError::Invalid(self.fault(again, scratch)));
                }
                Ok(Status::StreamEnd) => self.go_on(message)?,
                Ok(_) if made < room => return Ok(()),
                Ok(_) => continue,
            }
            if rest.is_empty() {
                return Ok(());
            }
        }
    }

    /// The message has no more bytes. "Append 4 octets of 0x00 0x00 0xff 0xff to the tail end of the payload."
    pub fn finish(&mut self, message: &mut Vec<u8>, most: u64, scratch: &mut [u8]) -> Result<(), InflateError> {
        self.push(&TAIL, message, most, scratch)
    }

    /// Section 7.2.3.4: a sender may end its blocks with a final one, and goes on behind it all the same.
    #[cold]
    fn go_on(&mut self, message: &[u8]) -> Result<(), InflateError> {
        self.finals += 1;
        if self.finals > FINALS + message.len() / BYTES_PER_FINAL {
            return Err(InflateError::Invalid(Fault::UNKNOWN));
        }
        self.record(message);
        self.inflate.reset(false);
        refer(&mut self.inflate, &mut self.history);
        Ok(())
    }

    /// What was wrong just now. Where all of the message up to there is at hand, what the fast loop has forgotten is found
    /// without it.
    #[cold]
    fn fault(&mut self, again: Option<&[u8]>, scratch: &mut [u8]) -> Fault {
        let said = self.inflate.error_message().map_or(Fault::UNKNOWN, Fault::said);
        match again {
            Some(input) if said == Fault::UNKNOWN && self.finals == 0 => self.fault_slowly(input, scratch),
            _ => said,
        }
    }

    /// The fault in a message of which this is all there is.
    fn fault_slowly(&mut self, input: &[u8], scratch: &mut [u8]) -> Fault {
        let mut inflate = Inflate::new(false, 15);
        refer(&mut inflate, &mut self.history);
        for piece in input.chunks(SLOWLY) {
            let end = inflate.total_in() + piece.len() as u64;
            loop {
                let at = piece.len() - (end - inflate.total_in()) as usize;
                let rest = piece.get(at..).unwrap_or_default();
                let before = inflate.total_out();
                let done = inflate.decompress(rest, scratch, InflateFlush::SyncFlush);
                let made = (inflate.total_out() - before) as usize;
                match done {
                    Err(_) => return inflate.error_message().map_or(Fault::UNKNOWN, Fault::said),
                    Ok(_) if made < scratch.len() => break,
                    Ok(_) => {}
                }
            }
        }
        Fault::UNKNOWN
    }

    /// Adds what is new in `message` to the history.
    fn record(&mut self, message: &[u8]) {
        self.history
            .push(message.get(self.recorded..).unwrap_or_default(), self.window);
        self.recorded = message.len();
    }

    /// The message is complete: what has to be kept of it.
    pub fn end(mut self, message: &[u8], pool: &mut Pool) -> History {
        if self.owner != 0 {
            self.record(message);
        }
        pool.give_inflate(self.inflate, self.owner);
        self.history
    }
}

/// Has a fresh decompressor know what came before.
fn refer(inflate: &mut Inflate, history: &mut History) {
    if !history.is_empty() {
        let known = inflate.set_dictionary(history.as_slice());
        debug_assert!(known.is_ok(), "a raw stream takes any dictionary at its start");
    }
}

/// Appends to memory that grows by doubling with what is there, but not beyond `most`.
fn append(message: &mut Vec<u8>, bytes: &[u8], most: usize) {
    if message.capacity() - message.len() < bytes.len() {
        let doubled = message.len().max(GROW_MIN).min(most - message.len());
        message.reserve_exact(doubled.max(bytes.len()));
    }
    message.extend_from_slice(bytes);
}
