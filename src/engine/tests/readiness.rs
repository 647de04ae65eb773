//! Edge-triggered readiness: what a turn leaves behind is not forgotten, and what cannot be done does not spin.

use super::support::{DRIVERS, Js, Left, Options, payload, settings, settle, until};
use crate::engine::driver::exchange::Driver;
use crate::engine::memory::batch::kind;
use crate::engine::reactor::Budget;
use crate::engine::settings::Settings;
use crate::proto::wire::Opcode;
use std::time::Duration;

/// One event a turn, one message a read.
fn starving(driver: Driver) -> Options {
    Options {
        budget: Budget { events: 1, bytes: 1 },
        settings: Settings {
            receive_credit: 1,
            ..settings()
        },
        ..Options::under(driver)
    }
}

#[test]
fn with_budget_and_credit_of_one_nothing_is_lost() {
    for driver in DRIVERS {
        let mut js = Js::echo(starving(driver));
        let mut peers = js.attach_many(10);
        for peer in &mut peers {
            for number in 0..50 {
                peer.send(Opcode::Binary, payload(peer.id, number, number as usize * 7));
            }
        }
        let mut next = [0; 10];
        until(&mut js, &mut peers, |_, peers| {
            for (peer, next) in peers.iter_mut().zip(&mut next) {
                while let Some(frame) = peer.next() {
                    assert_eq!(frame.payload, payload(peer.id, *next, *next as usize * 7));
                    *next += 1;
                }
            }
            next == [50; 10]
        });
    }
}

#[test]
fn a_turn_of_one_leaves_the_others_in_the_ready_list() {
    let mut js = Js::new(starving(Driver::Loop));
    let mut peers = js.attach_many(5);
    for peer in &mut peers {
        peer.send(Opcode::Text, b"one");
    }
    for left in (0..5).rev() {
        let turned = js.turn();
        assert_eq!((turned.published, turned.more), (true, left > 0), "{left} left");
        assert_eq!(js.is_called(), left > 0);
        js.hub.events.take().inspect(|batch| assert_eq!(batch.events(), 1));
    }
}

#[test]
fn a_paused_connection_keeps_what_it_was_told_and_does_not_spin() {
    for driver in DRIVERS {
        let mut js = Js::new(Options::under(driver));
        let mut peers = js.attach_many(1);
        let id = peers[0].id;
        settle(&mut js, &mut peers, Duration::from_millis(20));
        js.slab.pause(id);
        js.flush(None);
        peers[0].send(Opcode::Text, b"before the end");
        peers[0].end();
        settle(&mut js, &mut peers, Duration::from_millis(30));
        let turns = js.turns();
        settle(&mut js, &mut peers, Duration::from_millis(50));
        assert!(js.turns() - turns < 10, "{driver:?} spins");
        assert_eq!(js.told(id), []);
        js.slab.resume(id);
        until(&mut js, &mut peers, |js, _| js.heard(id, kind::END));
        let told: Vec<_> = js.told(id).into_iter().map(|event| (event.kind, event.data)).collect();
        assert_eq!(told, [(1, b"before the end".to_vec()), (kind::END, Vec::new())]);
    }
}

#[test]
fn a_paused_connection_that_broke_is_found_by_its_next_write() {
    for driver in DRIVERS {
        let mut js = Js::new(Options::under(driver));
        let mut peers = js.attach_many(1);
        let id = peers[0].id;
        js.slab.pause(id);
        settle(&mut js, &mut peers, Duration::from_millis(10));
        drop(peers);
        settle(&mut js, &mut [], Duration::from_millis(10));
        assert_eq!(js.told(id), []);
        js.slab.send(id, Opcode::Text, b"anybody there?");
        until(&mut js, &mut [], |js, _| {
            js.heard(id, kind::CLOSED) || js.heard(id, kind::END)
        });
    }
}

#[test]
fn one_read_a_turn_and_at_most_256_messages_of_it() {
    let mut js = Js::new(Options::under(Driver::Loop));
    let mut peers = js.attach_many(2);
    js.turn();
    let receives = |js: &Js| js.hub.reactor().counters().receives;
    for peer in &mut peers {
        // Empty frames of six bytes, several reads of them.
        peer.write(&super::support::frame(Opcode::Binary, true, b"").repeat(20_000));
    }
    let before = receives(&js);
    js.turn();
    assert_eq!(receives(&js) - before, 2);
    assert_eq!(js.dispatch_all(), Left::Nothing);
    for peer in &peers {
        assert_eq!(js.told(peer.id).len(), 256);
    }
    let mut seen = 512;
    until(&mut js, &mut peers, |js, _| {
        seen += js.log.drain(..).count();
        seen == 40_000
    });
}
