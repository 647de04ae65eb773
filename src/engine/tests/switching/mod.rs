//! The drivers change as fast as they can, under traffic that checks every byte, while connections come and go.

mod clients;

use super::support::{Event, Js, Options, Slab, payload};
use crate::engine::driver::exchange::Driver;
use crate::engine::memory::batch::kind;
use crate::engine::memory::ledger::SLOTS;
use clients::{Clients, Newcomer, size};
use std::cell::RefCell;
use std::collections::HashMap;
use std::os::fd::IntoRawFd;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// From here on messages go back by reference.
const BY_REFERENCE: usize = 16 << 10;
/// Everything is done by then, unless something was lost.
const PATIENCE: Duration = Duration::from_secs(60);

/// JavaScript's table of connections: hands out ids, knows what each has to say next.
#[derive(Default)]
struct Table {
    open: HashMap<u32, Open>,
    free: Vec<u32>,
    used: u32,
}

struct Open {
    who: u32,
    next: u32,
}

impl Table {
    /// An index no connection has, with a generation none had.
    fn id(&mut self) -> u32 {
        self.free.pop().map_or_else(
            || {
                self.used += 1;
                self.used
            },
            |last| last.wrapping_add(SLOTS as u32),
        )
    }

    fn attach(&mut self, slab: &mut Slab, settings: usize, newcomer: Newcomer) {
        let id = self.id();
        let who = newcomer.who;
        self.open.insert(id, Open { who, next: 0 });
        slab.attach(id, newcomer.stream.into_raw_fd(), settings, b"");
    }

    fn on_event(&mut self, slab: &mut Slab, event: &Event) {
        let id = event.id;
        let connection = self.open.get_mut(&id).expect("an event of a connection that is gone");
        match event.kind {
            1 | 2 => {
                let (who, number) = (connection.who, connection.next);
                connection.next += 1;
                let length = size(who, number);
                assert!(
                    event.data == payload(who, number, length),
                    "{who}: message {number} is not itself"
                );
                match event.message() {
                    _ if length >= BY_REFERENCE => slab.send_reference(id, who, number, length),
                    Some(opcode) => slab.send(id, opcode, &event.data),
                    None => {}
                }
            }
            kind::PEER_CLOSE => slab.close(id, 1000, b""),
            kind::END => slab.terminate(id),
            kind::CLOSED => {
                self.open.remove(&id);
                self.free.push(id);
            }
            kind::ERROR => panic!("{}", String::from_utf8_lossy(&event.data)),
            _ => {}
        }
    }
}

/// Switches every `stay` until it happened `times` times; how many of those had work pending.
fn switch_under_traffic(stay: Duration, times: u64) -> u64 {
    let mut js = Js::new(Options {
        stay: Some(stay),
        ..Options::under(Driver::Loop)
    });
    js.logging = false;
    let table = Rc::new(RefCell::new(Table::default()));
    let handling = Rc::clone(&table);
    js.handler = Box::new(move |slab, event| handling.borrow_mut().on_event(slab, event));
    let clients = Clients::start(2, 25);
    let begun = Instant::now();
    let mut busy = 0;
    while !clients.are_done() {
        assert!(begun.elapsed() < PATIENCE, "stalled: {:?}", js.hub.exchange.driver());
        while let Ok(newcomer) = clients.newcomers.try_recv() {
            let settings = js.settings();
            table.borrow_mut().attach(&mut js.slab, settings, newcomer);
        }
        let before = js.switches();
        js.step(Duration::from_millis(1));
        if clients.in_flight() > 0 {
            busy += js.switches() - before;
        }
        if busy >= times {
            clients.finish();
        }
    }
    let messages = clients.join();
    assert!(messages > times / 10, "{messages} messages");
    while !table.borrow().open.is_empty() || js.slab.held() > 0 {
        assert!(begun.elapsed() < PATIENCE, "not all of them ended");
        js.step(Duration::from_millis(1));
    }
    assert_eq!(js.hub.reactor().live(), 0);
    busy
}

#[test]
fn ten_thousand_switches_lose_double_and_reorder_nothing() {
    let rounds = [(1000, 200), (100, 1800), (10, 4000), (1, 4000)];
    let busy: u64 = rounds
        .into_iter()
        .map(|(stay, times)| switch_under_traffic(Duration::from_micros(stay), times))
        .sum();
    assert!(busy >= 10_000);
}
