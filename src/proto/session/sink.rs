//! To whom does a session tell what it received?

use crate::proto::deflate::Pool;
use crate::proto::wire::Opcode;

/// A whole message of at least this size gets memory of its own instead of a place among the small ones.
pub const ASSEMBLE_MIN: usize = 16 * 1024;

/// Takes what a session received, in the order of the wire. The session is generic over it, so that a small message is
/// unmasked straight into its final place.
pub trait Sink {
    /// `len` writable bytes for one whole small message or control payload. `None` when there is no room or no credit:
    /// the session then stops before that frame.
    fn reserve(&mut self, len: usize) -> Option<&mut [u8]>;

    /// The bytes reserved last now are a whole message (text, binary) or the payload of a ping or pong. Not called when
    /// they turned out to be wrong.
    fn commit(&mut self, opcode: Opcode, len: usize);

    /// A whole message in memory of its own: at least [`ASSEMBLE_MIN`] long, fragmented, or arrived in pieces.
    /// `fragments` are the end offsets of its fragments when more than one of them had content, else empty.
    fn message(&mut self, opcode: Opcode, data: Vec<u8>, fragments: Vec<u32>);

    /// May one more [`message`](Self::message) be handed over? Asked before one is begun and before [`Session::receive`]
    /// finishes one; [`Session::assembled`] does not ask, and may overdraw.
    ///
    /// [`Session::receive`]: super::Session::receive
    /// [`Session::assembled`]: super::Session::assembled
    fn ready(&self) -> bool;

    /// Empty memory for a message, at least `capacity` bytes: the place to hand out some that is warm. `_length` is what
    /// the peer says there will be, no reason to allocate that much.
    fn buffer(&mut self, capacity: usize, _length: u64) -> Vec<u8> {
        Vec::with_capacity(capacity)
    }

    /// What inflates compressed messages. Asked for only where compression was agreed on.
    fn pool(&mut self) -> &mut Pool;

    /// So many bytes were inflated. Whether that is enough for now: the session then stops within the message, as if there
    /// were no room.
    fn inflated(&mut self, _bytes: usize) -> bool {
        false
    }

    /// The peer's close frame: its code, 1005 when it had none, and its reason.
    fn close(&mut self, code: u16, reason: &[u8]);
}

/// Why a session stopped taking input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// All input is taken.
    Drained,
    /// The sink had no room. Call again later with what was not taken, before anything that arrived after it.
    Blocked,
    /// A close frame was received. All input counts as taken: what follows that frame is ignored.
    Closed,
}
