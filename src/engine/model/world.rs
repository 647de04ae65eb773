//! What the kernel and Node.js do for the real ones: a readiness set, its waker, and the request to dispatch.

use crate::engine::crossing::Border;
use crate::engine::sync::{Condvar, Mutex};
use std::io;

loom::lazy_static! {
    /// One for each execution of a model.
    pub(in crate::engine) static ref WORLD: World = World::default();
}

/// What both threads can be woken by.
#[derive(Default)]
struct State {
    /// JavaScript was asked to dispatch.
    asked: bool,
    /// The waker lies in the set.
    woken: bool,
    /// Messages that lie in sockets.
    input: u32,
    /// The loop watches the set.
    watched: bool,
    /// The thread sleeps on the set.
    slept_on: bool,
    /// Commands that were applied.
    applied: u32,
}

/// Everything outside the engine.
#[derive(Default)]
pub(in crate::engine) struct World {
    state: Mutex<State>,
    changed: Condvar,
}

/// What JavaScript is called for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Call {
    /// The engine asked.
    Signal,
    /// The loop's watcher found something.
    Ready,
    /// Nothing: all commands are applied.
    Applied,
}

impl World {
    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock());
        self.changed.notify_all();
    }

    /// Peers send `count` messages.
    pub(in crate::engine) fn arrive(&self, count: u32) {
        self.change(|state| state.input += count);
    }

    /// The engine applied `count` commands.
    pub(in crate::engine) fn apply(&self, count: u32) {
        self.change(|state| state.applied += count);
    }

    /// A look at the set: how many messages came. The edge is gone with it.
    pub(in crate::engine) fn look(&self) -> u32 {
        let mut state = self.state.lock();
        state.woken = false;
        std::mem::take(&mut state.input)
    }

    /// The loop watches the set, or no longer.
    pub(in crate::engine) fn watch(&self, watched: bool) {
        let mut state = self.state.lock();
        assert!(!(watched && state.slept_on), "two drivers");
        state.watched = watched;
    }

    /// The thread sleeps until the set is ready.
    pub(in crate::engine) fn sleep(&self) {
        let mut state = self.state.lock();
        assert!(!state.watched, "two drivers");
        state.slept_on = true;
        while !state.woken && state.input == 0 {
            self.changed.wait(&mut state);
        }
        state.slept_on = false;
    }

    /// JavaScript waits for a call, or for `applied` commands to be applied.
    pub(in crate::engine) fn wait(&self, applied: Option<u32>) -> Call {
        let mut state = self.state.lock();
        loop {
            if std::mem::take(&mut state.asked) {
                return Call::Signal;
            }
            if state.watched && (state.woken || state.input > 0) {
                return Call::Ready;
            }
            if applied == Some(state.applied) {
                return Call::Applied;
            }
            self.changed.wait(&mut state);
        }
    }

    /// Commands that were applied so far.
    pub(in crate::engine) fn applied(&self) -> u32 {
        self.state.lock().applied
    }
}

/// The waker in the set.
pub struct Waker;

impl Waker {
    /// Makes the set ready.
    pub fn wake(&self) -> io::Result<()> {
        WORLD.change(|state| state.woken = true);
        Ok(())
    }
}

/// The threadsafe function.
pub(in crate::engine) struct Bell;

impl Border for Bell {
    fn signal(&self) {
        WORLD.change(|state| state.asked = true);
    }
}
