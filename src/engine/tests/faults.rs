//! What does a fault of ours cost? The connection it happens on, and nothing else.

use super::support::{DRIVERS, Js, Options, payload, until};
use crate::engine::memory::batch::kind;
use crate::proto::wire::Opcode;

#[test]
fn a_panic_costs_its_connection_and_not_the_neighbours() {
    for driver in DRIVERS {
        let mut js = Js::echo(Options::under(driver));
        let mut peers = js.attach_many(3);
        let unlucky = peers[0].id;
        js.hub.reactor().fault_at(2);
        for number in 0..3 {
            peers[0].send(Opcode::Binary, payload(unlucky, number, 100));
        }
        until(&mut js, &mut peers, |js, peers| {
            js.heard(unlucky, kind::CLOSED) && peers[0].ended
        });
        assert_eq!(js.hub.reactor().live(), 2, "{driver:?}");
        for (number, size) in (0..).zip([5, 100_000, 64]) {
            for peer in &mut peers[1..] {
                peer.send(Opcode::Binary, payload(peer.id, number, size));
            }
            let mut left = 2;
            until(&mut js, &mut peers, |_, peers| {
                for peer in &mut peers[1..] {
                    if let Some(frame) = peer.next() {
                        assert!(frame.payload == payload(peer.id, number, size), "{driver:?}");
                        left -= 1;
                    }
                }
                left == 0
            });
        }
    }
}
