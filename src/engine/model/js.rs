//! The two threads: JavaScript's as the border plays it, and the I/O thread as `driver/thread.rs` does.

use super::world::{Bell, Call, WORLD};
use crate::engine::driver::exchange::Driver;
use crate::engine::hub::Hub;
use crate::engine::memory::batch::Batch;
use crate::engine::memory::ledger::Ledger;
use crate::engine::reactor::{Budget, Look};
use loom::thread;
use std::sync::Arc;

/// What happens in a model.
#[derive(Clone, Copy)]
pub(super) struct Script {
    /// Who drives at first.
    pub(super) first: Driver,
    /// The thread does all the work.
    pub(super) apart: bool,
    /// Commands JavaScript submits one by one.
    pub(super) commands: u8,
    /// Messages that peers have sent.
    pub(super) messages: u32,
    /// The loop leaves after so many commands.
    pub(super) leave_after: Option<u8>,
    /// The thread leaves after so many turns.
    pub(super) turns: Option<u32>,
    /// JavaScript wants what it posted applied, if that can be had, after each command.
    pub(super) settles: bool,
    /// The process exits when the commands are submitted, and one more comes with its end.
    pub(super) exits: bool,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            first: Driver::Loop,
            apart: false,
            commands: 0,
            messages: 0,
            leave_after: None,
            turns: None,
            settles: false,
            exits: false,
        }
    }
}

impl Script {
    /// From the start to the end of an environment.
    pub(super) fn run(self) {
        let first = if self.first == Driver::Thread {
            Driver::ToThread
        } else {
            self.first
        };
        let hub = Hub::new(first, Budget, Box::new(Bell), Ledger::new()).expect("no I/O");
        let hub = Arc::new(if self.apart { hub.apart() } else { hub });
        WORLD.arrive(self.messages);
        if self.first == Driver::Thread {
            hub.start_thread();
        } else {
            WORLD.watch(true);
        }
        let io = {
            let hub = Arc::clone(&hub);
            thread::spawn(move || drive(&hub, self.turns))
        };
        let mut js = Js {
            hub,
            next: 0,
            dispatched: 0,
            settles: self.settles,
        };
        for number in 0..self.commands {
            js.send();
            if self.leave_after == Some(number + 1) {
                js.leave();
            }
        }
        if self.exits {
            js.exit();
        } else {
            while !js.is_done(self) {
                js.step(self);
            }
            js.hub.stop(&[]);
        }
        io.join().expect("the thread ends");
    }
}

/// The I/O thread.
fn drive(hub: &Hub, leave_after: Option<u32>) {
    while hub.wait_for_thread_driver() {
        let mut turns = 0;
        while let Some(turned) = hub.thread_turn() {
            turns += 1;
            if leave_after.is_some_and(|most| turns >= most) {
                hub.leave_thread();
                break;
            }
            if !turned.more && hub.exchange.start_waiting(turned.hungry, || hub.mailbox_is_empty()) {
                WORLD.sleep();
                hub.exchange.stop_waiting();
            }
        }
    }
}

/// The JavaScript thread.
struct Js {
    hub: Arc<Hub>,
    next: u8,
    dispatched: u32,
    settles: bool,
}

impl Js {
    fn is_done(&self, script: Script) -> bool {
        let home = script.turns.is_none() || self.hub.exchange.driver() == Driver::Loop;
        home && self.dispatched == script.messages && WORLD.applied() == u32::from(script.commands)
    }

    fn send(&mut self) {
        let command = [self.next];
        self.next += 1;
        self.submit(&command, None);
        self.settle();
    }

    fn submit(&self, commands: &[u8], returned: Option<Box<Batch>>) {
        let submitted = self.hub.submit(commands, &mut Vec::new(), returned);
        let works = submitted.direct && !commands.is_empty();
        assert!(
            !(works && self.hub.exchange.is_apart()),
            "JavaScript does the thread's work"
        );
        self.come_back(submitted.more);
    }

    /// The loop goes on when there is more: at once, or through the waker, which is the harder case.
    fn come_back(&self, more: bool) {
        if more && self.hub.exchange.driver() == Driver::Loop {
            self.hub.wake();
        }
    }

    /// As `bufferedAmount` does, at any time.
    fn settle(&self) {
        if self.settles {
            self.hub.settle();
        }
    }

    /// Nobody gets another chance: what was sent has to be out with each call.
    fn exit(&mut self) {
        self.hub.flush_last();
        assert_eq!(WORLD.applied(), u32::from(self.next), "last words are lost");
        self.hub.stop(&[self.next]);
        assert_eq!(WORLD.applied(), u32::from(self.next) + 1, "the very last are lost");
    }

    fn step(&mut self, script: Script) {
        let all = u32::from(script.commands);
        let waits_for_commands_only = self.dispatched == script.messages && script.turns.is_none();
        match WORLD.wait(waits_for_commands_only.then_some(all)) {
            Call::Signal => self.on_signal(),
            Call::Ready => self.on_ready(),
            Call::Applied => {}
        }
    }

    fn on_ready(&mut self) {
        if !self.dispatch() {
            let Some(turned) = self.hub.loop_turn(|_| Look::OURS) else {
                thread::yield_now();
                return;
            };
            self.come_back(turned.more);
            self.dispatch();
        }
    }

    fn on_signal(&mut self) {
        if self.dispatch() {
            return;
        }
        let entered = self.hub.enter_loop(|_| WORLD.watch(true));
        if !entered {
            thread::yield_now();
        }
    }

    fn leave(&mut self) {
        if self.hub.leave_loop(|_| WORLD.watch(false)) {
            self.dispatch();
        }
    }

    /// Dispatches a batch; if there was one, whoever drives is asked for more.
    fn dispatch(&mut self) -> bool {
        let Some(mut batch) = self.hub.events.take() else {
            return false;
        };
        batch.released.clear();
        let events = batch.events();
        if events == 0 {
            self.hub.events.recycle(batch);
        } else {
            self.dispatched += events as u32;
            self.submit(&[], Some(batch));
        }
        self.settle();
        if self.hub.exchange.driver() == Driver::Loop {
            self.hub.wake();
        } else {
            self.hub.signal();
        }
        true
    }
}
