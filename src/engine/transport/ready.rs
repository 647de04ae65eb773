//! What the kernel has to say of a socket.

/// What became of it, as an edge tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent, as in the kernel")]
pub struct Ready {
    /// It can be read.
    pub read: bool,
    /// It can be written.
    pub write: bool,
    /// Its peer has ended, or it broke.
    pub hangup: bool,
    /// It broke.
    pub error: bool,
}
