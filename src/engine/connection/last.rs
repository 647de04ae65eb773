//! What is there to tell at the end, for the sake of what was not sent?
//!
//! The callbacks that wait get the error that broke the connection. What compresses adds how far it came: the rest was
//! never compressed.

use super::Connection;
use crate::engine::transport::Errno;

/// The first error of the kernel.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    /// A read had it.
    Read(Errno),
    /// A write had it.
    Write(Errno),
}

/// What the last event says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Last {
    /// What broke the connection.
    fault: Option<Fault>,
    /// How much of what JavaScript sent was compressed, or did not have to be.
    taken: u64,
}

impl Last {
    /// As the event carries it.
    fn to_bytes(self) -> [u8; 13] {
        let (errno, writing) = match self.fault {
            None => (0, 0),
            Some(Fault::Read(error)) => (error.raw_os_error(), 0),
            Some(Fault::Write(error)) => (error.raw_os_error(), 1),
        };
        let mut bytes = [0; 13];
        #[expect(clippy::cast_precision_loss, reason = "JavaScript has no other number")]
        bytes[..8].copy_from_slice(&(self.taken as f64).to_le_bytes());
        bytes[8..12].copy_from_slice(&errno.to_le_bytes());
        bytes[12] = writing;
        bytes
    }
}

impl Connection {
    /// The kernel reported an error. The first one counts.
    pub(super) fn note_fault(&mut self, fault: Fault) {
        self.extra.get_or_insert_default().fault.get_or_insert(fault);
    }

    /// It ends now. Of all that few connections have, this is kept.
    pub(super) fn note_last(&mut self) {
        let fault = self.extra.take().and_then(|extra| extra.fault);
        if fault.is_some() || self.settings.session.deflate.is_some() {
            let taken = self.asked;
            self.extra.get_or_insert_default().last = Some(Last { fault, taken });
        }
    }

    /// What its last event carries.
    pub(super) fn last_words(&self) -> Vec<u8> {
        let last = self.extra.as_ref().and_then(|extra| extra.last);
        last.map_or_else(Vec::new, |last| last.to_bytes().to_vec())
    }
}
