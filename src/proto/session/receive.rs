//! What did the peer say? Takes its bytes as they come and tells the sink, in order.
//!
//! The order of a call: finish the frame that is open, then frame after frame, then keep the start of a header. Whole
//! small messages, which are nearly all, take the short way ([`small`]); everything else the general one
//! ([`Receiver::frame`]).

use super::assembly::Assembly;
use super::control::{Handled, PartialControl, Pongs};
use super::{Config, Progress, ProtocolError, Session, Sink, small};
use crate::proto::wire::{FrameHeader, FramePrefix, MAX_HEADER_LEN, Opcode};

/// What the next bytes of the input were good for.
enum Step {
    /// So many were taken; there may be more to do.
    Taken(usize),
    /// They do not hold a whole header.
    Short,
    /// The sink had no room for them.
    Refused,
    /// They ended in a close frame.
    Closed,
}

/// One call of [`Session::receive`].
struct Receiver<'a, 'b, S> {
    /// Whose bytes they are.
    session: &'a mut Session,
    /// What it is allowed.
    config: &'a Config,
    /// Who is told.
    sink: &'a mut S,
    /// Where pongs go.
    pongs: &'a mut Pongs<'b>,
}

impl Session {
    /// Takes `input` as far as the sink has room. Automatic pongs go to `pongs`: above 64 KiB that the peer has not taken,
    /// only the latest ping is kept, to be answered by [`drained`](Self::drained). Returns how much was taken, and why no
    /// more. The first error is final: it is returned again by every later call. What came before it has been told to the
    /// sink.
    #[inline]
    pub fn receive<S: Sink>(
        &mut self,
        config: &Config,
        input: &[u8],
        sink: &mut S,
        pongs: &mut Pongs<'_>,
    ) -> Result<(usize, Progress), ProtocolError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if self.close_received {
            return Ok((input.len(), Progress::Closed));
        }
        let result = Receiver {
            session: self,
            config,
            sink,
            pongs,
        }
        .run(input);
        result.map_err(|error| self.fail(error))
    }
}

impl<S: Sink> Receiver<'_, '_, S> {
    /// The order of a call.
    fn run(&mut self, input: &[u8]) -> Result<(usize, Progress), ProtocolError> {
        let mut at = 0;
        loop {
            let mut rest = input.get(at..).unwrap_or_default();
            if !self.session.is_mid_message() {
                let (taken, refused) = small::receive(self.config, rest, self.sink)?;
                at += taken;
                if refused {
                    return Ok((at, Progress::Blocked));
                }
                rest = input.get(at..).unwrap_or_default();
            }
            if rest.is_empty() {
                return Ok((at, Progress::Drained));
            }
            match self.step(rest)? {
                Step::Taken(len) => at += len,
                Step::Short => return Ok((at + self.keep_header(rest), Progress::Drained)),
                Step::Refused => return Ok((at, Progress::Blocked)),
                Step::Closed => return Ok((input.len(), Progress::Closed)),
            }
        }
    }

    /// Goes on with whatever is under way.
    fn step(&mut self, input: &[u8]) -> Result<Step, ProtocolError> {
        if self.session.control.is_some() {
            return self.rest_of_control(input);
        }
        if self
            .session
            .assembly
            .as_ref()
            .is_some_and(|assembly| assembly.is_open())
        {
            return self.rest_of_data(input);
        }
        self.frame(input)
    }

    /// A frame whose header begins in `input`, or began in what was kept of earlier input.
    fn frame(&mut self, input: &[u8]) -> Result<Step, ProtocolError> {
        let kept = usize::from(self.session.header_len);
        let mut joined = [0; MAX_HEADER_LEN];
        let bytes = if kept == 0 {
            input
        } else {
            join(&self.session.header, kept, input, &mut joined)
        };
        let Some((header, header_len)) = self.header(bytes)? else {
            return Ok(Step::Short);
        };
        // Less than a whole header was kept, so its last byte is in the input.
        let body = input.get(header_len - kept..).unwrap_or_default();
        let step = if header.opcode.is_control() {
            self.control(header, body)?
        } else {
            self.data(header, body)?
        };
        if let Step::Taken(len) = step {
            self.session.header_len = 0;
            return Ok(Step::Taken(header_len - kept + len));
        }
        Ok(step)
    }

    /// The header at the start of `bytes`, checked against all that is known: an error is found as soon as the bytes are
    /// there that make it one.
    fn header(&self, bytes: &[u8]) -> Result<Option<(FrameHeader, usize)>, ProtocolError> {
        let &[first, second, ref rest @ ..] = bytes else {
            return Ok(None);
        };
        let prefix = FramePrefix::parse(first, second, self.config.deflate.is_some())?;
        let assembly = self.session.assembly.as_deref();
        // Section 5.4: fragments of one message are not interleaved with another's.
        let in_order = prefix.opcode.is_control() || (prefix.opcode == Opcode::Continuation) == assembly.is_some();
        if !in_order {
            return Err(ProtocolError::UnexpectedOpcode(prefix.opcode as u8));
        }
        match (prefix.masked, self.config.peer_masks()) {
            (false, true) => return Err(ProtocolError::ExpectedMask),
            (true, false) => return Err(ProtocolError::UnexpectedMask),
            _ => {}
        }
        let Some((len, _)) = prefix.len(rest)? else {
            return Ok(None);
        };
        match assembly {
            _ if prefix.opcode.is_control() => {}
            Some(assembly) => assembly.check_frame(self.config, len)?,
            None if len > self.config.message_max() => return Err(ProtocolError::MessageTooLong),
            None => {}
        }
        Ok(FrameHeader::complete(prefix, rest)?)
    }

    /// A control frame, whole or not.
    fn control(&mut self, header: FrameHeader, body: &[u8]) -> Result<Step, ProtocolError> {
        let len = header.len as usize;
        if let Some(payload) = body.get(..len) {
            return self.whole_control(header, payload, len);
        }
        self.session.control = Some(Box::new(PartialControl::new(header, body)));
        Ok(Step::Taken(body.len()))
    }

    /// The rest of a control frame, or some more of it.
    fn rest_of_control(&mut self, input: &[u8]) -> Result<Step, ProtocolError> {
        let Some(partial) = self.session.control.as_deref_mut() else {
            return Ok(Step::Short);
        };
        let missing = partial.missing();
        let Some(last) = input.get(..missing) else {
            partial.take(input);
            return Ok(Step::Taken(input.len()));
        };
        let header = partial.header;
        let payload = partial.complete(last);
        let payload = payload.get(..header.len as usize).unwrap_or_default();
        let step = self.whole_control(header, payload, missing)?;
        if matches!(step, Step::Taken(_)) {
            self.session.control = None;
        }
        Ok(step)
    }

    /// A control frame that is all there, `taken` bytes of it in this input.
    fn whole_control(&mut self, header: FrameHeader, payload: &[u8], taken: usize) -> Result<Step, ProtocolError> {
        let handled = self
            .session
            .control(self.config, header, payload, self.sink, self.pongs)?;
        Ok(match handled {
            Handled::Told => Step::Taken(taken),
            Handled::Refused => Step::Refused,
            Handled::Closed => Step::Closed,
        })
    }

    /// A data frame that is no whole small message, or a small message whose header came in pieces.
    fn data(&mut self, header: FrameHeader, body: &[u8]) -> Result<Step, ProtocolError> {
        let begins = self.session.assembly.is_none();
        let finishes = header.fin && body.len() as u64 >= header.len;
        if (begins || finishes) && !self.sink.ready() {
            return Ok(Step::Refused);
        }
        if begins {
            self.begin(&header, body.len());
        }
        let Some(assembly) = self.session.assembly.as_deref_mut() else {
            return Ok(Step::Short);
        };
        assembly.begin_frame(header);
        let taken = assembly.take(self.config, body, self.sink)?;
        self.session.deliver_if_whole(self.config, self.sink)?;
        Ok(Step::Taken(taken))
    }

    /// A message that begins with a frame of this header, of which `available` bytes are there.
    fn begin(&mut self, header: &FrameHeader, available: usize) {
        let capacity = Assembly::first_capacity(header, available);
        let data = self.sink.buffer(capacity, header.len);
        let inflating = header
            .rsv1
            .then(|| self.session.inflating(self.config, self.sink))
            .flatten();
        self.session.assembly = Some(Box::new(Assembly::new(header.opcode, data, inflating)));
    }

    /// The rest of the open data frame, or some more of it.
    fn rest_of_data(&mut self, input: &[u8]) -> Result<Step, ProtocolError> {
        let Some(assembly) = self.session.assembly.as_deref_mut() else {
            return Ok(Step::Short);
        };
        if assembly.pauses() || (assembly.finishes_with(input.len()) && !self.sink.ready()) {
            return Ok(Step::Refused);
        }
        assembly.check_chunk(self.config)?;
        let taken = assembly.take(self.config, input, self.sink)?;
        self.session.deliver_if_whole(self.config, self.sink)?;
        Ok(Step::Taken(taken))
    }

    /// Keeps the start of a header that ends the input; says how much was kept.
    fn keep_header(&mut self, rest: &[u8]) -> usize {
        let session = &mut *self.session;
        for (place, &byte) in session.header.iter_mut().skip(session.header_len.into()).zip(rest) {
            *place = byte;
        }
        session.header_len += rest.len() as u8;
        rest.len()
    }
}

/// The first `kept` bytes of `header` and then `input`, as many as a header can have.
fn join<'a>(header: &[u8], kept: usize, input: &[u8], joined: &'a mut [u8; MAX_HEADER_LEN]) -> &'a [u8] {
    let bytes = header.iter().take(kept).chain(input);
    let mut len = 0;
    for (place, &byte) in joined.iter_mut().zip(bytes) {
        *place = byte;
        len += 1;
    }
    joined.get(..len).unwrap_or_default()
}
