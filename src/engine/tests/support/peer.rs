//! The other end of a connection: a client on a socket that never blocks.

use crate::proto::wire::{FrameHeader, Opcode, mask};
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;

/// The key of every masked frame.
const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame as it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine::tests) struct Frame {
    pub(in crate::engine::tests) opcode: Opcode,
    pub(in crate::engine::tests) fin: bool,
    pub(in crate::engine::tests) payload: Vec<u8>,
}

/// A client. What it writes waits in it until the kernel takes it.
pub(in crate::engine::tests) struct Peer {
    pub(in crate::engine::tests) stream: UnixStream,
    /// The connection's id.
    pub(in crate::engine::tests) id: u32,
    /// Does not read.
    pub(in crate::engine::tests) lazy: bool,
    /// The other side ended, or the connection is broken.
    pub(in crate::engine::tests) ended: bool,
    output: Vec<u8>,
    input: Vec<u8>,
}

/// A masked frame.
pub(in crate::engine::tests) fn frame(opcode: Opcode, fin: bool, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(payload.len() + 14);
    let header = FrameHeader {
        mask: Some(KEY),
        ..FrameHeader::new(opcode, fin, payload.len() as u64)
    };
    header.encode(&mut bytes);
    mask::mask_append(payload, &mut bytes, KEY, 0);
    bytes
}

impl Peer {
    pub(in crate::engine::tests) fn new(id: u32, stream: UnixStream) -> Self {
        stream.set_nonblocking(true).unwrap();
        Self {
            stream,
            id,
            lazy: false,
            ended: false,
            output: Vec::new(),
            input: Vec::new(),
        }
    }

    /// Sends a message in one frame.
    pub(in crate::engine::tests) fn send(&mut self, opcode: Opcode, payload: &[u8]) {
        self.write(&frame(opcode, true, payload));
    }

    /// Sends bytes as they are.
    pub(in crate::engine::tests) fn write(&mut self, bytes: &[u8]) {
        self.output.extend_from_slice(bytes);
        self.pump_output();
    }

    /// What the kernel has not taken.
    pub(in crate::engine::tests) fn unsent(&self) -> usize {
        self.output.len()
    }

    /// Half-closes; everything must be out.
    pub(in crate::engine::tests) fn end(&self) {
        assert_eq!(self.unsent(), 0);
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// Writes and reads what is possible now.
    pub(in crate::engine::tests) fn pump(&mut self) {
        self.pump_output();
        let mut chunk = [0; 16 << 10];
        while !self.lazy && !self.ended {
            match self.stream.read(&mut chunk) {
                Ok(0) => self.ended = true,
                Ok(length) => self.input.extend_from_slice(&chunk[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => self.ended = true,
            }
        }
    }

    fn pump_output(&mut self) {
        while !self.output.is_empty() {
            match self.stream.write(&self.output) {
                Ok(length) => drop(self.output.drain(..length)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => self.output.clear(),
            }
        }
    }

    /// Takes what was received so far, as bytes.
    pub(in crate::engine::tests) fn take_bytes(&mut self, length: usize) -> Vec<u8> {
        self.input.drain(..length).collect()
    }

    /// Bytes received and not taken.
    pub(in crate::engine::tests) fn received(&self) -> usize {
        self.input.len()
    }

    /// Takes the next frame, if it is all there.
    pub(in crate::engine::tests) fn next(&mut self) -> Option<Frame> {
        let (header, start) = FrameHeader::parse(&self.input).expect("a frame")?;
        let end = start + header.len as usize;
        let payload = self.input.get(start..end)?.to_vec();
        self.input.drain(..end);
        assert_eq!(header.mask, None, "a server does not mask");
        Some(Frame {
            opcode: header.opcode,
            fin: header.fin,
            payload,
        })
    }
}
