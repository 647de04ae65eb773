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

/// Memory for commands above this is not kept: it came of a time when nobody had the time to take them.
const KEEP: usize = 1 << 20;

impl Mail {
    /// Bytes that wait in it, JavaScript's included.
    pub fn held(&self) -> usize {
        let foreign = self.foreign.iter().map(|bytes| bytes.as_slice().len());
        self.commands.len() + foreign.sum::<usize>()
    }

    /// The commands are done.
    pub fn clear_commands(&mut self) {
        if self.commands.capacity() > KEEP {
            self.commands = Vec::new();
        } else {
            self.commands.clear();
        }
    }
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

    /// Bytes that wait in it, JavaScript's included.
    pub fn held(&self) -> usize {
        self.mail.lock().held()
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

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn what_waited_counts_and_a_burst_leaves_no_memory_behind() {
        let (mailbox, mut mail) = (Mailbox::default(), Mail::default());
        for _ in 0..3 {
            mailbox.post(&vec![7; KEEP], &mut Vec::new(), None);
        }
        assert_eq!(mailbox.held(), 3 * KEEP);
        assert!(mailbox.take(&mut mail));
        assert_eq!((mailbox.held(), mail.held()), (0, 3 * KEEP));
        mail.clear_commands();
        assert_eq!((mail.held(), mail.commands.capacity()), (0, 0));
        mailbox.post(&[7; 100], &mut Vec::new(), None);
        assert!(mailbox.take(&mut mail));
        mail.clear_commands();
        assert!(
            mail.commands.is_empty() && mail.commands.capacity() >= 100,
            "kept for the next time"
        );
    }
}
