//! The driver of a reactor and the rules by which JavaScript and the I/O thread meet.
//!
//! The driver changes only under the reactor's lock. JavaScript never waits for that lock: what it cannot do at once it
//! posts to the mailbox, and then wakes whoever the driver names, read again after the post. The thread says that it is
//! waiting before its last look at the mailbox. So either the thread sees the post, or the poster sees it waiting.

use crate::engine::sync::{AtomicBool, AtomicU8, Ordering};

/// Commands above this are left to the thread: writing them would cost the JavaScript thread more than a wake-up.
const DIRECT_BYTES: usize = 512;

/// Who drives a reactor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Driver {
    /// The JavaScript loop.
    Loop = 0,
    /// The I/O thread.
    Thread = 1,
    /// The thread has stopped; the loop takes over once it has dispatched everything.
    ToLoop = 2,
    /// The loop has stopped; the thread takes over as soon as it has the lock.
    ToThread = 3,
    /// Nobody any more.
    Stopped = 4,
    /// JavaScript, call by call: a set of Duplexes has nothing to watch.
    Inline = 5,
}

/// The meeting point.
pub struct Exchange {
    driver: AtomicU8,
    /// The thread sleeps, or is about to after one more look at the mailbox.
    waiting: AtomicBool,
    /// The thread sleeps although connections could be read, for want of credit or batches.
    hungry: AtomicBool,
    /// The JavaScript thread has no time to spare.
    full: AtomicBool,
    /// The work is too dear for the JavaScript thread: it never does any of it, as long as the process lives.
    is_apart: bool,
}

impl Exchange {
    /// Driven by `driver` from the start.
    pub fn new(driver: Driver) -> Self {
        Self {
            driver: AtomicU8::new(driver as u8),
            waiting: AtomicBool::new(false),
            hungry: AtomicBool::new(false),
            full: AtomicBool::new(false),
            is_apart: false,
        }
    }

    /// JavaScript leaves all work to the thread from the start.
    pub fn keep_apart(&mut self) {
        self.is_apart = true;
    }

    /// Whether it does.
    pub fn is_apart(&self) -> bool {
        self.is_apart
    }

    /// JavaScript tells whether its thread has time to spare.
    pub fn set_javascript_full(&self, is_full: bool) {
        self.full.store(is_full, Ordering::Relaxed);
    }

    /// Whether it had none when it told last.
    pub fn is_javascript_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    /// Who drives. Certain only under the reactor's lock.
    pub fn driver(&self) -> Driver {
        match self.driver.load(Ordering::SeqCst) {
            0 => Driver::Loop,
            1 => Driver::Thread,
            2 => Driver::ToLoop,
            3 => Driver::ToThread,
            5 => Driver::Inline,
            _ => Driver::Stopped,
        }
    }

    /// Changes the driver. The caller holds the reactor's lock.
    pub fn set_driver(&self, driver: Driver) {
        self.driver.store(driver as u8, Ordering::SeqCst);
    }

    /// Whether JavaScript should try the lock for `bytes` of commands.
    pub fn may_try(&self, bytes: usize) -> bool {
        match self.driver() {
            Driver::Loop | Driver::Inline => true,
            Driver::Thread if self.is_apart => bytes == 0 && self.waiting.load(Ordering::SeqCst),
            Driver::Thread => bytes <= DIRECT_BYTES && self.waiting.load(Ordering::SeqCst),
            Driver::ToLoop | Driver::ToThread | Driver::Stopped => false,
        }
    }

    /// Under the lock: whether JavaScript may apply commands itself, given that the mailbox is empty or not.
    pub fn may_apply(&self, mailbox_is_empty: bool) -> bool {
        mailbox_is_empty && matches!(self.driver(), Driver::Loop | Driver::Thread | Driver::Inline)
    }

    /// After a post: whether to wake the driver. In between drivers nobody is woken; the new one drains first.
    pub fn must_wake(&self, has_commands: bool) -> bool {
        match self.driver() {
            Driver::Loop => true,
            Driver::Thread => {
                self.waiting.load(Ordering::SeqCst) && (has_commands || self.hungry.load(Ordering::SeqCst))
            }
            Driver::ToLoop | Driver::ToThread | Driver::Stopped | Driver::Inline => false,
        }
    }

    /// The thread is about to sleep. False: there is mail, do not.
    pub fn start_waiting(&self, hungry: bool, mailbox_is_empty: impl Fn() -> bool) -> bool {
        self.hungry.store(hungry, Ordering::SeqCst);
        self.waiting.store(true, Ordering::SeqCst);
        if mailbox_is_empty() {
            return true;
        }
        self.stop_waiting();
        false
    }

    /// The thread is awake.
    pub fn stop_waiting(&self) {
        self.waiting.store(false, Ordering::SeqCst);
    }

    /// Whether the thread sleeps.
    pub fn is_waiting(&self) -> bool {
        self.waiting.load(Ordering::SeqCst)
    }
}
