//! How does a payload become smaller (RFC 7692 section 7.2.1)?

use super::TAIL;
use zlib_rs::{Deflate, DeflateConfig, DeflateFlush, Strategy};

/// How hard a compressor tries; zlib's own words and defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// 0 (none) to 9 (best).
    pub level: u8,
    /// 1 (least memory) to 9 (fastest).
    pub mem_level: u8,
    /// `Z_DEFAULT_STRATEGY`, `Z_FILTERED`, `Z_HUFFMAN_ONLY`, `Z_RLE`, `Z_FIXED`.
    pub strategy: u8,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            level: 6,
            mem_level: 8,
            strategy: 0,
        }
    }
}

/// What a piece of a payload ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing: more of the same frame follows.
    Piece,
    /// Its frame.
    Frame,
    /// Its message.
    Message,
}

/// One compressor is as good as another of the same kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// How far back it looks, 9 to 15.
    pub bits: u8,
    /// How hard it tries.
    pub tuning: Tuning,
}

impl Kind {
    /// About the memory such a compressor takes: zlib's formula, and the matches that wait to be written.
    pub(super) fn memory(self) -> usize {
        (1 << (self.bits + 2)) + (1 << (self.tuning.mem_level + 9)) + (1 << (self.tuning.mem_level + 6)) * 4
    }
}

/// A compressor and what it remembers.
pub struct Compressor {
    /// What it is.
    pub(super) kind: Kind,
    /// zlib's.
    deflate: Deflate,
}

impl std::fmt::Debug for Compressor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Compressor").field(&self.kind).finish()
    }
}

impl Compressor {
    /// About the memory it takes.
    pub fn held(&self) -> usize {
        self.kind.memory()
    }

    /// One that remembers nothing yet.
    pub(super) fn new(kind: Kind) -> Self {
        let Tuning {
            level,
            mem_level,
            strategy,
        } = kind.tuning;
        let config = DeflateConfig {
            level: level.min(9).into(),
            mem_level: mem_level.clamp(1, 9).into(),
            // Negative: without zlib's header.
            window_bits: -i32::from(kind.bits.clamp(9, 15)),
            strategy: match strategy {
                1 => Strategy::Filtered,
                2 => Strategy::HuffmanOnly,
                3 => Strategy::Rle,
                4 => Strategy::Fixed,
                _ => Strategy::Default,
            },
            ..DeflateConfig::default()
        };
        Self {
            kind,
            deflate: Deflate::new_with_config(config),
        }
    }

    /// Forgets all that came before.
    pub(super) fn forget(&mut self) {
        if self.deflate.total_in() > 0 {
            self.deflate.reset();
        }
    }

    /// Appends the compressed form of a piece of a payload to `out`, as far as it is known: what ends no frame may keep some
    /// of it for later. `scratch` is where it is made.
    ///
    /// "Remove 4 octets (that are 0x00 0x00 0xff 0xff) from the tail end."
    pub(super) fn compress(&mut self, payload: &[u8], end: End, scratch: &mut [u8], out: &mut Vec<u8>) {
        if payload.is_empty() {
            // Section 7.2.3.6, in the form of an empty stored block; a flush of nothing would yield nothing.
            out.extend((end == End::Message).then_some(0));
            return;
        }
        let flush = match end {
            End::Piece => DeflateFlush::NoFlush,
            End::Frame | End::Message => DeflateFlush::SyncFlush,
        };
        let start = out.len();
        let mut rest = payload;
        loop {
            let (before_in, before_out) = (self.deflate.total_in(), self.deflate.total_out());
            let done = self.deflate.compress(rest, scratch, flush);
            let taken = (self.deflate.total_in() - before_in) as usize;
            let made = (self.deflate.total_out() - before_out) as usize;
            debug_assert!(done.is_ok(), "nothing a payload may contain is an error");
            out.extend_from_slice(scratch.get(..made).unwrap_or_default());
            rest = rest.get(taken..).unwrap_or_default();
            // zlib.h: "If deflate returns with avail_out == 0, this function must be called again".
            if made < scratch.len() || done.is_err() {
                break;
            }
        }
        if end == End::Message && out.get(start..).is_some_and(|made| made.ends_with(&TAIL)) {
            out.truncate(out.len() - TAIL.len());
        }
    }
}
