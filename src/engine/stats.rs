//! What `stats()` tells about a reactor: running totals, kept by whoever holds its lock.

use crate::proto::wire::Opcode;

/// Running totals of one reactor.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counters {
    /// Connections attached since the start.
    pub attached: u64,
    /// Connections closed since the start.
    pub closed: u64,
    /// Messages received.
    pub messages_in: u64,
    /// Their payload bytes.
    pub payload_in: u64,
    /// Messages sent.
    pub messages_out: u64,
    /// Their payload bytes.
    pub payload_out: u64,
    /// Bytes read from transports.
    pub bytes_in: u64,
    /// Bytes written to transports.
    pub bytes_out: u64,
    /// Receive calls.
    pub receives: u64,
    /// Send calls.
    pub sends: u64,
    /// Looks at the readiness set.
    pub polls: u64,
    /// Turns.
    pub turns: u64,
    /// Panic at the message of this number, for tests.
    #[cfg(test)]
    pub fault_at: Option<u64>,
}

impl Counters {
    #[inline]
    pub(super) fn message_in(&mut self, opcode: Opcode, length: usize) {
        if matches!(opcode, Opcode::Text | Opcode::Binary) {
            self.messages_in += 1;
            self.payload_in += length as u64;
            #[cfg(test)]
            assert!(self.fault_at != Some(self.messages_in), "a fault, as asked for");
        }
    }

    #[inline]
    pub(super) fn message_out(&mut self, opcode: Opcode, length: usize) {
        if matches!(opcode, Opcode::Text | Opcode::Binary) {
            self.messages_out += 1;
            self.payload_out += length as u64;
        }
    }
}
