//! What a connection remembers in single bits.

/// A connection's yes-or-no state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flags(u16);

impl Flags {
    pub(super) const READABLE: u16 = 1;
    pub(super) const WRITABLE: u16 = 1 << 1;
    /// The kernel reported an end or an error: reads go on until they say so.
    pub(super) const HANGUP: u16 = 1 << 2;
    pub(super) const PAUSED: u16 = 1 << 3;
    /// Some output did not go out at once.
    pub(super) const BLOCKED: u16 = 1 << 4;
    /// JavaScript waits for output to be out.
    pub(super) const NOTIFY: u16 = 1 << 5;
    /// To be told: that output is out.
    pub(super) const WRITTEN: u16 = 1 << 6;
    /// To be told: that stuck output is out.
    pub(super) const DRAINED: u16 = 1 << 7;
    /// Half-close when the output is out.
    pub(super) const SHUTDOWN: u16 = 1 << 8;
    /// Our FIN is sent.
    pub(super) const SHUT: u16 = 1 << 9;
    /// The peer's FIN is read.
    pub(super) const END: u16 = 1 << 10;
    /// The transport is gone; the last event is due.
    pub(super) const GONE: u16 = 1 << 11;
    pub(super) const QUEUED: u16 = 1 << 12;
    pub(super) const DIRTY: u16 = 1 << 13;
    pub(super) const STARVED: u16 = 1 << 14;
    /// A Duplex has ended; what it brought before comes first.
    pub(super) const ENDING: u16 = 1 << 15;

    pub(super) fn has(self, flag: u16) -> bool {
        self.0 & flag != 0
    }

    pub(super) fn set(&mut self, flag: u16) {
        self.0 |= flag;
    }

    pub(super) fn clear(&mut self, flag: u16) {
        self.0 &= !flag;
    }

    /// Sets it; whether it was not set before.
    pub(super) fn raise(&mut self, flag: u16) -> bool {
        let fresh = !self.has(flag);
        self.set(flag);
        fresh
    }
}
