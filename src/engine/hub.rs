//! A reactor and everything through which the JavaScript thread and the I/O thread share it.
//!
//! JavaScript calls [`Hub::submit`] (commands down), [`Hub::loop_turn`] (when it drives), [`Hub::leave_loop`] and
//! [`Hub::enter_loop`] (the switch); the thread calls [`Hub::thread_turn`] and [`Hub::leave_thread`]. The rules of their
//! meeting are in `driver/exchange.rs`.

#[cfg(not(loom))]
mod held;
mod outcome;
#[cfg(not(loom))]
mod places;

use super::crossing::{Border, Crossings};
use super::driver::exchange::{Driver, Exchange};
use super::fifo::Fifo;
use super::mailbox::{Mail, Mailbox};
use super::memory::batch::Batch;
use super::memory::ledger::Ledger;
use super::reactor::{Budget, Look, Reactor, Waker};
use super::sync::{Condvar, Mutex, MutexGuard, Ordering};
use super::transport::Foreign;
use super::warm::Warm;
pub use outcome::{Submitted, Turned};
use std::io;
use std::time::Instant;

/// The shared whole.
pub struct Hub {
    reactor: Mutex<Reactor>,
    parked: Condvar,
    /// The meeting rules.
    pub exchange: Exchange,
    mailbox: Mailbox,
    spare_mail: Mutex<Mail>,
    /// Events for JavaScript.
    pub events: Fifo,
    waker: Waker,
    border: Box<dyn Border>,
    ledger: Ledger,
    warm: Warm,
    /// For `stats()`.
    pub crossings: Crossings,
}

impl Hub {
    /// A reactor driven by `driver` from the start, which keeps its totals in `ledger`.
    pub fn new(driver: Driver, budget: Budget, border: Box<dyn Border>, ledger: Ledger) -> io::Result<Self> {
        let warm = Warm::default();
        let (reactor, waker) = Reactor::new(driver != Driver::Inline, budget, warm.clone(), ledger.clone())?;
        Ok(Self {
            reactor: Mutex::new(reactor),
            parked: Condvar::new(),
            exchange: Exchange::new(driver),
            mailbox: Mailbox::default(),
            spare_mail: Mutex::default(),
            events: Fifo::default(),
            waker,
            border,
            ledger,
            warm,
            crossings: Crossings::default(),
        })
    }

    /// One whose work is too dear for the JavaScript thread: its own thread does all of it, and what Duplexes have to
    /// write comes up as events.
    #[must_use]
    pub fn apart(mut self) -> Self {
        self.exchange.keep_apart();
        self.reactor.lock().tell_duplexes();
        self
    }

    /// The totals of what is out.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The shelf of large buffers.
    pub fn warm(&self) -> &Warm {
        &self.warm
    }

    /// The reactor, if nobody has it. For what needs no order with the commands: counts, settings, stats.
    pub fn try_reactor(&self) -> Option<MutexGuard<'_, Reactor>> {
        self.reactor.try_lock()
    }

    /// The reactor, if nobody has it and all that was asked of it before is done: for what keeps its order with that.
    pub fn try_settled(&self) -> Option<MutexGuard<'_, Reactor>> {
        self.settle();
        let reactor = self.reactor.try_lock()?;
        self.mailbox.is_empty().then_some(reactor)
    }

    /// The reactor, however long it takes: at the start and the end of an environment only.
    pub fn reactor(&self) -> MutexGuard<'_, Reactor> {
        self.reactor.lock()
    }

    /// Wakes whoever watches the readiness set.
    pub fn wake(&self) {
        self.crossings.wakes.fetch_add(1, Ordering::Relaxed);
        // The only failures are a full counter, which wakes as well, and a closed descriptor at the very end.
        let _woken = self.waker.wake();
    }

    /// Asks JavaScript to dispatch.
    pub fn signal(&self) {
        self.crossings.signals.fetch_add(1, Ordering::Relaxed);
        self.border.signal();
    }

    /// Mail, a turn, mail again: under the lock. `hear` says where there may be something.
    fn turn(&self, reactor: &mut Reactor, hear: impl FnOnce(&mut Reactor) -> Look) -> Turned {
        let mut batch = self.events.open();
        self.take_mail(reactor);
        reactor.write();
        reactor.tell_output(&mut batch);
        let look = hear(reactor);
        reactor.turn(look, &mut batch);
        self.take_mail(reactor);
        reactor.write();
        reactor.tell_output(&mut batch);
        batch.released.append(&mut reactor.take_released());
        // Only now: mail and writes have news for connections too.
        let more = reactor.has_work();
        // Also what an earlier turn left: the dispatcher finds nothing while a turn has the batch, and will not look again.
        let published = !batch.is_empty();
        let stuck = batch.is_full();
        self.events.publish(batch);
        if reactor.is_parting() {
            // Not at once: whoever drives hears of everything else before. This wakes our set, and so the next look comes.
            self.wake();
        }
        Turned {
            published,
            more: more && !stuck,
            hungry: stuck || reactor.starved() > 0,
            unsettled: reactor.is_unsettled(),
            deadline: reactor.next_deadline(),
        }
    }

    fn take_mail(&self, reactor: &mut Reactor) {
        if self.mailbox.is_empty() {
            return;
        }
        let mut mail = std::mem::take(&mut *self.spare_mail.lock());
        while self.mailbox.take(&mut mail) {
            reactor.apply(&mail.commands, &mut mail.foreign);
            mail.clear_commands();
            for batch in mail.returned.drain(..) {
                reactor.restore_credit(&batch.runs);
                self.events.recycle(batch);
            }
        }
        *self.spare_mail.lock() = mail;
    }

    /// JavaScript's commands, and a batch it has dispatched: applied at once if nobody is in the way, else posted.
    pub fn submit(&self, commands: &[u8], foreign: &mut Vec<Foreign>, returned: Option<Box<Batch>>) -> Submitted {
        self.crossings.slabs.fetch_add(1, Ordering::Relaxed);
        if self.exchange.may_try(commands.len())
            && let Some(mut reactor) = self.reactor.try_lock()
            && self.exchange.may_apply(self.mailbox.is_empty())
        {
            return self.apply(&mut reactor, commands, foreign, returned);
        }
        let has_commands = !commands.is_empty();
        self.mailbox.post(commands, foreign, returned);
        if self.exchange.must_wake(has_commands) {
            self.wake();
        }
        Submitted::default()
    }

    /// Applies what was posted, if nobody is in the way: the ledger then tells of it.
    pub fn settle(&self) {
        if self.mailbox.is_empty() || self.exchange.is_apart() {
            return;
        }
        let Some(mut reactor) = self.reactor.try_lock() else {
            return;
        };
        if !self.exchange.may_apply(true) {
            return;
        }
        self.take_mail(&mut reactor);
        reactor.write();
        drop(reactor);
        // The driver looks at what that made ready, and at the deadlines.
        self.wake();
    }

    fn apply(
        &self,
        reactor: &mut Reactor,
        commands: &[u8],
        foreign: &mut Vec<Foreign>,
        returned: Option<Box<Batch>>,
    ) -> Submitted {
        let before = reactor.next_deadline();
        reactor.apply(commands, foreign);
        reactor.write();
        if let Some(batch) = returned {
            reactor.restore_credit(&batch.runs);
            self.events.recycle(batch);
        }
        let deadline = reactor.next_deadline();
        // A sleeping thread has to be told of work and of an earlier deadline; the loop sees to both itself.
        let more = reactor.has_work();
        if (more || deadline != before) && self.exchange.driver() == Driver::Thread {
            self.wake();
        }
        Submitted {
            released: reactor.take_released(),
            direct: true,
            more,
            deadline,
        }
    }

    /// A turn by the loop, which comes back when there is more; `hear` tells the reactor what the loop has told, and says
    /// where there may be something. `None` when the thread has not let go yet, or drives.
    pub fn loop_turn(&self, hear: impl FnOnce(&mut Reactor) -> Look) -> Option<Turned> {
        let mut reactor = self.reactor.try_lock()?;
        (self.exchange.driver() == Driver::Loop).then(|| self.turn(&mut reactor, hear))
    }

    /// Input for a Duplex with `backlog` bytes to pass on; `None` is its end.
    #[cfg(not(loom))]
    pub fn input(&self, id: u32, bytes: Option<&[u8]>, backlog: u32) {
        let mut reactor = self.reactor.lock();
        let mut batch = self.events.open();
        reactor.input(id, bytes, backlog, &mut batch);
        self.events.publish(batch);
    }

    /// A turn over Duplexes: what waited for credit, and ends.
    pub fn inline_turn(&self) -> Turned {
        let mut reactor = self.reactor.lock();
        self.turn(&mut reactor, |_| Look::OURS)
    }

    /// The thread drives from here on, before anything was submitted.
    pub fn start_thread(&self) {
        let reactor = self.reactor.lock();
        self.exchange.set_driver(Driver::Thread);
        self.parked.notify_one();
        drop(reactor);
    }

    /// The turn with which a driver leaves.
    fn last_turn(&self, reactor: &mut Reactor) {
        let busy = reactor.has_work() || !self.mailbox.is_empty() || !self.events.is_empty();
        let turned = self.turn(reactor, |_| Look::OURS);
        if busy || turned.more || turned.published {
            self.crossings.busy_switches.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The loop stops driving: `stop` takes its watcher away. False when the lock was not to be had.
    pub fn leave_loop(&self, stop: impl FnOnce(&mut Reactor)) -> bool {
        let Some(mut reactor) = self.reactor.try_lock() else {
            return false;
        };
        if self.exchange.driver() != Driver::Loop {
            return false;
        }
        self.exchange.set_driver(Driver::ToThread);
        stop(&mut reactor);
        self.last_turn(&mut reactor);
        self.exchange.set_driver(Driver::Thread);
        self.crossings.switches.fetch_add(1, Ordering::Relaxed);
        self.parked.notify_one();
        true
    }

    /// The loop starts driving, if the thread left and everything is dispatched; otherwise another dispatch is asked for.
    /// `start` sets the watcher up, and a timer for the next deadline.
    pub fn enter_loop(&self, start: impl FnOnce(Option<Instant>)) -> bool {
        if self.exchange.driver() != Driver::ToLoop {
            return false;
        }
        let Some(mut reactor) = self.reactor.try_lock() else {
            self.signal();
            return false;
        };
        if !self.events.is_empty() {
            drop(reactor);
            self.signal();
            return false;
        }
        self.take_mail(&mut reactor);
        reactor.write();
        self.exchange.set_driver(Driver::Loop);
        self.crossings.switches.fetch_add(1, Ordering::Relaxed);
        // Under the lock: asked later, the thread might have it, and nobody would know of the deadline.
        start(reactor.next_deadline());
        let again = reactor.has_work() || !self.mailbox.is_empty() || reactor.has_released();
        drop(reactor);
        if again {
            self.wake();
        }
        true
    }

    /// The thread waits until it is its turn to drive. False: never again.
    pub fn wait_for_thread_driver(&self) -> bool {
        let mut reactor = self.reactor.lock();
        loop {
            match self.exchange.driver() {
                Driver::Thread => return true,
                Driver::Stopped => return false,
                _ => self.parked.wait(&mut reactor),
            }
        }
    }

    /// A turn by the thread; `None` when it was told to stop.
    pub fn thread_turn(&self) -> Option<Turned> {
        let mut reactor = self.reactor.lock();
        if self.exchange.driver() != Driver::Thread {
            return None;
        }
        let turned = self.turn(&mut reactor, |_| Look::OURS);
        drop(reactor);
        if turned.published {
            self.signal();
        }
        Some(turned)
    }

    /// The thread stops driving; JavaScript takes over when it has dispatched everything.
    pub fn leave_thread(&self) {
        let mut reactor = self.reactor.lock();
        if self.exchange.driver() != Driver::Thread {
            return;
        }
        self.exchange.set_driver(Driver::ToLoop);
        self.last_turn(&mut reactor);
        drop(reactor);
        self.signal();
    }

    /// Whether the mailbox is empty, for the thread's last look before it sleeps.
    pub fn mailbox_is_empty(&self) -> bool {
        self.mailbox.is_empty()
    }

    /// The process is about to exit: what was sent goes out as far as the kernel takes it without waiting, and what Duplexes
    /// have to write is told, as far as a batch has room. Nobody may get another chance, so this waits for the lock, in the middle of a switch too.
    pub fn flush_last(&self) {
        let mut reactor = self.reactor.lock();
        self.take_mail(&mut reactor);
        reactor.pack_all();
        reactor.write();
        let mut batch = self.events.open();
        reactor.tell_output(&mut batch);
        self.events.publish(batch);
        // The thread's next turn would have the batch just when JavaScript looks for it.
        self.events.complete();
    }

    /// The end: what was sent goes out as far as the kernel takes it without waiting, then every connection is closed.
    pub fn stop(&self, last: &[u8]) {
        let mut reactor = self.reactor.lock();
        self.take_mail(&mut reactor);
        reactor.apply(last, &mut Vec::new());
        reactor.pack_all();
        reactor.write();
        reactor.close_all();
        self.exchange.set_driver(Driver::Stopped);
        self.parked.notify_all();
        drop(reactor);
        self.wake();
    }
}
