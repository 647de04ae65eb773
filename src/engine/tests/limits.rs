//! What grows no further: batches JavaScript does not take, settings, memory of what is over.

use super::support::{DRIVERS, Js, Options, Peer, frame, payload, settings, settle, until};
use crate::engine::driver::exchange::Driver;
use crate::engine::memory::batch::kind;
use crate::engine::reactor::Budget;
use crate::engine::settings::Settings;
use crate::proto::session::Config;
use crate::proto::wire::Opcode;
use std::time::{Duration, Instant};

/// A message of many reads.
const LARGE: usize = 900_000;

#[test]
fn when_all_batches_are_out_reading_stops_and_nothing_spins() {
    for driver in DRIVERS {
        let mut js = Js::new(Options {
            settings: Settings {
                receive_credit: 1 << 30,
                ..settings()
            },
            ..Options::under(driver)
        });
        let mut peers = js.attach_many(4);
        let count = 3500;
        for peer in &mut peers {
            for number in 0..count {
                peer.send(Opcode::Binary, payload(peer.id, number, 2000));
            }
        }
        let begun = Instant::now();
        let mut last = (0, Instant::now());
        // Until nothing moves any more, JavaScript dispatches nothing; the loop, when it drives, is called as always.
        while last.1.elapsed() < Duration::from_millis(100) {
            assert!(begun.elapsed() < Duration::from_secs(10), "{driver:?} spins");
            for peer in &mut peers {
                peer.pump();
            }
            if driver == Driver::Loop && js.is_called() {
                js.turn();
            }
            let unsent = peers.iter().map(Peer::unsent).sum::<usize>();
            if unsent != last.0 {
                last = (unsent, Instant::now());
            }
        }
        let (made, waiting) = js.hub.events.depth();
        assert!(made <= 48 && waiting <= 48, "{made} batches");
        assert!(last.0 > 1 << 20, "it read all of it: {}", last.0);
        let turns = js.turns();
        #[expect(clippy::disallowed_methods, reason = "it is about what does not happen meanwhile")]
        std::thread::sleep(Duration::from_millis(50));
        assert!(js.turns() - turns < 10 && !js.is_called(), "{driver:?} spins");
        // The peers can be answered in the meantime.
        js.slab.send(1, Opcode::Text, b"patience");
        js.flush(None);
        until(&mut js, &mut peers, |js, _| js.log.len() == 4 * count as usize);
        assert_eq!(peers[0].next().unwrap().payload, b"patience");
        for id in 1..5 {
            for (number, event) in (0..).zip(js.told(id)) {
                assert!(event.data == payload(id, number, 2000));
            }
        }
        assert!(js.hub.events.depth().0 <= 48);
    }
}

#[test]
fn a_small_budget_fills_the_same_batch_and_not_many() {
    let mut js = Js::new(Options {
        budget: Budget { events: 1, bytes: 1 },
        ..Options::under(Driver::Loop)
    });
    let mut peers = js.attach_many(20);
    for peer in &mut peers {
        peer.send(Opcode::Text, b"hello");
    }
    while js.turn().more {}
    assert_eq!(js.hub.events.depth(), (1, 1));
}

#[test]
fn equal_settings_are_kept_once() {
    let js = Js::new(Options::under(Driver::Loop));
    let reactor = js.hub.reactor();
    let first = js.settings();
    assert_eq!(reactor.settings().register(settings()), first);
    let others = [
        Settings {
            close_timeout: Duration::from_secs(1),
            ..settings()
        },
        Settings {
            receive_credit: 1,
            ..settings()
        },
        Settings {
            max_pending_pongs: 1,
            ..settings()
        },
        Settings {
            tells_at_once: false,
            ..settings()
        },
        with(|config| config.max_payload = 1),
        with(|config| config.max_fragments = 1),
        with(|config| config.max_buffered_chunks = 1),
        with(|config| config.auto_pong = false),
        with(|config| config.skip_utf8_validation = true),
        with(|config| config.role = crate::proto::session::Role::Client),
    ];
    for (at, other) in (1..).zip(&others) {
        assert_eq!(reactor.settings().register(other.clone()), first + at);
    }
    for (at, other) in (1..).zip(others) {
        assert_eq!(reactor.settings().register(other), first + at);
    }
}

/// Pings, each with a byte of payload.
fn pings(count: usize) -> Vec<u8> {
    frame(Opcode::Ping, true, b"?").repeat(count)
}

/// Two pongs may wait.
fn limited(driver: Driver, tells_at_once: bool) -> Js {
    Js::new(Options {
        settings: Settings {
            max_pending_pongs: 2,
            tells_at_once,
            ..settings()
        },
        ..Options::under(driver)
    })
}

#[test]
fn pings_of_one_read_count_where_they_are_told_at_once() {
    for driver in DRIVERS {
        for tells_at_once in [true, false] {
            let mut js = limited(driver, tells_at_once);
            let mut peers = js.attach_many(1);
            let id = peers[0].id;
            for _ in 0..5 {
                peers[0].write(&pings(2));
                until(&mut js, &mut peers, |_, peers| peers[0].received() == 6);
                peers[0].take_bytes(6);
            }
            peers[0].write(&[&pings(3)[..], &frame(Opcode::Text, true, b"after")].concat());
            let last = if tells_at_once {
                kind::ERROR
            } else {
                Opcode::Text as u32
            };
            until(&mut js, &mut peers, |js, _| js.heard(id, last));
            let told = js.told(id);
            let pings = told.iter().filter(|event| event.kind == Opcode::Ping as u32).count();
            assert_eq!(pings, if tells_at_once { 12 } else { 13 });
            if tells_at_once {
                assert_eq!(told.last().unwrap().data, b"\0\0\0Too many pings");
            }
        }
    }
}

#[test]
fn pings_of_a_read_that_is_larger_than_others_make_do_not_count() {
    for driver in DRIVERS {
        let mut js = limited(driver, true);
        let mut peers = js.attach_many(1);
        let id = peers[0].id;
        let text = frame(Opcode::Text, true, &[b'x'; 1000]);
        let mixed = [&pings(1)[..], &text.repeat(33), &pings(1), &text.repeat(33), &pings(1)].concat();
        peers[0].write(&mixed);
        until(&mut js, &mut peers, |js, _| js.log.len() == 69);
        assert!(!js.heard(id, kind::ERROR));
    }
}

#[test]
fn pongs_that_are_stuck_count_however_they_are_told() {
    for driver in DRIVERS {
        let mut js = limited(driver, false);
        let mut peers = js.attach_many(1);
        let id = peers[0].id;
        peers[0].lazy = true;
        for number in 0..4 {
            js.slab.send_reference(id, id, number, 1 << 20);
        }
        for count in 1..=2 {
            peers[0].write(&pings(1));
            until(&mut js, &mut peers, |js, _| {
                js.log.iter().filter(|event| event.kind == Opcode::Ping as u32).count() == count
            });
        }
        // They are out, and wait no more.
        peers[0].lazy = false;
        until(&mut js, &mut peers, |_, peers| peers[0].received() >= 4 << 20);
        settle(&mut js, &mut peers, Duration::from_millis(10));
        peers[0].write(&pings(1));
        until(&mut js, &mut peers, |js, _| {
            js.log.iter().filter(|event| event.kind == Opcode::Ping as u32).count() == 3
        });
        peers[0].lazy = true;
        for number in 0..4 {
            js.slab.send_reference(id, id, number, 1 << 20);
        }
        js.flush(None);
        settle(&mut js, &mut peers, Duration::from_millis(10));
        for _ in 0..3 {
            peers[0].write(&pings(1));
            settle(&mut js, &mut peers, Duration::from_millis(10));
        }
        until(&mut js, &mut peers, |js, _| js.heard(id, kind::ERROR));
    }
}

/// A peer sends the first read's worth of a large message, and there is a warm buffer for it.
fn announce(js: &mut Js, peers: &mut [Peer], at: usize) -> usize {
    js.hub.warm().give(Vec::with_capacity(LARGE));
    let taken = js.hub.reactor().counters().bytes_in + (64 << 10);
    let bytes = frame(Opcode::Binary, true, payload(1, 1, LARGE));
    peers[at].write(&bytes[..64 << 10]);
    until(js, peers, |js, _| js.hub.reactor().counters().bytes_in == taken);
    js.hub.reactor().advanced()
}

#[test]
fn what_is_only_announced_has_a_limit_for_all_together() {
    let mut js = Js::new(Options::under(Driver::Loop));
    let mut peers = js.attach_many(60);
    let mut held: Vec<usize> = (0..60).map(|at| announce(&mut js, &mut peers, at)).collect();
    let (one, most) = (held[0], 32 << 20);
    assert!(one > LARGE / 2, "{one}");
    assert_eq!(held.pop(), Some(most / one * one));
    // One is done, another one gone: there is room for two again.
    let bytes = frame(Opcode::Binary, true, payload(1, 1, LARGE));
    peers[0].write(&bytes[64 << 10..]);
    until(&mut js, &mut peers, |js, _| !js.log.is_empty());
    assert!(js.log[0].data == payload(1, 1, LARGE));
    js.slab.terminate(peers[1].id);
    until(&mut js, &mut peers, |js, _| js.log.len() == 2);
    assert_eq!(js.hub.reactor().advanced(), (most / one - 2) * one);
    assert_eq!(announce(&mut js, &mut peers, 0), (most / one - 1) * one);
}

#[test]
fn memory_of_large_messages_goes_when_no_more_come() {
    for driver in DRIVERS {
        let mut js = Js::new(Options::under(driver));
        let mut peers = js.attach_many(1);
        peers[0].send(Opcode::Binary, payload(1, 1, LARGE));
        until(&mut js, &mut peers, |js, _| js.log.len() == 1);
        // JavaScript has collected the message.
        js.hub.warm().give(Vec::with_capacity(LARGE));
        assert!(js.hub.warm().held() >= LARGE);
        until(&mut js, &mut peers, |js, _| js.hub.warm().held() == 0);
    }
}

fn with(change: impl FnOnce(&mut Config)) -> Settings {
    let mut settings = settings();
    change(&mut settings.session);
    settings
}
