//! Who calls `turn()`: the JavaScript loop or an I/O thread, and how the one hands over to the other.
//!
//! [`exchange`] holds the few atomics both sides meet in and nothing else, so that it can be modelled; [`policy`] says
//! when to change; [`thread`] is the I/O thread. The loop's side is the border's business.

pub mod exchange;
pub mod policy;
#[cfg(all(unix, not(loom)))]
pub mod thread;

use std::time::Duration;

/// The CPU clock of the calling thread; where there is none it stands still.
pub fn cpu_time() -> Duration {
    #[cfg(unix)]
    {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec.unsigned_abs() as u32)
    }
    #[cfg(not(unix))]
    Duration::ZERO
}

/// How the thread decides to give the work back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Return {
    /// Never: the driver is pinned.
    Never,
    /// By the policy.
    ByPolicy,
    /// After a fixed time, for tests.
    After(Duration),
}

/// Where there are no descriptors to watch there is nothing for a thread to do.
#[cfg(not(unix))]
pub mod thread {
    use super::Return;
    use crate::engine::hub::Hub;
    use std::io;
    use std::sync::Arc;
    use std::thread::JoinHandle;

    /// Starts none.
    pub fn spawn(_hub: Arc<Hub>, _name: String, _back: Return, _cores: usize) -> io::Result<JoinHandle<()>> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
