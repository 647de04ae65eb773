//! How is a data message put together that does not arrive whole in one read?
//!
//! In memory of its own, which grows by doubling with what arrived (a length the peer names costs it nothing, so it
//! allocates nothing), unmasked in place, and its text checked piece by piece, so that an error shows at its first wrong
//! byte.

use super::{Config, Progress, ProtocolError, Session, Sink};
use crate::proto::deflate::{Inflating, Pool};
use crate::proto::wire::{FrameHeader, Opcode, Utf8Validator, mask};

/// The least memory an assembly grows to, unless the message needs less.
const GROW_MIN: usize = 4096;
/// So much compressed input is inflated at once. What it stands for is bounded, too: a thousand times as much.
const INFLATE_AT_ONCE: usize = 4096;
/// Missing less than this of a frame, the transport does not read straight into the message.
const DIRECT_MIN: usize = 4096;

/// A data message under way.
#[derive(Debug)]
pub(super) struct Assembly {
    /// Text or binary.
    opcode: Opcode,
    /// Its bytes so far, unmasked and checked.
    data: Vec<u8>,
    /// The end offsets of its fragments that had content.
    ends: Vec<u32>,
    /// Its frames so far.
    frames: u32,
    /// The frame that is arriving; between two fragments none.
    frame: Option<OpenFrame>,
    /// Where its text stands.
    utf8: Utf8Validator,
    /// It is compressed.
    inflating: Option<Inflating>,
    /// How many bytes of it have arrived.
    arrived: u64,
    /// It goes on with input that was there before.
    pause: Pause,
}

/// Whether a message that is inflated has left some of its input for later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pause {
    /// It has not.
    None,
    /// It has, and takes no more in this call.
    Asked,
    /// It has, and this is later.
    Over,
}

/// The frame of a message of which bytes are missing.
#[derive(Clone, Copy, Debug)]
struct OpenFrame {
    /// It is the message's last.
    fin: bool,
    /// Its mask key, turned so that it fits the next byte.
    key: Option<[u8; 4]>,
    /// How many bytes are missing.
    missing: u64,
    /// The reads that brought some of it.
    chunks: u32,
}

impl OpenFrame {
    /// How many bytes are missing, as far as memory can count them.
    fn missing(&self) -> usize {
        usize::try_from(self.missing).unwrap_or(usize::MAX)
    }
}

impl Assembly {
    /// A message that begins, in `data`.
    pub(super) fn new(opcode: Opcode, data: Vec<u8>, inflating: Option<Inflating>) -> Self {
        Self {
            opcode,
            data,
            ends: Vec::new(),
            frames: 0,
            frame: None,
            utf8: Utf8Validator::new(),
            inflating,
            arrived: 0,
            pause: Pause::None,
        }
    }

    /// Does the rest of the input have to wait for another call?
    pub(super) fn pauses(&mut self) -> bool {
        let asked = self.pause == Pause::Asked;
        if asked {
            self.pause = Pause::Over;
        }
        asked
    }

    /// The memory for a message that begins with a frame of this header, while `available` bytes are there.
    pub(super) fn first_capacity(header: &FrameHeader, available: usize) -> usize {
        let len = usize::try_from(header.len).unwrap_or(usize::MAX);
        let grown = len.min(available).saturating_mul(2).max(GROW_MIN);
        if header.fin { grown.min(len) } else { grown }
    }

    /// Memory held.
    pub(super) fn held(&self) -> usize {
        let inflating = self.inflating.as_ref().map_or(0, Inflating::held);
        size_of::<Self>() + self.data.capacity() + self.ends.capacity() * size_of::<u32>() + inflating
    }

    /// Is a frame of it arriving?
    pub(super) fn is_open(&self) -> bool {
        self.frame.is_some()
    }

    /// May the next frame be `len` long?
    pub(super) fn check_frame(&self, config: &Config, len: u64) -> Result<(), ProtocolError> {
        // As in ws: neither what arrives nor what it stands for.
        if self.arrived + len > config.message_max() {
            return Err(ProtocolError::MessageTooLong);
        }
        if config.max_fragments > 0 && self.frames >= config.max_fragments {
            return Err(ProtocolError::TooManyFragments);
        }
        Ok(())
    }

    /// The next frame begins; it was checked.
    pub(super) fn begin_frame(&mut self, header: FrameHeader) {
        self.frames = self.frames.saturating_add(1);
        self.frame = Some(OpenFrame {
            fin: header.fin,
            key: header.mask,
            missing: header.len,
            chunks: 0,
        });
    }

    /// Is it as good as finished when `available` more bytes are there?
    pub(super) fn finishes_with(&self, available: usize) -> bool {
        self.frame
            .is_some_and(|frame| frame.fin && frame.missing() <= available)
    }

    /// Takes what of `input` belongs to the open frame; says how much.
    pub(super) fn take<S: Sink>(
        &mut self,
        config: &Config,
        input: &[u8],
        sink: &mut S,
    ) -> Result<usize, ProtocolError> {
        let len = input.len().min(self.missing());
        let input = input.get(..len).unwrap_or_default();
        self.count_chunk(len);
        if self.inflating.is_some() {
            return self.inflate(config, input, sink);
        }
        let key = self.key();
        self.make_room(len);
        mask::mask_append(input, &mut self.data, key, 0);
        self.unmasked(config, len)?;
        Ok(len)
    }

    /// Inflates what arrived of the open frame, until the sink has enough for now; says how much that was.
    fn inflate<S: Sink>(&mut self, config: &Config, input: &[u8], sink: &mut S) -> Result<usize, ProtocolError> {
        let mut rest = input;
        loop {
            let (piece, behind) = rest.split_at(rest.len().min(INFLATE_AT_ONCE));
            let before = self.data.len();
            self.inflate_piece(config, piece, sink.pool())?;
            rest = behind;
            let enough = sink.inflated(self.data.len() - before + piece.len());
            if rest.is_empty() {
                return Ok(input.len());
            }
            if enough {
                self.pause = Pause::Asked;
                return Ok(input.len() - rest.len());
            }
        }
    }

    /// Inflates a piece of the open frame, and the end of the message if it is complete.
    fn inflate_piece(&mut self, config: &Config, input: &[u8], pool: &mut Pool) -> Result<(), ProtocolError> {
        let key = self.key();
        let Some(inflating) = &mut self.inflating else {
            return Ok(());
        };
        let (start, most) = (self.data.len(), config.message_max());
        let mut scratch = pool.take_scratch();
        let mut bytes = pool.take_payload();
        mask::mask_append(input, &mut bytes, key, 0);
        let mut done = inflating.push(&bytes, &mut self.data, most, &mut scratch);
        if done.is_ok()
            && self
                .frame
                .is_some_and(|frame| frame.fin && frame.missing == input.len() as u64)
        {
            done = inflating.finish(&mut self.data, most, &mut scratch);
        }
        pool.put_payload(bytes);
        pool.put_scratch(scratch);
        done?;
        self.check_text(config, start)?;
        self.count(input.len());
        Ok(())
    }

    /// How many bytes of the open frame are missing.
    fn missing(&self) -> usize {
        self.frame.map_or(0, |frame| frame.missing())
    }

    /// Grows to hold at least `len` more bytes of the open frame, by doubling, but not beyond the end of the message.
    fn make_room(&mut self, len: usize) {
        let have = self.data.len();
        if self.data.capacity() - have >= len {
            return;
        }
        let mut more = have.max(GROW_MIN).max(len);
        if self.frame.is_some_and(|frame| frame.fin) {
            more = more.min(self.missing());
        }
        self.data.reserve_exact(more);
    }

    /// The mask key of the open frame as it falls on the next byte.
    fn key(&self) -> [u8; 4] {
        self.frame.and_then(|frame| frame.key).unwrap_or_default()
    }

    /// The last `len` bytes of the data are new and as they came.
    fn appended(&mut self, config: &Config, len: usize) -> Result<(), ProtocolError> {
        self.count_chunk(len);
        let (start, key) = (self.data.len() - len, self.key());
        mask::mask_in_place(self.data.get_mut(start..).unwrap_or_default(), key, 0);
        self.unmasked(config, len)
    }

    /// The last `len` bytes of the data are new and unmasked: checks them, and ends the frame if it is complete.
    fn unmasked(&mut self, config: &Config, len: usize) -> Result<(), ProtocolError> {
        self.check_text(config, self.data.len() - len)?;
        self.count(len);
        Ok(())
    }

    /// Checks the text from `start` on.
    fn check_text(&mut self, config: &Config, start: usize) -> Result<(), ProtocolError> {
        if self.opcode == Opcode::Text && !config.skip_utf8_validation {
            let fresh = self.data.get(start..).unwrap_or_default();
            self.utf8.push(fresh).map_err(|_| ProtocolError::InvalidUtf8)?;
        }
        Ok(())
    }

    /// `len` bytes of the open frame were taken: ends it if it is complete.
    fn count(&mut self, len: usize) {
        let Some(frame) = &mut self.frame else {
            return;
        };
        if let Some(key) = &mut frame.key {
            key.rotate_left(len & 3);
        }
        self.arrived += len as u64;
        frame.missing -= len as u64;
        if frame.missing > 0 {
            return;
        }
        let end = self.data.len() as u32;
        if self.ends.last().copied().unwrap_or(0) < end {
            self.ends.push(end);
        }
        if !frame.fin {
            self.frame = None;
        }
    }

    /// The message is complete.
    pub(super) fn is_whole(&self) -> bool {
        self.frame.is_some_and(|frame| frame.fin && frame.missing == 0)
    }

    /// Whether its text, if it is one, is complete.
    fn check_end(&self, config: &Config) -> Result<(), ProtocolError> {
        if self.opcode == Opcode::Text && !config.skip_utf8_validation && !self.utf8.is_complete() {
            return Err(ProtocolError::InvalidUtf8);
        }
        Ok(())
    }

    /// Hands the whole message over.
    fn deliver<S: Sink>(self, sink: &mut S) {
        let fragments = if self.ends.len() > 1 { self.ends } else { Vec::new() };
        sink.message(self.opcode, self.data, fragments);
    }

    /// A read has brought `len` bytes for the open frame, unless it goes on with those of an earlier one.
    fn count_chunk(&mut self, len: usize) {
        let is_fresh = std::mem::replace(&mut self.pause, Pause::None) == Pause::None;
        if let Some(frame) = &mut self.frame {
            frame.chunks += u32::from(is_fresh && len > 0);
        }
    }

    /// One more read brings bytes for the open frame: may it?
    pub(super) fn check_chunk(&self, config: &Config) -> Result<(), ProtocolError> {
        let chunks = self.frame.map_or(0, |frame| frame.chunks);
        let is_fresh = self.pause == Pause::None;
        if is_fresh && config.max_buffered_chunks > 0 && chunks >= config.max_buffered_chunks {
            return Err(ProtocolError::TooManyChunks);
        }
        Ok(())
    }
}

impl Session {
    /// Where the transport should read next, if not into a buffer of its own: the message under way, when at least
    /// [`DIRECT_MIN`] bytes of its current frame are missing, and how many bytes at most. They go into the vector's spare
    /// capacity; [`assembled`](Self::assembled) tells how many there were.
    pub fn assembly(&mut self) -> Option<(&mut Vec<u8>, usize)> {
        let assembly = self
            .assembly
            .as_deref_mut()
            .filter(|assembly| assembly.inflating.is_none())?;
        let missing = assembly.missing();
        if missing < DIRECT_MIN {
            return None;
        }
        assembly.make_room(DIRECT_MIN);
        let spare = assembly.data.capacity() - assembly.data.len();
        Some((&mut assembly.data, spare.min(missing)))
    }

    /// The transport appended `len` bytes, at most as many as wanted, to the vector from [`assembly`](Self::assembly).
    pub fn assembled<S: Sink>(&mut self, config: &Config, len: usize, sink: &mut S) -> Result<Progress, ProtocolError> {
        let Some(assembly) = self.assembly.as_deref_mut() else {
            return Ok(Progress::Drained);
        };
        let taken = assembly
            .check_chunk(config)
            .and_then(|()| assembly.appended(config, len));
        taken
            .and_then(|()| self.deliver_if_whole(config, sink))
            .map_err(|error| self.fail(error))?;
        Ok(Progress::Drained)
    }

    /// Hands the message under way over if nothing of it is missing.
    pub(super) fn deliver_if_whole<S: Sink>(&mut self, config: &Config, sink: &mut S) -> Result<(), ProtocolError> {
        let Some(mut assembly) = self.assembly.take_if(|assembly| assembly.is_whole()) else {
            return Ok(());
        };
        assembly.check_end(config)?;
        if let Some(inflating) = assembly.inflating.take() {
            self.inflated(inflating, &assembly.data, sink.pool());
        }
        assembly.deliver(sink);
        Ok(())
    }
}
