//! Output the kernel would not take at once: pieces of our own and of JavaScript's memory, gathered into few writes.

use super::{Errno, Foreign, Socket, Token};
use std::collections::VecDeque;
use std::io::IoSlice;

/// Pieces gathered into one write.
const GATHER: usize = 16;

/// A piece of output and how much of it is out.
#[derive(Debug)]
pub enum Segment {
    /// Our own bytes.
    Own(Vec<u8>, usize),
    /// JavaScript's.
    Foreign(Foreign, usize),
}

impl Segment {
    fn rest(&self) -> &[u8] {
        match self {
            Self::Own(bytes, at) => &bytes[*at..],
            Self::Foreign(bytes, at) => &bytes.as_slice()[*at..],
        }
    }

    /// Memory held by it.
    fn held(&self) -> usize {
        match self {
            Self::Own(bytes, _) => bytes.capacity(),
            Self::Foreign(bytes, _) => bytes.as_slice().len(),
        }
    }

    fn advance(&mut self, by: usize) {
        match self {
            Self::Own(_, at) | Self::Foreign(_, at) => *at += by,
        }
    }
}

/// How a write ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flushed {
    /// All of it is out.
    All,
    /// The kernel is full.
    Full,
    /// The connection is broken; reading will tell its end.
    Broken(Errno),
}

/// The pieces, oldest first.
#[derive(Debug, Default)]
pub struct Queue {
    segments: VecDeque<Segment>,
    length: usize,
}

impl Queue {
    /// Bytes in it.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Memory held by the pieces, JavaScript's included.
    pub fn held(&self) -> usize {
        self.segments.iter().map(Segment::held).sum()
    }

    /// Nothing in it.
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Appends a piece.
    pub fn push(&mut self, segment: Segment) {
        self.length += segment.rest().len();
        self.segments.push_back(segment);
    }

    /// Writes until it is empty or the kernel is full; returns the bytes written too.
    pub fn flush(&mut self, socket: &Socket, released: &mut Vec<Token>, calls: &mut u64) -> (Flushed, usize) {
        let mut total = 0;
        while !self.segments.is_empty() {
            let (result, offered) = self.gather(socket);
            *calls += 1;
            let taken = match result {
                Ok(taken) => taken,
                Err(Errno::AGAIN) => return (Flushed::Full, total),
                Err(Errno::INTR) => continue,
                Err(error) => return (Flushed::Broken(error), total),
            };
            total += taken;
            self.taken(taken, released);
            if taken < offered {
                return (Flushed::Full, total);
            }
        }
        (Flushed::All, total)
    }

    fn gather(&self, socket: &Socket) -> (Result<usize, Errno>, usize) {
        let mut parts = [IoSlice::new(&[]); GATHER];
        let mut count = 0;
        let mut offered = 0;
        for segment in self.segments.iter().take(GATHER) {
            parts[count] = IoSlice::new(segment.rest());
            offered += parts[count].len();
            count += 1;
        }
        (socket.send_parts(&parts[..count]), offered)
    }

    fn taken(&mut self, mut taken: usize, released: &mut Vec<Token>) {
        self.length -= taken;
        while let Some(first) = self.segments.front_mut() {
            let rest = first.rest().len();
            if taken < rest {
                first.advance(taken);
                return;
            }
            taken -= rest;
            self.release_first(released);
        }
    }

    fn release_first(&mut self, released: &mut Vec<Token>) {
        if let Some(Segment::Foreign(bytes, _)) = self.segments.pop_front() {
            released.push(bytes.token());
        }
    }

    /// Gives every piece up.
    pub fn clear(&mut self, released: &mut Vec<Token>) {
        while !self.segments.is_empty() {
            self.release_first(released);
        }
        self.length = 0;
    }

    /// Takes every piece out, for a Duplex.
    pub fn drain(&mut self) -> impl Iterator<Item = Segment> + '_ {
        self.length = 0;
        self.segments.drain(..)
    }
}
