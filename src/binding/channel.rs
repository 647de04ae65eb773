//! The JavaScript thread's side of a reactor: the loop as a driver, dispatching, and the change of drivers.

use super::dispatch::{self, Current, Left, Scope, dispatch};
use super::functions::{self, Functions};
use super::memory::Shared;
use super::output::{Outputs, write_duplexes};
use super::slab::Slab;
#[cfg(unix)]
use super::uv::Watch;
use super::values::{self, Reference};
use crate::engine::deadlines::timer;
use crate::engine::driver::exchange::Driver;
use crate::engine::driver::policy::Policy;
use crate::engine::driver::{Return, cpu_time, thread};
use crate::engine::hub::{Hub, Submitted};
use crate::engine::memory::batch::Batch;
use crate::engine::reactor::{Look, Reactor};
use crate::engine::settings::SettingsTable;
use crate::engine::transport::Foreign;
use napi::sys;
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long the calls of all threads may dispatch in one turn of the event loop before timers and I/O get theirs.
const PATIENCE: Duration = Duration::from_millis(10);

/// How long the loop goes on with turn after turn while there is work, before Node.js gets its turn.
const LOOP_PATIENCE: Duration = Duration::from_millis(2);

/// Who sees to the work that commands leave behind when the loop drives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rounds {
    /// The waker: nobody is at it.
    Resting,
    /// `on_ready`, which found none so far.
    Idle,
    /// `on_ready`, in another round.
    Again,
}

/// The JavaScript thread's side of a reactor.
pub(crate) struct Channel {
    pub(crate) env: sys::napi_env,
    pub(crate) hub: Arc<Hub>,
    pub(crate) settings: SettingsTable,
    pub(crate) functions: Functions,
    pub(crate) resource: Reference,
    pub(crate) context: sys::napi_async_context,
    pub(crate) slab: Slab,
    pub(crate) ledger: Shared,
    /// Memory may be lent to JavaScript.
    pub(crate) may_lend: bool,
    pub(crate) outputs: Outputs,
    pub(crate) current: RefCell<Option<Current>>,
    pub(crate) dispatching: Cell<bool>,
    pub(crate) thread: RefCell<Option<JoinHandle<()>>>,
    #[cfg(unix)]
    pub(crate) watch: RefCell<Option<Watch>>,
    pub(crate) threadsafe: sys::napi_threadsafe_function,
    pub(crate) pending: Arc<AtomicBool>,
    pub(crate) policy: RefCell<Policy>,
    pub(crate) back: Return,
    /// The loop has driven since then, for forced switches.
    pub(crate) era: Cell<Instant>,
    pub(crate) inline: bool,
    pub(crate) rounds: Cell<Rounds>,
    pub(crate) foreign: RefCell<Vec<Foreign>>,
    pub(crate) name: String,
    pub(crate) cores: usize,
    /// For Duplexes: JavaScript looks again then, at the latest.
    pub(crate) told: Cell<Option<Instant>>,
    /// Time `flush` took since the policy was told last.
    pub(crate) flushing: Cell<Duration>,
}

impl Channel {
    /// Commands down, and a dispatched batch back; then whatever follows from that.
    pub(crate) fn flush(&self, returned: Option<Box<Batch>>) {
        let begun = Instant::now();
        let Some((submitted, waiting)) = self.submit(returned) else {
            return;
        };
        if self.inline {
            write_duplexes(self);
            self.schedule(submitted.more, submitted.deadline);
            return;
        }
        if submitted.direct {
            self.arm(submitted.deadline);
            self.come_back(submitted.more);
        }
        self.flushing.set(self.flushing.get() + begun.elapsed());
        if submitted.direct && waiting > 0 {
            functions::call(self.env, self.functions.written, &[]);
        }
    }

    /// Commands down, and a dispatched batch back: what became of them, and how many of them JavaScript wants to hear of.
    pub(crate) fn submit(&self, returned: Option<Box<Batch>>) -> Option<(Submitted, u32)> {
        let filled = self.slab.take();
        if filled.is_empty() && returned.is_none() {
            return None;
        }
        let mut foreign = self.foreign.take();
        self.slab.payloads(self.env, filled, &mut foreign);
        let mut submitted = self.hub.submit(self.slab.commands(filled), &mut foreign, returned);
        foreign.clear();
        self.foreign.replace(foreign);
        dispatch::release(self.env, submitted.released.drain(..));
        Some((submitted, filled.waiting))
    }

    /// The loop's timer follows the reactor's next deadline.
    pub(crate) fn arm(&self, deadline: Option<Instant>) {
        #[cfg(unix)]
        if self.hub.exchange.driver() == Driver::Loop
            && let Some(watch) = &*self.watch.borrow()
        {
            watch.arm(deadline.map(|at| timer(at, Instant::now())));
        }
    }

    /// For Duplexes: JavaScript calls `turn()` again. It is told once of a deadline: a call costs as much as a message.
    pub(crate) fn schedule(&self, more: bool, deadline: Option<Instant>) {
        let after = match (more, deadline) {
            (true, _) => 0,
            (false, Some(at)) if self.told.get().is_none_or(|told| at < told) => {
                self.told.set(deadline);
                timer(at, Instant::now())
            }
            (false, _) => return,
        };
        functions::call(self.env, self.functions.later, &[values::uint32(self.env, after)]);
    }

    /// There is `more` for the loop to do, if it drives: another round, or another call.
    fn come_back(&self, more: bool) {
        if !more || self.hub.exchange.driver() != Driver::Loop {
            return;
        }
        match self.rounds.get() {
            Rounds::Resting => self.hub.wake(),
            Rounds::Idle | Rounds::Again => self.rounds.set(Rounds::Again),
        }
    }

    /// The loop drives, and something is ready or a deadline is due: turns until there is no more work, within bounds.
    #[cfg(unix)]
    pub(crate) fn on_ready(&self) {
        let begun = Instant::now();
        let mut before = begun;
        let mut turning = Duration::ZERO;
        let mut unsettled = false;
        let mut left = self.dispatch_all();
        while left == Left::Nothing {
            self.rounds.set(Rounds::Idle);
            let Some(turned) = self.hub.loop_turn(|reactor| self.report(reactor)) else {
                // The thread may still be on its way to park, and nobody calls again by himself.
                self.rounds.set(Rounds::Again);
                break;
            };
            turning += before.elapsed();
            unsettled = turned.unsettled;
            self.arm(turned.deadline);
            self.come_back(turned.more);
            left = self.dispatch_all();
            if self.rounds.get() != Rounds::Again {
                break;
            }
            before = Instant::now();
            if before - begun > LOOP_PATIENCE {
                break;
            }
        }
        let again = self.rounds.replace(Rounds::Resting) == Rounds::Again;
        let now = Instant::now();
        let is_tired = now - begun > LOOP_PATIENCE;
        if again || left != Left::Nothing {
            self.hub.wake();
        }
        if is_tired && let Some(watch) = &*self.watch.borrow() {
            watch.rest();
        }
        if unsettled && let Some(watch) = &*self.watch.borrow() {
            self.hub.arrange_places(watch);
        }
        if self.leaves_loop(turning + self.flushing.take(), now - begun, now) {
            self.to_thread();
        }
    }

    /// Tells the reactor what the event loop has told, and where there may be more.
    #[cfg(unix)]
    fn report(&self, reactor: &mut Reactor) -> Look {
        let watch = self.watch.borrow();
        watch.as_ref().map_or(Look::OURS, |watch| watch.report(reactor))
    }

    /// Every scope there is, or as much as may be done at once.
    fn dispatch_all(&self) -> Left {
        loop {
            match dispatch(self, Scope::New) {
                Left::More => {}
                left => return left,
            }
        }
    }

    fn leaves_loop(&self, busy: Duration, total: Duration, now: Instant) -> bool {
        match self.back {
            Return::Never => false,
            Return::ByPolicy => self.policy.borrow_mut().note_loop(busy, total, cpu_time, now),
            Return::After(stay) => now - self.era.get() >= stay,
        }
    }

    /// A thread that drives does not hand its work to a JavaScript thread that has no time for it.
    fn tell_how_full(&self) {
        if self.back == Return::ByPolicy
            && let Some(is_full) = self.policy.borrow_mut().note_dispatch(cpu_time, Instant::now())
        {
            self.hub.exchange.set_javascript_full(is_full);
        }
    }

    #[cfg(unix)]
    fn to_thread(&self) {
        if self.ensure_thread().is_err() {
            return;
        }
        let stop = |reactor: &mut Reactor| {
            reactor.leave_places();
            if let Some(watch) = &*self.watch.borrow() {
                watch.stop();
            }
        };
        if self.hub.leave_loop(stop) {
            self.dispatch_or_signal();
        }
    }

    fn ensure_thread(&self) -> std::io::Result<()> {
        let mut thread = self.thread.borrow_mut();
        if thread.is_none() {
            *thread = Some(thread::spawn(
                Arc::clone(&self.hub),
                self.name.clone(),
                self.back,
                self.cores,
            )?);
        }
        Ok(())
    }

    /// A thread drives from the start: it was asked for, or the loop cannot be had.
    pub(crate) fn pin_thread(&self, may_return: bool) -> std::io::Result<()> {
        let back = if may_return { self.back } else { Return::Never };
        let thread = thread::spawn(Arc::clone(&self.hub), self.name.clone(), back, self.cores)?;
        self.thread.replace(Some(thread));
        self.hub.start_thread();
        Ok(())
    }

    fn dispatch_or_signal(&self) {
        if self.dispatch_all() != Left::Nothing {
            self.hub.signal();
        }
    }

    /// The threadsafe function was called: Node's own scope around it runs the ticks, so one scope a call.
    pub(crate) fn on_signal(&self) {
        self.pending.store(false, Ordering::SeqCst);
        self.dispatch_or_leave(Scope::Open);
    }

    /// A scope under the thread driver, in a later turn of the event loop if there was enough in this one; when nothing is
    /// left, the loop takes over if the thread has left.
    pub(crate) fn dispatch_or_leave(&self, scope: Scope) {
        if self.is_out_of_patience() {
            functions::call(self.env, self.functions.later, &[values::uint32(self.env, 0)]);
            return;
        }
        self.tell_how_full();
        match dispatch(self, scope) {
            Left::Nothing => self.to_loop(),
            Left::More | Left::Rest => self.hub.signal(),
        }
    }

    fn is_out_of_patience(&self) -> bool {
        #[cfg(unix)]
        if let Some(watch) = &*self.watch.borrow() {
            return watch.elapsed() > PATIENCE;
        }
        false
    }

    fn to_loop(&self) {
        if self.dispatching.get() {
            return;
        }
        self.hub.enter_loop(|deadline| {
            let now = Instant::now();
            self.era.set(now);
            self.policy.borrow_mut().begin(now, cpu_time());
            self.flushing.set(Duration::ZERO);
            #[cfg(unix)]
            if let Some(watch) = &*self.watch.borrow() {
                watch.start();
            }
            self.arm(deadline);
        });
    }

    /// Keeps the process alive, or no longer.
    pub(crate) fn hold(&self, hold: bool) {
        let set = if hold {
            sys::napi_ref_threadsafe_function
        } else {
            sys::napi_unref_threadsafe_function
        };
        // SAFETY: on the environment's thread; the function lives as long as the environment.
        unsafe { set(self.env, self.threadsafe) };
    }
}
