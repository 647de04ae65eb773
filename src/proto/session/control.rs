//! What happens with close, ping and pong (RFC 6455 section 5.5)?

use super::send::put_frame;
use super::{Config, ProtocolError, Session, Sink};
use crate::proto::wire::{FrameHeader, Opcode, close_code, is_utf8, mask};

/// A control payload is never longer.
const PAYLOAD_MAX: usize = 125;
/// While the peer has not taken this much of what it was sent, pings are not answered one by one.
const PONGS_MAX: usize = 64 * 1024;

/// A control frame of which not all bytes arrived yet.
#[derive(Debug)]
pub(super) struct PartialControl {
    /// Its header.
    pub(super) header: FrameHeader,
    /// What has arrived, still masked, in front; the length of it is `taken`.
    payload: [u8; PAYLOAD_MAX],
    /// < `header.len` <= `PAYLOAD_MAX`.
    taken: u8,
}

/// A ping to be answered later, and only if no later one takes its place (section 5.5.3: "MAY elect to send a Pong frame
/// for only the most recently processed Ping frame").
#[derive(Debug)]
pub(super) struct Deferred {
    /// Its payload in front.
    payload: [u8; PAYLOAD_MAX],
    /// <= `PAYLOAD_MAX`.
    len: u8,
}

impl PartialControl {
    /// Of a frame with this header, of which `payload` arrived.
    pub(super) fn new(header: FrameHeader, payload: &[u8]) -> Self {
        let mut partial = Self {
            header,
            payload: [0; PAYLOAD_MAX],
            taken: 0,
        };
        partial.take(payload);
        partial
    }

    /// How many bytes are missing.
    pub(super) fn missing(&self) -> usize {
        self.header.len as usize - usize::from(self.taken)
    }

    /// Keeps `bytes`, at most as many as are missing.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        for (place, &byte) in self.payload.iter_mut().skip(self.taken.into()).zip(bytes) {
            *place = byte;
        }
        self.taken += bytes.len() as u8;
    }

    /// The whole payload, given its missing bytes.
    pub(super) fn complete(&self, missing: &[u8]) -> [u8; PAYLOAD_MAX] {
        let mut payload = self.payload;
        for (place, &byte) in payload.iter_mut().skip(self.taken.into()).zip(missing) {
            *place = byte;
        }
        payload
    }
}

/// What became of a whole control frame.
#[derive(PartialEq, Eq)]
pub(super) enum Handled {
    /// Ping or pong, told to the sink.
    Told,
    /// The sink had no room.
    Refused,
    /// A close frame, told to the sink.
    Closed,
}

impl Session {
    /// Handles a whole control frame, `payload` still masked. The pong, if there is to be one, goes to `out`.
    pub(super) fn control<S: Sink>(
        &mut self,
        config: &Config,
        header: FrameHeader,
        payload: &[u8],
        sink: &mut S,
        out: &mut Pongs<'_>,
    ) -> Result<Handled, ProtocolError> {
        if header.opcode == Opcode::Close {
            let mut plain = [0; PAYLOAD_MAX];
            mask::mask_copy(payload, &mut plain, header.mask.unwrap_or_default(), 0);
            self.peer_closes(config, plain.get(..payload.len()).unwrap_or_default(), sink)?;
            return Ok(Handled::Closed);
        }
        let Some(place) = sink.reserve(payload.len()) else {
            return Ok(Handled::Refused);
        };
        mask::mask_copy(payload, place, header.mask.unwrap_or_default(), 0);
        if header.opcode == Opcode::Ping && config.auto_pong && !self.close_sent {
            self.answer(config, place.get(..payload.len()).unwrap_or_default(), out)?;
        }
        sink.commit(header.opcode, payload.len());
        Ok(Handled::Told)
    }

    /// The peer's close frame (sections 5.5.1 and 7.1.5).
    fn peer_closes<S: Sink>(&mut self, config: &Config, payload: &[u8], sink: &mut S) -> Result<(), ProtocolError> {
        let (code, reason) = match payload {
            [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
            _ => (close_code::NO_STATUS, &[][..]),
        };
        if !payload.is_empty() && !close_code::is_sendable(code) {
            return Err(ProtocolError::InvalidCloseCode(code));
        }
        if !config.skip_utf8_validation && !is_utf8(reason) {
            return Err(ProtocolError::InvalidUtf8);
        }
        self.close_received = true;
        self.let_go();
        sink.close(code, reason);
        Ok(())
    }

    /// The pong, now if the peer takes what it is sent, else later; not if too many wait.
    fn answer(&mut self, config: &Config, ping: &[u8], out: &mut Pongs<'_>) -> Result<(), ProtocolError> {
        if out.answered >= out.most {
            return Err(ProtocolError::TooManyPings);
        }
        out.answered += 1;
        if out.pending() <= PONGS_MAX {
            self.deferred = None;
            put_frame(Opcode::Pong, true, ping, config.own_key(), out.bytes);
            return Ok(());
        }
        let deferred = self.deferred.get_or_insert_with(|| {
            Box::new(Deferred {
                payload: [0; PAYLOAD_MAX],
                len: 0,
            })
        });
        for (place, &byte) in deferred.payload.iter_mut().zip(ping) {
            *place = byte;
        }
        deferred.len = ping.len() as u8;
        Ok(())
    }

    /// The peer took what it was sent: sends the pong that waited for it, if any.
    pub fn drained(&mut self, config: &Config, out: &mut Vec<u8>) {
        let Some(deferred) = self.deferred.take() else { return };
        let ping = deferred.payload.get(..usize::from(deferred.len)).unwrap_or_default();
        put_frame(Opcode::Pong, true, ping, config.own_key(), out);
    }
}

/// Where automatic pongs go, how much is in front of them, and how many there may be.
pub struct Pongs<'a> {
    /// The output of the connection.
    bytes: &'a mut Vec<u8>,
    /// What the peer had not taken, less the length `bytes` had then.
    before: usize,
    /// The length `bytes` had at the start.
    start: usize,
    /// How many there are by now.
    answered: u32,
    /// Another one is an error.
    most: u32,
}

impl<'a> Pongs<'a> {
    /// Into `bytes`, behind `pending` bytes the peer has not taken.
    pub fn new(bytes: &'a mut Vec<u8>, pending: usize) -> Self {
        let start = bytes.len();
        Self {
            bytes,
            before: pending,
            start,
            answered: 0,
            most: u32::MAX,
        }
    }

    /// So many of them.
    #[must_use]
    pub fn at_most(self, most: u32) -> Self {
        Self { most, ..self }
    }

    /// How many pings they answer, those among them that wait for others to be taken first.
    pub fn answered(&self) -> u32 {
        self.answered
    }

    /// What the peer has not taken by now.
    fn pending(&self) -> usize {
        self.before + self.bytes.len() - self.start
    }
}
