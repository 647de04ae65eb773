//! How do many connections get along with few compressors?
//!
//! A compressor takes a quarter of a megabyte, which is why idle connections must not have one. It may be dropped at any
//! message boundary: what is sent then refers to nothing before it, and that is always allowed. So each thread has a
//! bounded number of them. Where messages are remembered, a connection finds its own again as long as it is among those
//! used last; where they are not, one serves all. Decompressors are shared in the same way. But a receiver must not forget
//! what its peer remembers, so the connection keeps that itself ([`History`](super::History)), for the day when it finds
//! its own no more.

use super::{Compressor, End, Kind};
use zlib_rs::Inflate;

/// Compressors kept at most: 18 MiB with the default window.
const COMPRESSORS: usize = 64;
/// Decompressors kept at most: 3 MiB.
const INFLATES: usize = 64;
/// About the memory of one.
const INFLATE: usize = 48 << 10;
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

/// A compressor or decompressor that waits to be used again.
struct Kept<T> {
    /// It.
    tool: T,
    /// Whose messages it remembers; 0 is nobody's.
    owner: u64,
    /// When it was used last.
    used: u64,
}

/// Which one was not used for longest.
fn oldest<T>(kept: &[Kept<T>]) -> Option<usize> {
    let kept = kept.iter().enumerate();
    kept.min_by_key(|(_, kept)| kept.used).map(|(at, _)| at)
}

/// What the connections of a thread share. Nothing is allocated before it is needed.
#[derive(Default)]
pub struct Pool {
    /// <= `COMPRESSORS`.
    kept: Vec<Kept<Compressor>>,
    /// <= `INFLATES`.
    inflates: Vec<Kept<Box<Inflate>>>,
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
        formatter.debug_struct("Pool").finish_non_exhaustive()
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
        let find = |wanted| {
            let mut kept = self.kept.iter();
            kept.position(|kept| kept.owner == wanted && kept.tool.kind == kind)
        };
        if let Some(at) = find(owner).filter(|_| owner != 0) {
            return self.kept.swap_remove(at).tool;
        }
        let is_full = self.kept.len() >= COMPRESSORS;
        let at = find(0).or_else(|| oldest(&self.kept).filter(|_| is_full));
        match at.map(|at| self.kept.swap_remove(at).tool) {
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
            && let Some(oldest) = oldest(&self.kept)
        {
            self.kept.swap_remove(oldest);
        }
        let used = self.tick();
        let tool = compressor;
        self.kept.push(Kept { tool, owner, used });
    }

    /// An owner needs what remembers its messages no more.
    pub(in crate::proto) fn disown(&mut self, owner: u64) {
        let compressors = self.kept.iter_mut().map(|kept| &mut kept.owner);
        let inflates = self.inflates.iter_mut().map(|kept| &mut kept.owner);
        for known in compressors.chain(inflates).filter(|known| **known == owner) {
            *known = 0;
        }
    }

    /// One more use.
    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    /// A decompressor, and whether it knows the messages of `owner`; else it knows none.
    pub(super) fn take_inflate(&mut self, owner: u64) -> (Box<Inflate>, bool) {
        let find = |wanted| self.inflates.iter().position(|kept| kept.owner == wanted);
        if let Some(at) = find(owner).filter(|_| owner != 0) {
            return (self.inflates.swap_remove(at).tool, true);
        }
        let is_full = self.inflates.len() >= INFLATES;
        let at = find(0).or_else(|| oldest(&self.inflates).filter(|_| is_full));
        let Some(at) = at else {
            return (Box::new(Inflate::new(false, 15)), false);
        };
        let mut inflate = self.inflates.swap_remove(at).tool;
        inflate.reset(false);
        (inflate, false)
    }

    /// Keeps one for the next message, of `owner` if there is one.
    pub(super) fn give_inflate(&mut self, inflate: Box<Inflate>, owner: u64) {
        if self.inflates.len() >= INFLATES
            && let Some(oldest) = oldest(&self.inflates)
        {
            self.inflates.swap_remove(oldest);
        }
        let used = self.tick();
        let tool = inflate;
        self.inflates.push(Kept { tool, owner, used });
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

    /// Appends the compressed form of a piece of a payload to `out`.
    pub(in crate::proto) fn compress(
        &mut self,
        compressor: &mut Compressor,
        piece: &[u8],
        end: End,
        out: &mut Vec<u8>,
    ) {
        let mut scratch = self.take_scratch();
        compressor.compress(piece, end, &mut scratch, out);
        self.put_scratch(scratch);
    }

    /// Drops what was not used since the last sweep; whether there is something left to sweep.
    pub fn sweep(&mut self) -> bool {
        let swept = self.swept;
        self.kept.retain(|kept| kept.used > swept);
        self.inflates.retain(|kept| kept.used > swept);
        self.swept = self.clock;
        if !self.is_warm() {
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
        let compressors = self.kept.iter().map(|kept| kept.tool.kind.memory());
        compressors.sum::<usize>() + self.inflates.len() * INFLATE + self.scratch.len() + self.payload.capacity()
    }
}
