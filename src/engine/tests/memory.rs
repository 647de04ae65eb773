//! What is said about memory: what connections hold counts, wherever it is, and is gone with them.

use super::support::{DRIVERS, Js, Options, Peer, frame, payload, settings, until};
use crate::engine::driver::exchange::Driver;
use crate::engine::memory::batch::kind;
use crate::engine::settings::Settings;
use crate::proto::wire::Opcode;
use std::sync::Arc;

/// Bytes held, whoever has the reactor.
fn held(js: &Js) -> usize {
    let reactor = js.hub.reactor();
    js.hub.held(&reactor)
}

/// Drops the only connection.
fn end(js: &mut Js, peers: &mut [Peer]) {
    let id = peers[0].id;
    js.slab.terminate(id);
    until(js, peers, |js, _| js.heard(id, kind::CLOSED));
}

#[test]
fn a_message_under_way_counts_with_the_memory_it_has() {
    for driver in DRIVERS {
        let mut js = Js::new(Options::under(driver));
        let mut peers = js.attach_many(1);
        until(&mut js, &mut peers, |js, _| held(js) == 0);
        let bytes = frame(Opcode::Binary, true, payload(1, 1, 2 << 20));
        let half = 1 << 20;
        peers[0].write(&bytes[..half]);
        until(&mut js, &mut peers, |js, _| {
            js.hub.reactor().counters().bytes_in == half as u64
        });
        let now = held(&js);
        assert!(now >= half - 14 && now <= 2 * half + (8 << 10), "{driver:?}: {now}");
        end(&mut js, &mut peers);
        assert_eq!(held(&js), 0, "{driver:?}");
    }
}

#[test]
fn fragments_count_while_the_last_one_is_awaited() {
    let mut js = Js::new(Options::under(Driver::Loop));
    let mut peers = js.attach_many(1);
    for (number, opcode) in (0..).zip([Opcode::Text, Opcode::Continuation, Opcode::Continuation]) {
        peers[0].write(&frame(opcode, false, &[b'x'; 10_000]));
        until(&mut js, &mut peers, |js, _| {
            js.hub.reactor().counters().bytes_in == (number + 1) * 10_008
        });
        let now = held(&js) as u64;
        assert!(
            now >= (number + 1) * 10_000 && now < (number + 1) * 20_000 + 9000,
            "{now}"
        );
    }
    peers[0].write(&frame(Opcode::Continuation, true, b""));
    until(&mut js, &mut peers, |js, _| !js.log.is_empty());
    assert!(held(&js) <= 1 << 20, "what is kept for the next message");
}

#[test]
fn events_that_wait_for_javascript_count_and_so_do_their_large_messages() {
    let mut js = Js::new(Options {
        settings: Settings {
            receive_credit: 1 << 30,
            ..settings()
        },
        ..Options::under(Driver::Loop)
    });
    let mut peers = js.attach_many(1);
    let (small, large) = (1000, 500_000);
    for number in 0..10 {
        peers[0].send(Opcode::Binary, payload(1, number, small));
    }
    peers[0].send(Opcode::Binary, payload(1, 10, large));
    while js.hub.reactor().counters().messages_in < 11 {
        peers[0].pump();
        js.turn();
    }
    let waits = 10 * small + large;
    let now = held(&js);
    assert!(now >= waits && now <= waits + large / 4 + (4 << 10), "{now}");
    js.dispatch_all();
    assert_eq!(js.log.len(), 11);
    end(&mut js, &mut peers);
    assert_eq!(held(&js), 0);
}

#[test]
fn output_counts_until_the_kernel_has_it_and_mail_until_it_is_applied() {
    for driver in DRIVERS {
        let mut js = Js::new(Options::under(driver));
        let mut peers = js.attach_many(1);
        let id = peers[0].id;
        peers[0].lazy = true;
        let hub = Arc::clone(&js.hub);
        let taken = hub.reactor();
        js.slab.send(id, Opcode::Binary, &[7; 12_000]);
        js.slab.send_reference(id, id, 1, 2 << 20);
        js.flush(None);
        let posted = hub.held(&taken);
        assert!(posted >= (2 << 20) + 12_000, "{driver:?}: {posted}");
        drop(taken);
        until(&mut js, &mut peers, |js, _| {
            js.hub.reactor().counters().bytes_out > 12_000
        });
        let stuck = held(&js);
        assert!((2 << 20..posted + (16 << 10)).contains(&stuck), "{driver:?}: {stuck}");
        peers[0].lazy = false;
        until(&mut js, &mut peers, |js, _| js.heard(id, kind::DRAIN));
        assert!(held(&js) < 64 << 10, "{driver:?}: {}", held(&js));
        end(&mut js, &mut peers);
        assert!(held(&js) < 64 << 10, "{driver:?}: {}", held(&js));
    }
}
