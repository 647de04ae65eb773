//! What a connection remembers in single bits.

/// A connection's yes-or-no state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flags(u32);

impl Flags {
    pub(super) const READABLE: u32 = 1;
    pub(super) const WRITABLE: u32 = 1 << 1;
    /// The kernel reported an end or an error: reads go on until they say so.
    pub(super) const HANGUP: u32 = 1 << 2;
    pub(super) const PAUSED: u32 = 1 << 3;
    /// Some output did not go out at once.
    pub(super) const BLOCKED: u32 = 1 << 4;
    /// JavaScript waits for output to be out.
    pub(super) const NOTIFY: u32 = 1 << 5;
    /// To be told: that output is out.
    pub(super) const WRITTEN: u32 = 1 << 6;
    /// To be told: that stuck output is out.
    pub(super) const DRAINED: u32 = 1 << 7;
    /// Half-close when the output is out.
    pub(super) const SHUTDOWN: u32 = 1 << 8;
    /// Our FIN is sent.
    pub(super) const SHUT: u32 = 1 << 9;
    /// The peer's FIN is read.
    pub(super) const END: u32 = 1 << 10;
    /// The transport is gone; the last event is due.
    pub(super) const GONE: u32 = 1 << 11;
    pub(super) const QUEUED: u32 = 1 << 12;
    pub(super) const DIRTY: u32 = 1 << 13;
    pub(super) const STARVED: u32 = 1 << 14;
    /// A Duplex has ended; what it brought before comes first.
    pub(super) const ENDING: u32 = 1 << 15;
    /// A Duplex is gone; what it brought before comes first.
    pub(super) const LEAVING: u32 = 1 << 16;
    /// To be told: that all a Duplex brought is taken.
    pub(super) const TAKEN: u32 = 1 << 17;
    /// JavaScript waits for our FIN to be out.
    pub(super) const WATCHED: u32 = 1 << 18;
    /// It is out, unlike that of a connection that broke: to be told, if that was asked for.
    pub(super) const FINISHED: u32 = 1 << 19;
    /// What a Duplex brought, and is not taken, came in several pieces.
    pub(super) const PIECED: u32 = 1 << 20;
    /// The peer's FIN was there before ours went out: the last event waits for one more look.
    pub(super) const PARTING: u32 = 1 << 21;
    /// The event loop tells of its socket.
    pub(super) const PLACED: u32 = 1 << 22;

    pub(super) fn has(self, flag: u32) -> bool {
        self.0 & flag != 0
    }

    /// Has all of several.
    pub(super) fn has_all(self, flags: u32) -> bool {
        self.0 & flags == flags
    }

    pub(super) fn set(&mut self, flag: u32) {
        self.0 |= flag;
    }

    pub(super) fn clear(&mut self, flag: u32) {
        self.0 &= !flag;
    }

    /// Clears it; whether it was set before.
    pub(super) fn lower(&mut self, flag: u32) -> bool {
        let was = self.has(flag);
        self.clear(flag);
        was
    }

    /// Sets it; whether it was not set before.
    pub(super) fn raise(&mut self, flag: u32) -> bool {
        let fresh = !self.has(flag);
        self.set(flag);
        fresh
    }
}
