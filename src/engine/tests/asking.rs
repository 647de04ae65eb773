//! The engine asks JavaScript to dispatch, and never once too few.

use super::support::{Js, Options};
use crate::engine::driver::exchange::Driver;
use crate::proto::wire::Opcode;

#[test]
fn what_nobody_took_is_asked_for_again() {
    let mut js = Js::new(Options::under(Driver::ToThread));
    js.hub.start_thread();
    let mut peer = js.attach();
    peer.send(Opcode::Text, b"one");
    assert!(js.hub.thread_turn().unwrap().published);
    // The dispatcher answers, but the next turn has the batch: it finds nothing and goes away.
    assert!(js.bell.answer());
    let rings = js.bell.rings();
    js.hub.thread_turn();
    assert!(js.bell.rings() > rings);
    js.step(std::time::Duration::ZERO);
    assert_eq!(js.told(peer.id).len(), 1);
}

#[test]
fn nothing_new_asks_for_nothing() {
    let mut js = Js::new(Options::under(Driver::ToThread));
    js.hub.start_thread();
    let _peer = js.attach();
    for _ in 0..3 {
        assert!(!js.hub.thread_turn().unwrap().published);
    }
    assert_eq!(js.bell.rings(), 0);
}
