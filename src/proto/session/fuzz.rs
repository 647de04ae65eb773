//! What may a peer, or a fuzzer, throw at a session? Anything: it must never panic, and how the bytes were cut, where the
//! sink refused and whether the transport read straight into a message must make no difference.
#![allow(
    clippy::indexing_slicing,
    reason = "a session that took more than it was given is found by that"
)]

use std::cell::Cell;

use super::{Config, Pongs, Progress, ProtocolError, Role, Session, Sink};
use crate::proto::deflate::{Parameters, Pool, Tuning};
use crate::proto::wire::Opcode;

/// One thing a session told its sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A message with the ends of its fragments, or a ping or pong.
    Got(Opcode, Vec<u8>, Vec<u32>),
    /// The peer's close frame.
    Close(u16, Vec<u8>),
}

/// A sink that writes down what it is told, and refuses by a pattern.
#[derive(Debug, Default)]
pub struct Transcript {
    /// What it was told.
    pub told: Vec<Told>,
    /// Bit n, counted round: refuse question n. All ones would refuse for ever.
    refusals: u64,
    /// Questions asked so far.
    asked: Cell<u32>,
    /// How many messages came in memory of their own.
    pub assembled: usize,
    /// What was reserved last.
    room: Vec<u8>,
    /// What inflates.
    pool: Pool,
}

impl Transcript {
    /// That refuses where `refusals` has a bit.
    pub fn refusing(refusals: u64) -> Self {
        Self {
            refusals,
            ..Self::default()
        }
    }

    /// Decides one question.
    fn accepts(&self) -> bool {
        let asked = self.asked.get();
        self.asked.set(asked.wrapping_add(1));
        self.refusals.rotate_right(asked) & 1 == 0
    }
}

impl Sink for Transcript {
    fn reserve(&mut self, len: usize) -> Option<&mut [u8]> {
        self.room = vec![0xee; len];
        self.accepts().then_some(&mut self.room[..])
    }

    fn commit(&mut self, opcode: Opcode, len: usize) {
        assert_eq!(self.room.len(), len);
        self.told
            .push(Told::Got(opcode, std::mem::take(&mut self.room), Vec::new()));
    }

    fn message(&mut self, opcode: Opcode, data: Vec<u8>, fragments: Vec<u32>) {
        self.assembled += 1;
        self.told.push(Told::Got(opcode, data, fragments));
    }

    fn ready(&self) -> bool {
        self.accepts()
    }

    fn pool(&mut self) -> &mut Pool {
        &mut self.pool
    }

    fn inflated(&mut self, _bytes: usize) -> bool {
        !self.accepts()
    }

    fn close(&mut self, code: u16, reason: &[u8]) {
        self.told.push(Told::Close(code, reason.to_vec()));
    }
}

/// A connection's receiving side, driven as an engine does.
#[derive(Debug, Default)]
pub struct Driven {
    /// The session.
    pub session: Session,
    /// What it said.
    pub transcript: Transcript,
    /// The pongs it sent.
    pub out: Vec<u8>,
    /// Read straight into messages where the session offers it.
    pub direct: bool,
}

impl Driven {
    /// Gives it one read of the transport, again and again as far as it was refused.
    ///
    /// # Panics
    ///
    /// When the session says it took what it did not.
    pub fn read(&mut self, config: &Config, mut input: &[u8]) -> Result<Progress, ProtocolError> {
        loop {
            if self.direct && !input.is_empty() {
                input = self.read_directly(config, input)?;
            }
            let (taken, progress) =
                self.session
                    .receive(config, input, &mut self.transcript, &mut Pongs::new(&mut self.out, 0))?;
            input = &input[taken..];
            match progress {
                Progress::Blocked => {}
                Progress::Drained | Progress::Closed => {
                    assert!(input.is_empty());
                    return Ok(progress);
                }
            }
        }
    }

    /// As far as the session wants it so.
    fn read_directly<'a>(&mut self, config: &Config, mut input: &'a [u8]) -> Result<&'a [u8], ProtocolError> {
        while let Some((message, want)) = self.session.assembly() {
            assert!(want > 0 && want <= message.capacity() - message.len());
            let (now, later) = input.split_at(want.min(input.len()));
            if now.is_empty() {
                break;
            }
            message.extend_from_slice(now);
            input = later;
            self.session.assembled(config, now.len(), &mut self.transcript)?;
        }
        Ok(input)
    }

    /// Gives it all of `input` in reads of the given sizes, taken round.
    pub fn read_in(&mut self, config: &Config, input: &[u8], sizes: &[usize]) -> Result<Progress, ProtocolError> {
        let mut rest = input;
        let mut sizes = sizes.iter().cycle();
        let mut progress = Progress::Drained;
        while !rest.is_empty() {
            let size = sizes.next().map_or(rest.len(), |&size| size.clamp(1, rest.len()));
            progress = self.read(config, &rest[..size])?;
            rest = &rest[size..];
        }
        Ok(progress)
    }
}

/// Receives a stream whole and in pieces and compares. The first bytes choose role, limits, pieces and refusals.
///
/// # Panics
///
/// When the pieces made a difference: that is what the fuzzer looks for.
pub fn fuzz_receive(data: &[u8]) {
    let Some((&[choice, size, other_size, refusals], input)) = data.split_first_chunk() else {
        return;
    };
    let config = Config {
        role: if choice & 1 == 0 { Role::Server } else { Role::Client },
        max_payload: if choice & 2 == 0 { 0 } else { 300 },
        max_fragments: if choice & 4 == 0 { 0 } else { 3 },
        max_buffered_chunks: 0,
        skip_utf8_validation: choice & 8 != 0,
        auto_pong: choice & 16 == 0,
        deflate: (choice & 64 != 0).then(|| Parameters::default().deflate(0, Tuning::default())),
        mask_key: || [1, 2, 3, 4],
    };
    let mut whole = Driven::default();
    let expected = whole.read_in(&config, input, &[]);
    let transcript = Transcript::refusing(u64::from(refusals) << 8);
    let mut pieces = Driven {
        transcript,
        direct: choice & 32 == 0,
        ..Driven::default()
    };
    let result = pieces.read_in(&config, input, &[usize::from(size), usize::from(other_size)]);
    assert_eq!(result, expected);
    assert_eq!(pieces.transcript.told, whole.transcript.told);
    assert_eq!(pieces.out, whole.out);
    assert_eq!(pieces.session.failed(), whole.session.failed());
    assert_eq!(pieces.session.close_received(), whole.session.close_received());
}
