//! Whole messages, in order, under each driver.

use super::support::{DRIVERS, Js, Options, payload, until};
use crate::proto::wire::Opcode;

/// Around every border: of frames, of what goes by copy, of a read, of an assembly.
const SIZES: [usize; 14] = [
    0,
    1,
    64,
    125,
    126,
    4095,
    4096,
    16383,
    16384,
    65530,
    65536,
    70_000,
    300_000,
    1 << 20,
];

#[test]
fn what_is_sent_comes_back_under_each_driver() {
    for driver in DRIVERS {
        let mut js = Js::echo(Options::under(driver));
        let mut peers = js.attach_many(8);
        for peer in &mut peers {
            for (number, size) in SIZES.into_iter().enumerate() {
                peer.send(Opcode::Binary, payload(peer.id, number as u32, size));
            }
        }
        let mut next = [0_usize; 8];
        until(&mut js, &mut peers, |_, peers| {
            for (peer, next) in peers.iter_mut().zip(&mut next) {
                while let Some(frame) = peer.next() {
                    let size = SIZES[*next];
                    assert!(frame.payload == payload(peer.id, *next as u32, size), "{size} bytes");
                    *next += 1;
                }
            }
            next.iter().all(|next| *next == SIZES.len())
        });
    }
}

#[test]
fn a_walk_that_yields_goes_on_where_it_was() {
    for driver in DRIVERS {
        let walk = 3;
        let mut js = Js::echo(Options {
            walk,
            ..Options::under(driver)
        });
        let mut peers = js.attach_many(3);
        for peer in &mut peers {
            for number in 0..100 {
                peer.send(Opcode::Binary, payload(peer.id, number, 40));
            }
        }
        let mut next = [0; 3];
        until(&mut js, &mut peers, |_, peers| {
            for (peer, next) in peers.iter_mut().zip(&mut next) {
                while let Some(frame) = peer.next() {
                    assert_eq!(frame.payload, payload(peer.id, *next, 40));
                    *next += 1;
                }
            }
            next == [100; 3]
        });
    }
}
