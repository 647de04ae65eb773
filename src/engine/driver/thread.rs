//! The I/O thread: a current-thread tokio runtime that awaits the readiness set and calls `turn()`.

use super::policy::Policy;
use super::{Return, cpu_time};
use crate::engine::hub::{Hub, Turned};
use crate::engine::transport::watch;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::io::unix::AsyncFd;
use tokio::runtime::{Builder, Runtime};

/// Starts the thread; it drives whenever the hub's driver says so, until the hub is stopped.
pub fn spawn(hub: Arc<Hub>, name: String, back: Return, cores: usize) -> io::Result<JoinHandle<()>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let set = hub.reactor().try_clone_set()?;
    std::thread::Builder::new().name(name).spawn(move || {
        let mut policy = Policy::new(cores, Instant::now());
        let drive = || {
            while hub.wait_for_thread_driver() {
                era(&runtime, &hub, set.as_fd(), back, &mut policy);
            }
        };
        // Connections that nobody serves any more would hang for ever; a process that ends is started again.
        if catch_unwind(AssertUnwindSafe(drive)).is_err() {
            #[expect(
                clippy::disallowed_methods,
                reason = "there is nobody left whom an error could be told"
            )]
            std::process::abort();
        }
    })
}

/// From taking over to giving back. The readiness set is registered with tokio only as long as it lasts.
fn era(runtime: &Runtime, hub: &Hub, set: BorrowedFd<'_>, back: Return, policy: &mut Policy) {
    runtime.block_on(async {
        let Ok(watch) = watch(set) else {
            return hub.leave_thread();
        };
        let began = Instant::now();
        policy.begin(began, cpu_time());
        while let Some(turned) = hub.thread_turn() {
            let now = Instant::now();
            let leave = match back {
                Return::Never => false,
                Return::ByPolicy => policy.note_thread(cpu_time, hub.exchange.is_javascript_full(), now),
                Return::After(stay) => now - began >= stay,
            };
            if leave {
                return hub.leave_thread();
            }
            if !turned.more {
                sleep(hub, &watch, turned, back != Return::Never).await;
            }
        }
    });
}

/// Sleeps until something is ready, mail comes or a deadline passes.
async fn sleep(hub: &Hub, watch: &AsyncFd<OwnedFd>, turned: Turned, may_leave: bool) {
    if !hub.exchange.start_waiting(turned.hungry, || hub.mailbox_is_empty()) {
        return;
    }
    match wake_at(turned.deadline, Instant::now(), may_leave) {
        None => ready(watch).await,
        // Nothing to do for a timeout: the next turn looks at the deadlines and the policy.
        Some(at) => drop(tokio::time::timeout_at(at.into(), ready(watch)).await),
    }
    hub.exchange.stop_waiting();
}

/// The next deadline; but a silent thread still has to notice that it is no longer needed.
fn wake_at(deadline: Option<Instant>, now: Instant, may_leave: bool) -> Option<Instant> {
    let idle = may_leave.then(|| now + Duration::from_secs(1));
    deadline.into_iter().chain(idle).min()
}

/// The set is looked at under the lock right after; as it is level-triggered here, clearing the readiness first loses nothing.
async fn ready(watch: &AsyncFd<OwnedFd>) {
    if let Ok(mut guard) = watch.readable().await {
        guard.clear_ready();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_sleeps_until_the_deadline_and_no_longer() {
        let now = Instant::now();
        let (soon, late) = (now + Duration::from_millis(20), now + Duration::from_secs(20));
        assert_eq!(wake_at(None, now, false), None);
        assert_eq!(wake_at(Some(late), now, false), Some(late));
        assert_eq!(wake_at(Some(soon), now, true), Some(soon));
        assert!(wake_at(Some(late), now, true) < Some(late), "or it would never leave");
    }
}
