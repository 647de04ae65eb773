//! How do many connections get along with few compressors?
//!
//! A compressor takes a quarter of a megabyte, which is why idle connections must not have one. It may be dropped at any
//! message boundary: what is sent then refers to nothing before it, and that is always allowed. So each thread has a
//! bounded number of them. Where messages are remembered, a connection finds its own again as long as it is among those
//! used last; where they are not, one serves all. Decompressors are the same for all, since what they must know of
//! earlier messages is kept by the connection ([`History`](super::History)).

use super::{Compressor, Kind};
use zlib_rs::Inflate;

/// Compressors kept at most: 18 MiB with the default window.
const COMPRESSORS: usize = 64;
/// Decompressors kept at most while nobody uses them.
const INFLATES: usize = 4;
/// Memory in which pieces are made.
const SCRATCH: usize = 32 << 10;
/// Memory for whole payloads above this is not kept.
const KEEP: usize = 256 << 10;

/// What became smaller, or whole again; running totals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Compressed messages received.
    pub inflated: u64,
    /// Compressed messages sent.
    pub deflated: u64,
}

/// A compressor that waits to be used again.
#[derive(Debug)]
struct Kept {
    /// The compressor.
    compressor: Compressor,
    /// Whose messages it remembers; 0 is nobody's.
    owner: u64,
    /// When it was used last.
    used: u64,
}

/// What the connections of a thread share. Nothing is allocated before it is needed.
#[derive(Default)]
pub struct Pool {
    /// <= `COMPRESSORS`.
    kept: Vec<Kept>,
    /// <= `INFLATES`.
    #[expect(clippy::vec_box, reason = "they move between here and the messages under way")]
    inflates: Vec<Box<Inflate>>,
    /// Counts uses.
    clock: u64,
    /// What was used before this is dropped by the next sweep.
    swept: u64,
    /// The last owner that was named.
    owners: u64,
    /// Where pieces are made; empty until needed.
    scratch: Box<[u8]>,
    /// A payload unmasked, or compressed.
    pub(in crate::proto) payload: Vec<u8>,
    /// What was done so far.
    pub tally: Tally,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Pool")
            .field("kept", &self.kept)
            .finish_non_exhaustive()
    }
}

impl Pool {
    /// A name for an owner of compressors.
    pub(in crate::proto) fn owner(&mut self) -> u64 {
        self.owners += 1;
        self.owners
    }

    /// The compressor that remembers the messages of `owner`, or one that remembers none.
    pub(in crate::proto) fn take(&mut self, kind: Kind, owner: u64) -> Compressor {
        let own = |kept: &Kept| kept.owner == owner && kept.compressor.kind == kind;
        let free = |kept: &Kept| kept.owner == 0 && kept.compressor.kind == kind;
        let found = self.kept.iter().position(own);
        if let Some(at) = found.filter(|_| owner != 0) {
            return self.kept.swap_remove(at).compressor;
        }
        let full = self.kept.len() >= COMPRESSORS;
        let at = self
            .kept
            .iter()
            .position(free)
            .or_else(|| if full { self.oldest() } else { None });
        match at.map(|at| self.kept.swap_remove(at).compressor) {
            Some(mut compressor) if compressor.kind == kind => {
                compressor.forget();
                compressor
            }
            _ => Compressor::new(kind),
        }
    }

    /// Keeps a compressor; `owner` is whose messages it remembers, 0 when nobody's are to be.
    pub(in crate::proto) fn give(&mut self, compressor: Compressor, owner: u64) {
        if self.kept.len() >= COMPRESSORS
            && let Some(oldest) = self.oldest()
        {
            self.kept.swap_remove(oldest);
        }
        self.clock += 1;
        let used = self.clock;
        self.kept.push(Kept {
            compressor,
            owner,
            used,
        });
    }

    /// An owner needs its compressor no more.
    pub(in crate::proto) fn disown(&mut self, owner: u64) {
        for kept in self.kept.iter_mut().filter(|kept| kept.owner == owner) {
            kept.owner = 0;
        }
    }

    /// The one that was not used for longest.
    fn oldest(&self) -> Option<usize> {
        let kept = self.kept.iter().enumerate();
        kept.min_by_key(|(_, kept)| kept.used).map(|(at, _)| at)
    }

    /// A decompressor that remembers nothing.
    #[expect(
        clippy::unnecessary_box_returns,
        reason = "it moves between here and the messages under way"
    )]
    pub(super) fn take_inflate(&mut self) -> Box<Inflate> {
        match self.inflates.pop() {
            Some(mut inflate) => {
                inflate.reset(false);
                inflate
            }
            None => Box::new(Inflate::new(false, 15)),
        }
    }

    /// Keeps one for the next message.
    pub(super) fn give_inflate(&mut self, inflate: Box<Inflate>) {
        if self.inflates.len() < INFLATES {
            self.inflates.push(inflate);
        }
    }

    /// Where pieces are made; it comes back with [`Pool::put_scratch`].
    pub(in crate::proto) fn take_scratch(&mut self) -> Box<[u8]> {
        if self.scratch.is_empty() {
            return vec![0; SCRATCH].into_boxed_slice();
        }
        std::mem::take(&mut self.scratch)
    }

    /// Puts it back.
    pub(in crate::proto) fn put_scratch(&mut self, scratch: Box<[u8]>) {
        self.scratch = scratch;
    }

    /// Memory for a payload, empty; it comes back with [`Pool::put_payload`].
    pub(in crate::proto) fn take_payload(&mut self) -> Vec<u8> {
        let mut payload = std::mem::take(&mut self.payload);
        payload.clear();
        payload
    }

    /// Puts it back.
    pub(in crate::proto) fn put_payload(&mut self, payload: Vec<u8>) {
        if payload.capacity() <= KEEP {
            self.payload = payload;
        }
    }

    /// Compresses a payload into memory that comes back with [`Pool::put_payload`].
    pub(in crate::proto) fn compress(&mut self, compressor: &mut Compressor, payload: &[u8], fin: bool) -> Vec<u8> {
        let mut scratch = self.take_scratch();
        let mut out = self.take_payload();
        compressor.compress(payload, fin, &mut scratch, &mut out);
        self.put_scratch(scratch);
        out
    }

    /// Drops what was not used since the last sweep; whether there is something left to sweep.
    pub fn sweep(&mut self) -> bool {
        let swept = self.swept;
        self.kept.retain(|kept| kept.used > swept);
        self.swept = self.clock;
        if self.kept.is_empty() {
            *self = Self {
                clock: self.clock,
                swept: self.swept,
                owners: self.owners,
                tally: self.tally,
                ..Self::default()
            };
        }
        self.is_warm()
    }

    /// Whether there is something to sweep.
    pub fn is_warm(&self) -> bool {
        !self.kept.is_empty() || !self.inflates.is_empty()
    }

    /// Compressors kept.
    pub fn compressors(&self) -> usize {
        self.kept.len()
    }

    /// About the memory that is kept.
    pub fn held(&self) -> usize {
        let compressors = self.kept.iter().map(|kept| kept.compressor.kind.memory());
        compressors.sum::<usize>() + self.inflates.len() * (40 << 10) + self.scratch.len() + self.payload.capacity()
    }
}
