//! Who is who, and what may stand in one scope: indexes are used again, ids are not.

use super::support::{DRIVERS, Js, Options, settle, until};
use crate::engine::driver::exchange::Driver;
use crate::engine::memory::batch::kind;
use crate::engine::memory::ledger::SLOTS;
use crate::engine::reactor::Budget;
use crate::proto::wire::Opcode;
use std::collections::HashSet;
use std::time::Duration;

#[test]
fn what_was_meant_for_the_old_connection_does_not_reach_the_new_one() {
    for driver in DRIVERS {
        let mut js = Js::echo(Options::under(driver));
        let (old, new) = (5, 5 + SLOTS as u32);
        let first = js.attach_as(old);
        settle(&mut js, &mut [], Duration::from_millis(5));
        drop(first);
        until(&mut js, &mut [], |js, _| js.heard(old, kind::END));
        js.slab.terminate(old);
        until(&mut js, &mut [], |js, _| js.heard(old, kind::CLOSED));
        js.slab.send(old, Opcode::Text, b"stray");
        let mut second = [js.attach_as(new)];
        js.slab.send(old, Opcode::Text, b"stray");
        js.slab.close(old, 1000, b"");
        js.slab.pause(old);
        js.slab.shutdown(old);
        js.slab.terminate(old);
        second[0].send(Opcode::Text, b"mine");
        until(&mut js, &mut second, |_, peers| peers[0].received() > 0);
        assert_eq!(second[0].next().unwrap().payload, b"mine");
        assert_eq!(js.written(new), 6);
        settle(&mut js, &mut second, Duration::from_millis(5));
        assert_eq!((second[0].received(), second[0].ended), (0, false));
        assert!(js.told(new).iter().all(|event| event.kind == 1));
    }
}

#[test]
fn an_index_that_is_in_use_is_not_given_away() {
    for driver in DRIVERS {
        let mut js = Js::echo(Options::under(driver));
        let (first, second) = (5, 5 + SLOTS as u32);
        let mut peers = [js.attach_as(first), js.attach_as(second)];
        until(&mut js, &mut peers, |_, peers| peers[1].ended);
        peers[0].send(Opcode::Text, b"mine");
        until(&mut js, &mut peers, |_, peers| peers[0].received() > 0);
        assert_eq!(peers[0].next().unwrap().payload, b"mine");
        assert_eq!(js.hub.reactor().live(), 1, "{driver:?}");
        assert!(js.told(second).is_empty());
    }
}

#[test]
fn a_batch_that_comes_back_late_gives_no_credit_to_a_newer_connection() {
    let mut js = Js::new(Options::under(Driver::Loop));
    let mut first = js.attach_as(3);
    first.send(Opcode::Binary, &[0; 1000]);
    js.turn();
    js.slab.terminate(3);
    js.turn();
    let mut second = js.attach_as(3 + SLOTS as u32);
    second.send(Opcode::Binary, &[0; 1000]);
    js.turn();
    js.dispatch_all();
    assert_eq!((js.told(3).len(), js.told(second.id).len()), (2, 1));
    assert_eq!(js.hub.reactor().starved(), 0);
}

#[test]
fn turns_of_different_connections_share_a_scope_and_those_of_one_do_not() {
    let mut js = Js::new(Options::under(Driver::Loop));
    let mut peers = js.attach_many(3);
    let mut say = |js: &mut Js, who: usize, what: &[u8]| {
        peers[who].send(Opcode::Text, what);
        js.turn();
    };
    say(&mut js, 0, b"a1");
    say(&mut js, 1, b"b1");
    say(&mut js, 0, b"a2");
    say(&mut js, 2, b"c1");
    say(&mut js, 1, b"b2");
    say(&mut js, 2, b"c2");
    js.dispatch_all();
    let scopes: Vec<_> = js.log.iter().map(|event| (&event.data[..], event.scope)).collect();
    assert_eq!(
        scopes,
        [
            (&b"a1"[..], 0),
            (b"b1", 0),
            (b"a2", 1),
            (b"c1", 1),
            (b"b2", 1),
            (b"c2", 2)
        ]
    );
}

#[test]
fn no_connection_is_read_twice_in_one_scope() {
    for driver in DRIVERS {
        let budget = Budget { events: 7, bytes: 900 };
        let mut js = Js::echo(Options {
            budget,
            ..Options::under(driver)
        });
        let mut peers = js.attach_many(6);
        for round in 0..60_u8 {
            for peer in &mut peers {
                let count = 1 + (u32::from(round) * peer.id) % 5;
                for _ in 0..count {
                    peer.send(Opcode::Binary, &[round; 90]);
                }
            }
            js.step(Duration::ZERO);
        }
        let sent: u32 = (0..60)
            .flat_map(|round| (1..7).map(move |id| 1 + (round * id) % 5))
            .sum();
        let received = |js: &Js| js.log.iter().filter(|event| event.message().is_some()).count();
        until(&mut js, &mut peers, |js, _| received(js) == sent as usize);
        let mut reads = HashSet::new();
        let mut left = 0;
        for event in js.log.iter().filter(|event| event.message().is_some()) {
            if left == 0 {
                left = event.run;
                assert!(
                    reads.insert((event.scope, event.id)),
                    "{driver:?}: read twice in one scope"
                );
            }
            left -= 1;
        }
        assert_eq!(left, 0);
    }
}
