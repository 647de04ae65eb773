//! The JavaScript thread: does what the border does, step by step, so that the tests can look in between.

use super::bell::Button;
use super::event_loop::Loop;
use super::{Bell, Event, Peer, Slab, settings};
use crate::engine::driver::exchange::Driver;
use crate::engine::driver::{Return, thread};
use crate::engine::hub::{Hub, Turned};
use crate::engine::memory::batch::Batch;
use crate::engine::memory::ledger::{Ledger, TOTALS};
use crate::engine::reactor::{Budget, Look, Reactor, index_of};
use crate::engine::settings::Settings;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::cell::Cell;
use std::os::fd::{AsFd, BorrowedFd, IntoRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How the world is set up.
pub(in crate::engine::tests) struct Options {
    pub(in crate::engine::tests) driver: Driver,
    /// Its thread does all the work.
    pub(in crate::engine::tests) apart: bool,
    pub(in crate::engine::tests) budget: Budget,
    pub(in crate::engine::tests) settings: Settings,
    /// Both drivers give back after so long.
    pub(in crate::engine::tests) stay: Option<Duration>,
    /// Events a walk takes before it yields to the event loop.
    pub(in crate::engine::tests) walk: usize,
}

impl Options {
    /// The defaults under `driver`.
    pub(in crate::engine::tests) fn under(driver: Driver) -> Self {
        Self {
            driver,
            apart: false,
            budget: Budget::default(),
            settings: settings(),
            stay: None,
            walk: usize::MAX,
        }
    }
}

/// What a handler does.
type Handler = Box<dyn FnMut(&mut Slab, &Event)>;

struct Current {
    batch: Box<Batch>,
    scope: usize,
    at: usize,
}

/// What is left after a dispatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine::tests) enum Left {
    Nothing,
    More,
    Rest,
}

/// The JavaScript thread.
pub(in crate::engine::tests) struct Js {
    pub(in crate::engine::tests) hub: Arc<Hub>,
    pub(in crate::engine::tests) slab: Slab,
    pub(in crate::engine::tests) log: Vec<Event>,
    /// Whether it is kept.
    pub(in crate::engine::tests) logging: bool,
    pub(in crate::engine::tests) bell: Arc<Bell>,
    pub(in crate::engine::tests) handler: Handler,
    current: Option<Current>,
    set: OwnedFd,
    pub(in crate::engine::tests) event_loop: Loop,
    watching: Cell<bool>,
    era: Cell<Instant>,
    /// When the loop's timer rings.
    pub(in crate::engine::tests) deadline: Option<Instant>,
    stay: Option<Duration>,
    walk: usize,
    thread: Option<JoinHandle<()>>,
    scopes: u64,
    settings: usize,
    attached: u32,
}

impl Js {
    /// A thread with an engine; what it is told is logged.
    pub(in crate::engine::tests) fn new(options: Options) -> Self {
        let bell = Bell::new();
        let first = if options.driver == Driver::Thread {
            Driver::ToThread
        } else {
            options.driver
        };
        let border = Box::new(Button(Arc::clone(&bell)));
        let hub = Hub::new(first, options.budget, border, Ledger::new()).unwrap();
        let hub = Arc::new(if options.apart { hub.apart() } else { hub });
        // Without sockets there is no set: the bell is all there is to watch.
        let set = hub.reactor().try_clone_set();
        let set = set.unwrap_or_else(|_| bell.descriptor().try_clone_to_owned().unwrap());
        let settings = hub.reactor().settings().register(options.settings);
        let mut js = Self {
            hub,
            slab: Slab::default(),
            log: Vec::new(),
            logging: true,
            bell,
            handler: Box::new(|_, _| {}),
            current: None,
            set,
            event_loop: Loop::new(),
            watching: Cell::new(options.driver == Driver::Loop),
            era: Cell::new(Instant::now()),
            deadline: None,
            stay: options.stay,
            walk: options.walk,
            thread: None,
            scopes: 0,
            settings,
            attached: 0,
        };
        if options.driver == Driver::Thread {
            js.ensure_thread();
            js.hub.start_thread();
        }
        js
    }

    /// With a handler that sends every message back, large ones by reference.
    pub(in crate::engine::tests) fn echo(options: Options) -> Self {
        let mut js = Self::new(options);
        js.handler = Box::new(|slab, event| {
            if let Some(opcode) = event.message() {
                slab.send(event.id, opcode, &event.data);
            }
        });
        js
    }

    /// The index of the settings every connection has.
    pub(in crate::engine::tests) fn settings(&self) -> usize {
        self.settings
    }

    /// A connection over a pair of sockets, with the next free index.
    pub(in crate::engine::tests) fn attach(&mut self) -> Peer {
        self.attached += 1;
        self.attach_as(self.attached)
    }

    /// The same with an id of the test's choice.
    pub(in crate::engine::tests) fn attach_as(&mut self, id: u32) -> Peer {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        self.slab.attach(id, ours.into_raw_fd(), self.settings, b"");
        self.flush(None);
        Peer::new(id, theirs)
    }

    /// Several.
    pub(in crate::engine::tests) fn attach_many(&mut self, count: usize) -> Vec<Peer> {
        (0..count).map(|_| self.attach()).collect()
    }

    /// The slab crosses.
    pub(in crate::engine::tests) fn flush(&mut self, returned: Option<Box<Batch>>) {
        if self.slab.bytes.is_empty() && returned.is_none() {
            return;
        }
        let submitted = self.hub.submit(&self.slab.bytes, &mut self.slab.foreign, returned);
        assert!(self.slab.foreign.is_empty(), "a payload stayed behind");
        self.slab.bytes.clear();
        self.slab.release(submitted.released);
        if submitted.direct {
            self.deadline = submitted.deadline;
            self.come_back(submitted.more);
        }
    }

    /// The loop goes on when there is more: at once, or through the waker, which is the harder case.
    fn come_back(&self, more: bool) {
        if more && self.hub.exchange.driver() == Driver::Loop {
            self.hub.wake();
        }
    }

    /// One turn of the event loop: waits at most `timeout` for what concerns this thread, and does it.
    pub(in crate::engine::tests) fn step(&mut self, timeout: Duration) {
        self.flush(None);
        let now = Instant::now();
        let due = self.deadline.filter(|_| self.watching.get());
        let timeout = due.map_or(timeout, |at| timeout.min(at.saturating_duration_since(now)));
        let mut watched = vec![PollFd::from_borrowed_fd(self.bell.descriptor(), PollFlags::IN)];
        if self.watching.get() {
            watched.push(PollFd::from_borrowed_fd(self.set.as_fd(), PollFlags::IN));
            watched.push(PollFd::from_borrowed_fd(self.event_loop.descriptor(), PollFlags::IN));
        }
        poll(&mut watched, Some(&Timespec::try_from(timeout).unwrap())).unwrap();
        let ready = watched.iter().skip(1).any(|set| !set.revents().is_empty());
        drop(watched);
        if self.bell.answer() {
            self.on_signal();
        }
        if self.watching.get() && (ready || due.is_some_and(|at| at <= Instant::now())) {
            self.on_ready();
        }
    }

    /// Whether the loop would be called: something is ready in the set.
    pub(in crate::engine::tests) fn is_called(&self) -> bool {
        is_ready(self.set.as_fd()) || is_ready(self.event_loop.descriptor())
    }

    fn on_ready(&mut self) {
        let mut left = self.dispatch_all();
        if left == Left::Nothing {
            let Some(turned) = self.loop_turn() else { return };
            self.deadline = turned.deadline;
            self.come_back(turned.more);
            left = self.dispatch_all();
        }
        if left != Left::Nothing {
            self.hub.wake();
        }
        if self.stay.is_some_and(|stay| self.era.get().elapsed() >= stay) {
            self.give_to_thread();
        }
    }

    /// A turn without a dispatch.
    pub(in crate::engine::tests) fn turn(&mut self) -> Turned {
        self.flush(None);
        let turned = self.loop_turn().expect("the loop drives");
        self.come_back(turned.more);
        turned
    }

    fn loop_turn(&self) -> Option<Turned> {
        let turned = self.hub.loop_turn(|reactor| {
            let told = self.event_loop.look();
            // As the border does: one by one, or all together.
            let places = told.len() > 1;
            reactor.hear(told.into_iter().filter(|_| !places));
            let ours = is_ready(self.set.as_fd());
            Look { ours, places }
        })?;
        if turned.unsettled {
            self.hub.arrange_places(&self.event_loop);
        }
        Some(turned)
    }

    pub(in crate::engine::tests) fn on_signal(&mut self) {
        match self.dispatch() {
            Left::Nothing => self.take_from_thread(),
            Left::More | Left::Rest => self.hub.signal(),
        }
    }

    fn give_to_thread(&mut self) {
        self.ensure_thread();
        let stop = |reactor: &mut Reactor| {
            reactor.leave_places();
            self.event_loop.close_all();
            self.watching.set(false);
        };
        if self.hub.leave_loop(stop) && self.dispatch_all() != Left::Nothing {
            self.hub.signal();
        }
    }

    fn take_from_thread(&mut self) {
        self.hub.enter_loop(|deadline| {
            self.watching.set(true);
            self.era.set(Instant::now());
            self.deadline = deadline;
        });
    }

    fn ensure_thread(&mut self) {
        let back = self.stay.map_or(Return::Never, Return::After);
        let hub = &self.hub;
        self.thread
            .get_or_insert_with(|| thread::spawn(Arc::clone(hub), "io".into(), back, 2).unwrap());
    }

    /// Every scope there is.
    pub(in crate::engine::tests) fn dispatch_all(&mut self) -> Left {
        loop {
            match self.dispatch() {
                Left::More => {}
                left => return left,
            }
        }
    }

    fn dispatch(&mut self) -> Left {
        if !self.begin() {
            return Left::Nothing;
        }
        if !self.walk_scope() {
            self.flush(None);
            return Left::Rest;
        }
        let returned = self.end_scope();
        self.flush(returned);
        if self.current.is_some() || !self.hub.events.is_empty() {
            Left::More
        } else {
            Left::Nothing
        }
    }

    fn begin(&mut self) -> bool {
        while self.current.is_none() {
            let Some(mut batch) = self.hub.events.take() else {
                return false;
            };
            self.slab.release(batch.released.drain(..));
            if batch.events() == 0 {
                self.hub.events.recycle(batch);
            } else {
                self.current = Some(Current { batch, scope: 0, at: 0 });
            }
        }
        true
    }

    fn walk_scope(&mut self) -> bool {
        let Some(current) = &mut self.current else { return true };
        let to = current.batch.scopes[current.scope] as usize;
        for _ in 0..self.walk {
            if current.at == to {
                break;
            }
            let event = Event::read(&current.batch, current.at, self.scopes);
            current.at += 1;
            (self.handler)(&mut self.slab, &event);
            if self.logging {
                self.log.push(event);
            }
        }
        current.at == to
    }

    fn end_scope(&mut self) -> Option<Box<Batch>> {
        let current = self.current.as_mut()?;
        self.scopes += 1;
        current.scope += 1;
        if current.scope < current.batch.scopes.len() {
            return None;
        }
        self.current.take().map(|current| current.batch)
    }

    /// Events of a connection so far, and forgets them.
    pub(in crate::engine::tests) fn told(&mut self, id: u32) -> Vec<Event> {
        let (told, rest) = self.log.drain(..).partition(|event| event.id == id);
        self.log = rest;
        told
    }

    /// Whether a connection was told of `kind`.
    pub(in crate::engine::tests) fn heard(&self, id: u32, kind: u32) -> bool {
        self.log.iter().any(|event| event.id == id && event.kind == kind)
    }

    /// Changes of driver so far.
    pub(in crate::engine::tests) fn switches(&self) -> u64 {
        self.hub.crossings.switches.load(Ordering::Relaxed)
    }

    /// Turns so far, however long it takes to ask.
    pub(in crate::engine::tests) fn turns(&self) -> u64 {
        self.hub.reactor().counters().turns
    }

    /// How much of what a connection sent is out.
    pub(in crate::engine::tests) fn written(&self, id: u32) -> u64 {
        let word = &self.hub.ledger().arena().words()[index_of(id) * TOTALS];
        (f64::from_bits(word.load(Ordering::Acquire)) as i64).cast_unsigned()
    }
}

/// Whether there is something in a set.
fn is_ready(set: BorrowedFd<'_>) -> bool {
    let mut watched = [PollFd::from_borrowed_fd(set, PollFlags::IN)];
    poll(&mut watched, Some(&Timespec::default())).unwrap() > 0
}

impl Drop for Js {
    fn drop(&mut self) {
        self.hub.stop(&[]);
        if let Some(thread) = self.thread.take() {
            let joined = thread.join();
            assert!(std::thread::panicking() || joined.is_ok());
        }
    }
}
