//! What JavaScript leaves for the reactor when it cannot have it at once. The lock is held for an append or a swap only.

use super::memory::batch::Batch;
use super::sync::{AtomicBool, Mutex, Ordering};
use super::transport::Foreign;

/// Commands, their by-reference payloads, and batches that were dispatched.
#[derive(Default)]
pub struct Mail {
    /// Commands, as in the slab.
    pub commands: Vec<u8>,
    /// Their by-reference payloads.
    pub foreign: Vec<Foreign>,
    /// Batches to be used again, whose credit returns.
    pub returned: Vec<Box<Batch>>,
}

/// The box both threads reach into.
#[derive(Default)]
pub struct Mailbox {
    mail: Mutex<Mail>,
    full: AtomicBool,
}

impl Mailbox {
    /// Appends.
    pub fn post(&self, commands: &[u8], foreign: &mut Vec<Foreign>, returned: Option<Box<Batch>>) {
        let mut mail = self.mail.lock();
        mail.commands.extend_from_slice(commands);
        mail.foreign.append(foreign);
        mail.returned.extend(returned);
        // Under the lock, or a taker between append and flag would leave the flag standing over an empty box.
        self.full.store(true, Ordering::SeqCst);
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        !self.full.load(Ordering::SeqCst)
    }

    /// Swaps its contents for the empty `mail`; false when there was nothing.
    pub fn take(&self, mail: &mut Mail) -> bool {
        if self.is_empty() {
            return false;
        }
        let mut inside = self.mail.lock();
        self.full.store(false, Ordering::SeqCst);
        std::mem::swap(&mut *inside, mail);
        true
    }
}
