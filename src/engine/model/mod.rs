//! A model of the switch: loom runs the real hub, exchange, mailbox and queue of events in every order two threads can
//! take, over a reactor without sockets.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --no-default-features --features engine --release --lib engine::model`
//!
//! What fails it: a command or a message that nobody sees although everybody sleeps (loom finds the deadlock), commands
//! that change their order or are not applied when the process has exited, both drivers on the set at once.

mod js;
pub mod sync;
pub mod world;

use super::driver::exchange::Driver;
use js::Script;

/// Involuntary changes of thread in one execution; `LOOM_MAX_PREEMPTIONS` asks for more.
const PREEMPTIONS: usize = 3;

fn check(script: Script) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(PREEMPTIONS);
    builder.check(move || script.run());
}

#[test]
fn sequential_consistency_is_what_it_says() {
    loom::model(|| {
        let flags = std::sync::Arc::new([sync::AtomicBool::new(false), sync::AtomicBool::new(false)]);
        let other = {
            let flags = std::sync::Arc::clone(&flags);
            loom::thread::spawn(move || {
                flags[0].store(true, std::sync::atomic::Ordering::SeqCst);
                flags[1].load(std::sync::atomic::Ordering::SeqCst)
            })
        };
        flags[1].store(true, std::sync::atomic::Ordering::SeqCst);
        let seen = flags[0].load(std::sync::atomic::Ordering::SeqCst);
        assert!(other.join().unwrap() || seen);
    });
}

#[test]
fn a_sleeping_thread_hears_of_commands() {
    check(Script {
        first: Driver::Thread,
        commands: 3,
        ..Script::default()
    });
}

#[test]
fn a_hungry_thread_hears_of_credit() {
    check(Script {
        first: Driver::Thread,
        messages: 2,
        ..Script::default()
    });
}

#[test]
fn the_thread_gives_back() {
    check(Script {
        first: Driver::Thread,
        commands: 2,
        messages: 1,
        turns: Some(1),
        ..Script::default()
    });
}

#[test]
fn the_loop_gives_to_the_thread() {
    check(Script {
        commands: 2,
        messages: 1,
        leave_after: Some(1),
        ..Script::default()
    });
}

#[test]
fn there_and_back_again() {
    check(Script {
        commands: 2,
        messages: 1,
        leave_after: Some(1),
        turns: Some(1),
        ..Script::default()
    });
}

#[test]
fn what_was_posted_can_be_settled() {
    check(Script {
        first: Driver::Thread,
        commands: 3,
        settles: true,
        ..Script::default()
    });
}

#[test]
fn credit_that_was_settled_is_not_forgotten() {
    check(Script {
        first: Driver::Thread,
        commands: 1,
        messages: 2,
        settles: true,
        ..Script::default()
    });
}

#[test]
fn settling_in_the_middle_of_a_switch() {
    check(Script {
        commands: 2,
        messages: 1,
        leave_after: Some(1),
        turns: Some(1),
        settles: true,
        ..Script::default()
    });
}

#[test]
fn the_process_exits_while_the_thread_drives() {
    check(Script {
        first: Driver::Thread,
        commands: 3,
        messages: 1,
        exits: true,
        ..Script::default()
    });
}

#[test]
fn the_process_exits_in_the_middle_of_a_switch() {
    check(Script {
        commands: 2,
        messages: 1,
        leave_after: Some(1),
        turns: Some(1),
        exits: true,
        ..Script::default()
    });
}

#[test]
fn a_thread_apart_does_all_the_work() {
    check(Script {
        first: Driver::Thread,
        apart: true,
        commands: 2,
        messages: 2,
        settles: true,
        ..Script::default()
    });
}

#[test]
fn a_sleeping_thread_apart_hears_of_commands() {
    check(Script {
        first: Driver::Thread,
        apart: true,
        commands: 3,
        ..Script::default()
    });
}

#[test]
fn the_process_exits_while_a_thread_apart_works() {
    check(Script {
        first: Driver::Thread,
        apart: true,
        commands: 3,
        messages: 1,
        exits: true,
        ..Script::default()
    });
}
