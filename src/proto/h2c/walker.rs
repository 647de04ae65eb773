//! Where do frames begin in one direction of a connection? Bytes go through in order; those of a frame that has to be seen
//! as a whole, or of a header that is not whole yet, wait.

use super::frame::{FrameHeader, HEADER_LENGTH};

/// What is found in a stream of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// The beginning of a frame: its header and, if it was asked for whole, its payload.
    Frame(FrameHeader, &'a [u8]),
    /// More of the payload of the last one.
    Payload(&'a [u8]),
}

/// Walks over frames.
#[derive(Clone, Debug, Default)]
pub(super) struct Walker {
    /// What waits.
    held: Vec<u8>,
    /// How much of the payload of a frame that is not held has still to come.
    missing: usize,
}

impl Walker {
    /// Whether nothing waits.
    pub(super) const fn holds_nothing(&self) -> bool {
        self.held.is_empty()
    }

    /// Whether the next byte begins a frame, as far as the other side has seen.
    pub(super) const fn is_between_frames(&self) -> bool {
        self.missing == 0
    }

    /// Lets `bytes` through, one piece at a time; `wants` says which frames are asked for whole.
    pub(super) fn walk(
        &mut self,
        mut bytes: &[u8],
        wants: fn(FrameHeader) -> bool,
        mut each: impl FnMut(Piece<'_>, &Self),
    ) {
        while !bytes.is_empty() {
            if self.missing > 0 {
                let (now, later) = bytes.split_at(self.missing.min(bytes.len()));
                self.missing -= now.len();
                each(Piece::Payload(now), self);
                bytes = later;
            } else if let Some(header) = self.begin(&mut bytes, wants) {
                self.missing = if wants(header) { 0 } else { header.length };
                let held = std::mem::take(&mut self.held);
                each(
                    Piece::Frame(header, held.get(HEADER_LENGTH..).unwrap_or_default()),
                    self,
                );
            }
        }
    }

    /// Takes from `bytes` what has to be seen of a frame at once; nothing until that is whole.
    fn begin(&mut self, bytes: &mut &[u8], wants: fn(FrameHeader) -> bool) -> Option<FrameHeader> {
        self.fill(bytes, HEADER_LENGTH);
        let header = FrameHeader::peek(&self.held)?;
        if wants(header) {
            self.fill(bytes, HEADER_LENGTH + header.length);
        }
        let whole = if wants(header) {
            HEADER_LENGTH + header.length
        } else {
            HEADER_LENGTH
        };
        (self.held.len() == whole).then_some(header)
    }

    /// Takes bytes until so many are held.
    fn fill(&mut self, bytes: &mut &[u8], length: usize) {
        let wanted = length.saturating_sub(self.held.len()).min(bytes.len());
        let (now, later) = bytes.split_at(wanted);
        self.held.extend_from_slice(now);
        *bytes = later;
    }
}
