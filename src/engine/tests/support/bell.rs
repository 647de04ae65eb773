//! The threadsafe function: how the engine asks the JavaScript thread to dispatch.

use crate::engine::crossing::Border;
use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A descriptor that becomes readable, once per answer, and a count.
pub(in crate::engine::tests) struct Bell {
    button: UnixStream,
    chime: UnixStream,
    pending: AtomicBool,
    rings: AtomicU64,
}

impl Bell {
    /// A silent one.
    pub(in crate::engine::tests) fn new() -> Arc<Self> {
        let (button, chime) = UnixStream::pair().unwrap();
        chime.set_nonblocking(true).unwrap();
        Arc::new(Self {
            button,
            chime,
            pending: AtomicBool::new(false),
            rings: AtomicU64::new(0),
        })
    }

    /// Whether it rang; as the border does, the next ring counts from here on.
    pub(in crate::engine::tests) fn answer(&self) -> bool {
        let rang = (&self.chime).read(&mut [0; 1]).is_ok();
        if rang {
            self.pending.store(false, Ordering::SeqCst);
        }
        rang
    }

    /// Requests to dispatch so far.
    pub(in crate::engine::tests) fn rings(&self) -> u64 {
        self.rings.load(Ordering::SeqCst)
    }

    /// What to watch.
    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.chime.as_fd()
    }
}

/// The engine's end of it.
pub(super) struct Button(pub(super) Arc<Bell>);

impl Border for Button {
    fn signal(&self) {
        let bell = &self.0;
        bell.rings.fetch_add(1, Ordering::SeqCst);
        if !bell.pending.swap(true, Ordering::SeqCst) {
            (&bell.button).write_all(&[1]).unwrap();
        }
    }
}
