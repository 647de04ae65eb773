//! Where does the body of the upgraded request end, and what is in it? (RFC 9112 sections 6 and 7)

use super::Framing;
use super::aside::{Extension, Trailer};

/// What chunk extensions and trailers may come to; nobody reads them here.
const MOST_UNREAD: usize = 16 * 1024;

/// What some bytes brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// The body is not whole yet.
    More,
    /// It is; so many of the bytes belonged to it.
    Whole(usize),
}

/// Why there is no whole body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// It is no body in chunks.
    Malformed,
    /// It is longer than the limit. So many of the bytes were taken; what comes before them is in [`Body::unread`].
    TooLarge(usize),
}

/// Where in a body the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Behind it.
    End,
    /// In a body of which so many bytes are missing.
    Sized(u64),
    /// In the size of a chunk, which is this far so much; and whether there were digits.
    Size(u64, bool),
    /// Behind this size of a chunk, before the end of the line.
    Extension(u64, Extension),
    /// Before the line feed behind this size of a chunk.
    SizeEnd(u64),
    /// In a chunk of which so many bytes are missing.
    Chunk(u64),
    /// Before the line break behind a chunk.
    ChunkReturn,
    /// Before its line feed.
    ChunkFeed,
    /// At the start of a line behind the last chunk.
    TrailerStart,
    /// In such a line.
    Trailer(Trailer),
    /// Before its line feed.
    TrailerFeed,
    /// Before the line feed that ends it all.
    LastFeed,
}

/// A body on its way in.
#[derive(Clone, Debug)]
pub struct Body {
    /// What there is of it.
    data: Vec<u8>,
    /// Where the next byte stands.
    place: Place,
    /// How long it may be.
    limit: usize,
    /// How much of it nobody reads.
    unread: usize,
}

impl Body {
    /// At its start.
    pub const fn new(framing: Framing, limit: usize) -> Self {
        let place = match framing {
            Framing::Length(0) => Place::End,
            Framing::Length(length) => Place::Sized(length),
            Framing::Chunked => Place::Size(0, false),
        };
        Self {
            data: Vec::new(),
            place,
            limit,
            unread: 0,
        }
    }

    /// Takes more of it.
    pub fn read(&mut self, bytes: &[u8]) -> Result<Read, BodyError> {
        let mut at = 0;
        while self.place != Place::End {
            let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) else {
                return Ok(Read::More);
            };
            at += self.step(rest).map_err(|error| error.later(at))?;
        }
        Ok(Read::Whole(at))
    }

    /// Takes what somebody else has read of it.
    pub fn add(&mut self, data: &[u8]) -> Result<(), BodyError> {
        if data.len() > self.limit - self.data.len() {
            return Err(BodyError::TooLarge(0));
        }
        self.data.extend_from_slice(data);
        Ok(())
    }

    /// All of it.
    pub fn into_data(self) -> Vec<u8> {
        self.data
    }

    /// After [`BodyError::TooLarge`]: bytes that say what was taken until then, in chunks if it came so.
    pub fn unread(&self) -> Vec<u8> {
        if let Place::Sized(_) = self.place {
            return self.data.clone();
        }
        let mut bytes = Vec::with_capacity(self.data.len() + 32);
        if !self.data.is_empty() {
            bytes.extend_from_slice(format!("{:x}\r\n", self.data.len()).as_bytes());
            bytes.extend_from_slice(&self.data);
            bytes.extend_from_slice(b"\r\n");
        }
        if let Place::Size(size, _) = self.place {
            bytes.extend_from_slice(format!("{size:x}").as_bytes());
        }
        bytes
    }

    /// Takes one byte of what says how long chunks are, or as much as there is of a chunk; never nothing.
    fn step(&mut self, bytes: &[u8]) -> Result<usize, BodyError> {
        match self.place {
            Place::Sized(missing) => return self.take(bytes, missing, Place::Sized, Place::End),
            Place::Chunk(missing) => return self.take(bytes, missing, Place::Chunk, Place::ChunkReturn),
            _ => {}
        }
        let Some(&byte) = bytes.first() else { return Ok(0) };
        self.place = match (self.place, byte) {
            (Place::Size(size, has_digits), _) => self.size(byte, size, has_digits)?,
            (Place::Extension(size, at), b'\r') if at.may_end() => Place::SizeEnd(size),
            (Place::Extension(size, at), _) => {
                let at = at.next(byte).ok_or(BodyError::Malformed)?;
                self.pass(Place::Extension(size, at))?
            }
            (Place::SizeEnd(0) | Place::TrailerFeed, b'\n') => Place::TrailerStart,
            (Place::SizeEnd(size), b'\n') => Place::Chunk(size),
            (Place::ChunkReturn, b'\r') => Place::ChunkFeed,
            (Place::ChunkFeed, b'\n') => Place::Size(0, false),
            (Place::TrailerStart, b'\r') => Place::LastFeed,
            (Place::Trailer(Trailer::Value), b'\r') => Place::TrailerFeed,
            (Place::LastFeed, b'\n') => Place::End,
            (Place::TrailerStart, _) => self.trailer(Trailer::START, byte)?,
            (Place::Trailer(at), _) => self.trailer(at, byte)?,
            _ => return Err(BodyError::Malformed),
        };
        Ok(1)
    }

    /// Takes bytes of the body itself.
    fn take(
        &mut self,
        bytes: &[u8],
        missing: u64,
        within: fn(u64) -> Place,
        behind: Place,
    ) -> Result<usize, BodyError> {
        let now = usize::try_from(missing).map_or(bytes.len(), |missing| missing.min(bytes.len()));
        let data = bytes.get(..now).unwrap_or_default();
        self.add(data)?;
        let missing = missing - now as u64;
        self.place = if missing == 0 { behind } else { within(missing) };
        Ok(now)
    }

    /// Takes one byte of a chunk's size.
    fn size(&mut self, byte: u8, size: u64, has_digits: bool) -> Result<Place, BodyError> {
        let Some(digit) = char::from(byte).to_digit(16) else {
            return match byte {
                _ if !has_digits => Err(BodyError::Malformed),
                b'\r' => Ok(Place::SizeEnd(size)),
                b';' => self.pass(Place::Extension(size, Extension::NameStart)),
                _ => Err(BodyError::Malformed),
            };
        };
        // Zeros in front are as good as any digit, but do not go on for ever.
        if has_digits && size == 0 {
            self.pass(self.place)?;
        }
        if size >> 60 != 0 {
            return Err(BodyError::Malformed);
        }
        let size = size << 4 | u64::from(digit);
        let place = Place::Size(size, true);
        if size > (self.limit - self.data.len()) as u64 {
            self.place = place;
            return Err(BodyError::TooLarge(1));
        }
        Ok(place)
    }

    /// Takes one byte of a line behind the last chunk.
    fn trailer(&mut self, at: Trailer, byte: u8) -> Result<Place, BodyError> {
        let at = at.next(byte).ok_or(BodyError::Malformed)?;
        self.pass(Place::Trailer(at))
    }

    /// Counts a byte that nobody reads.
    fn pass(&mut self, place: Place) -> Result<Place, BodyError> {
        self.unread += 1;
        if self.unread > MOST_UNREAD {
            return Err(BodyError::Malformed);
        }
        Ok(place)
    }
}

impl BodyError {
    /// The same, `before` bytes later.
    const fn later(self, before: usize) -> Self {
        match self {
            Self::TooLarge(at) => Self::TooLarge(before + at),
            Self::Malformed => Self::Malformed,
        }
    }
}
