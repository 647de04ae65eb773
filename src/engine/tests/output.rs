//! What JavaScript sends: in order, whole, and accounted for when it is out.

use super::support::{DRIVERS, Frame, Js, Options, Peer, payload, settle, until};
use crate::engine::driver::exchange::Driver;
use crate::engine::memory::batch::kind;
use crate::engine::memory::command::operation::{FIN, MASK, NOTIFY};
use crate::proto::wire::Opcode;
use std::time::Duration;

fn frames(js: &mut Js, peers: &mut [Peer], count: usize) -> Vec<Frame> {
    let mut frames = Vec::new();
    until(js, peers, |_, peers| {
        frames.extend(std::iter::from_fn(|| peers[0].next()));
        frames.len() >= count
    });
    assert_eq!(frames.len(), count);
    frames
}

#[test]
fn copies_and_references_keep_their_order_over_a_slow_peer() {
    let sizes = [10, 1 << 20, 0, 200_000, 3, 70_000, 20_000, 1 << 20, 1];
    for driver in DRIVERS {
        let mut js = Js::new(Options::under(driver));
        let mut peers = js.attach_many(1);
        let id = peers[0].id;
        peers[0].lazy = true;
        for (number, size) in (0..).zip(sizes) {
            if size >= 20_000 {
                js.slab.send_reference(id, id, number, size);
            } else {
                js.slab.send(id, Opcode::Binary, payload(id, number, size));
            }
            if number % 3 == 2 {
                js.flush(None);
            }
        }
        settle(&mut js, &mut peers, Duration::from_millis(20));
        assert!(js.slab.held() > 0);
        assert!(js.written(id) < 2 << 20);
        peers[0].lazy = false;
        for (number, frame) in (0..).zip(frames(&mut js, &mut peers, sizes.len())) {
            assert!(
                frame.payload == payload(id, number, sizes[number as usize]),
                "{driver:?} {number}"
            );
        }
        until(&mut js, &mut peers, |js, _| {
            js.slab.held() == 0 && js.heard(id, kind::DRAIN)
        });
        assert!(js.heard(id, kind::WRITTEN));
        let framed: usize = sizes.iter().map(|size| size + header_length(*size)).sum();
        assert_eq!(js.written(id), framed as u64);
        assert_eq!(js.hub.reactor().held(), 0);
    }
}

#[test]
fn what_became_of_a_message_is_told_in_a_scope_before_the_answer() {
    let mut js = Js::new(Options::under(Driver::ToThread));
    js.hub.start_thread();
    let mut peers: Vec<Peer> = (0..3).map(|_| js.attach()).collect();
    js.hub.thread_turn();
    for peer in &mut peers {
        js.slab.frame(peer.id, Opcode::Text as u32 | FIN | NOTIFY, b"question");
        // Nobody waits for the question: by the time it is written the answer is there.
        peer.send(Opcode::Text, b"answer");
    }
    js.flush(None);
    js.hub.thread_turn();
    js.dispatch_all();
    for peer in &peers {
        let told = js.told(peer.id);
        let kinds: Vec<u32> = told.iter().map(|event| event.kind).collect();
        assert_eq!(kinds, [kind::WRITTEN, 1]);
        assert!(told[0].scope < told[1].scope, "ticks run in between");
    }
}

fn header_length(size: usize) -> usize {
    match size {
        0..126 => 2,
        126..65536 => 4,
        _ => 10,
    }
}

#[test]
fn what_went_out_at_once_is_told_but_drains_nothing() {
    for driver in DRIVERS {
        let mut js = Js::new(Options::under(driver));
        let mut peers = js.attach_many(1);
        let id = peers[0].id;
        js.slab.frame(id, Opcode::Text as u32 | FIN | NOTIFY, b"well?");
        until(&mut js, &mut peers, |js, _| js.heard(id, kind::WRITTEN));
        assert_eq!(frames(&mut js, &mut peers, 1)[0].payload, b"well?");
        js.slab.send(id, Opcode::Text, b"never mind");
        settle(&mut js, &mut peers, Duration::from_millis(20));
        assert_eq!(js.told(id).len(), 1);
        assert_eq!(js.written(id), 7 + 12);
    }
}

#[test]
fn many_pieces_are_gathered() {
    let mut js = Js::new(Options::under(Driver::Loop));
    let mut peers = js.attach_many(1);
    let id = peers[0].id;
    for number in 0..100 {
        js.slab.send_reference(id, id, number, 50);
        js.slab.send(id, Opcode::Text, b"between");
    }
    js.flush(None);
    assert!(js.hub.reactor().counters().sends <= 20);
    for (number, pair) in (0..).zip(frames(&mut js, &mut peers, 200).chunks(2)) {
        assert_eq!(pair[0].payload, payload(id, number, 50));
        assert_eq!(pair[1].payload, b"between");
    }
}

#[test]
fn fragments_are_named_as_the_protocol_asks() {
    let mut js = Js::new(Options::under(Driver::Loop));
    let mut peers = js.attach_many(1);
    let id = peers[0].id;
    js.slab.frame(id, Opcode::Text as u32, b"a");
    js.slab.send(id, Opcode::Ping, b"p");
    js.slab.frame(id, Opcode::Text as u32, b"b");
    js.slab.frame(id, Opcode::Text as u32 | FIN, b"c");
    let sent: Vec<_> = frames(&mut js, &mut peers, 4)
        .into_iter()
        .map(|frame| (frame.opcode, frame.fin))
        .collect();
    assert_eq!(
        sent,
        [
            (Opcode::Text, false),
            (Opcode::Ping, true),
            (Opcode::Continuation, false),
            (Opcode::Continuation, true)
        ]
    );
}

#[test]
fn frames_that_are_encoded_already_go_out_as_they_are_and_in_order() {
    for driver in DRIVERS {
        let mut js = Js::new(Options::under(driver));
        let mut peers = js.attach_many(1);
        let id = peers[0].id;
        js.slab.send(id, Opcode::Text, b"1");
        js.slab.raw(id, b"\x82\x022", Some(b"!"));
        js.slab.send(id, Opcode::Text, b"3");
        js.slab.raw(id, b"\x81\x014", None);
        let sent: Vec<_> = frames(&mut js, &mut peers, 4)
            .into_iter()
            .map(|frame| frame.payload)
            .collect();
        assert_eq!(sent, [&b"1"[..], b"2!", b"3", b"4"]);
        until(&mut js, &mut peers, |js, _| {
            js.heard(id, kind::WRITTEN) && js.slab.held() == 0
        });
        assert_eq!(js.written(id), 3 + 4 + 3 + 3);
        js.slab.close(id, 1000, b"");
        js.slab.raw(id, b"\x81\x01", Some(b"5"));
        assert_eq!(frames(&mut js, &mut peers, 1)[0].opcode, Opcode::Close);
        settle(&mut js, &mut peers, Duration::from_millis(10));
        assert!(peers[0].next().is_none());
        assert_eq!(js.slab.held(), 0);
    }
}

#[test]
fn references_come_back_when_the_connection_goes() {
    for driver in DRIVERS {
        let mut js = Js::new(Options::under(driver));
        let mut peers = js.attach_many(2);
        let id = peers[0].id;
        peers[0].lazy = true;
        for number in 0..20 {
            js.slab.send_reference(id, id, number, 1 << 20);
        }
        settle(&mut js, &mut peers, Duration::from_millis(20));
        assert!(js.slab.held() >= 18);
        js.slab.terminate(id);
        js.slab.send_reference(id, id, 20, 1000);
        until(&mut js, &mut peers, |js, _| {
            js.heard(id, kind::CLOSED) && js.slab.held() == 0
        });
        js.slab.send_reference(id, id, 21, 1000);
        js.slab.send_reference(77, id, 21, 1000);
        until(&mut js, &mut peers, |js, _| js.slab.held() == 0);
    }
}

#[test]
fn a_masked_reference_is_copied_and_comes_back() {
    let mut js = Js::new(Options::under(Driver::Loop));
    let peers = js.attach_many(1);
    js.slab.send_masked_reference(peers[0].id, payload(0, 0, 100));
    js.flush(None);
    assert_eq!(js.slab.held(), 0);
    js.turn();
    assert_eq!(js.written(peers[0].id), 106);
}

#[test]
fn a_chosen_key_masks_the_next_frame_of_its_connection_only() {
    let mut js = Js::new(Options::under(Driver::Loop));
    let mut peers = js.attach_many(2);
    let (one, other) = (peers[0].id, peers[1].id);
    js.slab.key(one, [1, 2, 3, 4]);
    js.slab.frame(other, Opcode::Text as u32 | FIN | MASK, b"");
    js.slab.frame(one, Opcode::Text as u32 | FIN | MASK, b"");
    js.slab.key(one, [1, 2, 3, 4]);
    js.flush(None);
    // Also when it crosses in the next slab.
    js.slab.frame(one, Opcode::Text as u32 | FIN | MASK, &[1, 2, 3, 4]);
    js.slab.frame(one, Opcode::Text as u32 | FIN | MASK, b"");
    until(&mut js, &mut peers, |_, peers| {
        peers[0].received() == 6 + 10 + 6 && peers[1].received() == 6
    });
    // The chance that a random key is this one is that of guessing it.
    assert_ne!(peers[1].take_bytes(6)[2..], [1, 2, 3, 4]);
    assert_ne!(peers[0].take_bytes(6)[2..], [1, 2, 3, 4]);
    assert_eq!(peers[0].take_bytes(10)[2..], [1, 2, 3, 4, 0, 0, 0, 0]);
    assert_ne!(peers[0].take_bytes(6)[2..], [1, 2, 3, 4]);
}

#[test]
fn the_response_goes_first_and_input_that_came_before_is_read() {
    for driver in DRIVERS {
        let mut js = Js::echo(Options::under(driver));
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let leftover = super::support::frame(Opcode::Text, true, b"early").leak();
        let settings = js.settings();
        let descriptor = std::os::fd::IntoRawFd::into_raw_fd(ours);
        js.slab.attach_with(9, descriptor, settings, leftover);
        let mut peers = [Peer::new(9, theirs)];
        assert_eq!(frames(&mut js, &mut peers, 1)[0].payload, b"early");
        until(&mut js, &mut peers, |js, _| js.slab.held() == 0);
    }
    let mut js = Js::new(Options::under(Driver::Loop));
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    let settings = js.settings();
    let descriptor = std::os::fd::IntoRawFd::into_raw_fd(ours);
    js.slab.attach(9, descriptor, settings, b"HTTP/1.1 101\r\n\r\n");
    js.slab.send(9, Opcode::Text, b"after");
    let mut peer = [Peer::new(9, theirs)];
    until(&mut js, &mut peer, |_, peer| peer[0].received() == 16 + 7);
    assert_eq!(peer[0].take_bytes(16), b"HTTP/1.1 101\r\n\r\n");
}
