//! One connection: what is on its way out, what came in, and since when it waits for which echo.

use crate::Outcome;
use crate::message;
use crate::options::Options;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::ops::Range;
use std::time::Instant;
use upshift::proto::wire::{FrameHeader, Opcode, mask};

/// Consumed input is moved out of the way only in pieces this large.
const COMPACT_AT: usize = 1 << 20;

/// A connection to the server under test.
pub struct Peer {
    stream: TcpStream,
    /// Whether the server has answered 101.
    pub open: bool,
    /// Whether the kernel takes output; false after a write was cut short.
    pub writable: bool,
    /// Departure times of the messages in flight, oldest first.
    pub sent: VecDeque<Instant>,
    incoming: Vec<u8>,
    /// How much of `incoming` has been read; at most its length.
    taken: usize,
    outgoing: Vec<u8>,
    /// How much of `outgoing` has been written; at most its length.
    written: usize,
}

impl Peer {
    /// Connects and queues the upgrade request. A blocking connect to loopback keeps the ramp simple.
    pub fn connect(options: &Options, registry: &Registry, token: Token) -> Outcome<Self> {
        let stream =
            std::net::TcpStream::connect(options.addr).map_err(|e| format!("connect to {}: {e}", options.addr))?;
        let mut peer = Self::accepted(stream, registry, token)?;
        peer.open = false;
        peer.outgoing = message::request(options);
        Ok(peer)
    }

    /// A connection that a client has opened.
    pub fn accepted(stream: std::net::TcpStream, registry: &Registry, token: Token) -> Outcome<Self> {
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self {
            stream,
            open: true,
            writable: true,
            sent: VecDeque::new(),
            incoming: Vec::new(),
            taken: 0,
            outgoing: Vec::new(),
            written: 0,
        })
    }

    /// Leaves the readiness set, so that the token can be used again.
    pub fn retire(mut self, registry: &Registry) {
        // A connection the server has closed may be gone from the set already.
        let _ = registry.deregister(&mut self.stream);
    }

    /// Queues one message that departs now (or was due at `departure`).
    pub fn push(&mut self, frame: &[u8], departure: Instant) {
        self.outgoing.extend_from_slice(frame);
        self.sent.push_back(departure);
    }

    /// Writes as much as the kernel takes.
    pub fn flush(&mut self) -> Outcome<()> {
        while self.writable && self.written < self.outgoing.len() {
            match self.stream.write(&self.outgoing[self.written..]) {
                Ok(0) => return Err("the server takes no more bytes".into()),
                Ok(count) => self.written += count,
                Err(e) if e.kind() == ErrorKind::WouldBlock => self.writable = false,
                Err(e) => return Err(e.into()),
            }
        }
        if self.written == self.outgoing.len() {
            self.outgoing.clear();
            self.written = 0;
        }
        Ok(())
    }

    /// Reads all there is; false when the server has closed.
    pub fn fill(&mut self, scratch: &mut [u8]) -> Outcome<bool> {
        self.compact();
        loop {
            match self.stream.read(scratch) {
                Ok(0) => return Ok(false),
                Ok(count) => {
                    self.incoming.extend_from_slice(&scratch[..count]);
                    if count < scratch.len() {
                        return Ok(true);
                    }
                }
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(true),
                Err(e) => return Err(e.into()),
            }
        }
    }

    fn compact(&mut self) {
        if self.taken == self.incoming.len() {
            self.incoming.clear();
            self.taken = 0;
        } else if self.taken > COMPACT_AT {
            self.incoming.drain(..self.taken);
            self.taken = 0;
        }
    }

    /// Takes the answer to the upgrade; false while it is incomplete, an error when it is no 101.
    pub fn take_response(&mut self) -> Outcome<bool> {
        let Some(end) = self.incoming.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
            return Ok(false);
        };
        if !self.incoming.starts_with(b"HTTP/1.1 101") {
            return Err(format!("refused: {}", String::from_utf8_lossy(&self.incoming)).into());
        }
        self.taken = end + 4;
        self.open = true;
        Ok(true)
    }

    /// The next whole data message; control frames are passed over. `payload` reads the bytes.
    pub fn next_message(&mut self) -> Outcome<Option<(Opcode, Range<usize>)>> {
        loop {
            let input = &self.incoming[self.taken..];
            let Some((header, header_len)) = FrameHeader::parse(input)? else {
                return Ok(None);
            };
            let len = usize::try_from(header.len)?;
            if input.len() - header_len < len {
                return Ok(None);
            }
            let start = self.taken + header_len;
            self.taken = start + len;
            if let Some(key) = header.mask {
                mask::mask_in_place(&mut self.incoming[start..start + len], key, 0);
            }
            match header.opcode {
                Opcode::Ping | Opcode::Pong => {}
                Opcode::Close => return Err("the server sent a close frame".into()),
                opcode => return Ok(Some((opcode, start..self.taken))),
            }
        }
    }

    /// The bytes of a message, until the next `fill`.
    pub fn payload(&self, range: Range<usize>) -> &[u8] {
        &self.incoming[range]
    }
}
