//! What JavaScript has not taken stops the reading, and only that connection's.

use super::support::{Js, Options, payload, settings, settle, until};
use crate::engine::driver::exchange::Driver;
use crate::engine::settings::Settings;
use crate::proto::wire::Opcode;
use std::time::Duration;

fn with_credit(driver: Driver, receive_credit: i32) -> Options {
    Options {
        settings: Settings {
            receive_credit,
            ..settings()
        },
        ..Options::under(driver)
    }
}

#[test]
fn reading_stops_without_credit_and_goes_on_when_the_batch_returns() {
    let mut js = Js::new(with_credit(Driver::Loop, 1000));
    let mut peers = js.attach_many(2);
    let (busy, idle) = (peers[0].id, peers[1].id);
    for number in 0..100 {
        peers[0].send(Opcode::Binary, payload(busy, number, 100));
    }
    assert!(!js.turn().more);
    assert!(js.turn().hungry);
    assert_eq!(js.hub.reactor().starved(), 1);
    peers[1].send(Opcode::Text, b"not me");
    js.turn();
    assert!(!js.is_called(), "it spins");
    // 164 each: the seventh takes it below zero.
    js.dispatch_all();
    assert_eq!((js.told(busy).len(), js.told(idle).len()), (7, 1));
    until(&mut js, &mut peers, |js, _| js.log.len() == 93);
    for (number, event) in (7..).zip(js.told(busy)) {
        assert_eq!(event.data, payload(busy, number, 100));
    }
}

#[test]
fn one_message_may_overdraw_it() {
    let mut js = Js::new(with_credit(Driver::Loop, 1));
    let mut peers = js.attach_many(1);
    let id = peers[0].id;
    for number in 0..3 {
        peers[0].send(Opcode::Binary, payload(id, number, 1 << 20));
    }
    until(&mut js, &mut peers, |js, _| js.log.len() == 3);
    assert!(js.told(id)[2].data == payload(id, 2, 1 << 20));
}

#[test]
fn a_flood_stays_with_its_sender_and_a_sleeping_thread_is_woken_by_credit() {
    let mut js = Js::new(with_credit(Driver::Thread, 64 << 10));
    let mut peers = js.attach_many(1);
    let id = peers[0].id;
    let flood = 4096;
    for number in 0..flood {
        peers[0].send(Opcode::Binary, payload(id, number, 1024));
    }
    let begun = std::time::Instant::now();
    while begun.elapsed() < Duration::from_millis(100) {
        peers[0].pump();
    }
    assert!(peers[0].unsent() > 2 << 20, "somebody read it all");
    // What one read has brought beyond the credit, and the beginning of a message.
    let held = js.hub.reactor().held();
    assert!(held <= 136 << 10, "{held}");
    let turns = js.turns();
    #[expect(clippy::disallowed_methods, reason = "it is about what does not happen meanwhile")]
    std::thread::sleep(Duration::from_millis(50));
    assert!(js.turns() - turns < 10, "the thread spins");
    until(&mut js, &mut peers, |js, _| js.log.len() == flood as usize);
    for (number, event) in (0..).zip(js.told(id)) {
        assert_eq!(event.data, payload(id, number, 1024));
    }
    settle(&mut js, &mut peers, Duration::from_millis(5));
    assert_eq!(js.hub.reactor().starved(), 0);
}
