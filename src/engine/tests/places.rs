//! Sockets of which the event loop tells itself.

use super::support::{Js, Options, Peer, frame, payload, settle, until};
use crate::engine::driver::exchange::Driver;
use crate::engine::memory::batch::kind;
use crate::proto::wire::Opcode;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::fd::IntoRawFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// Sends a message on each and waits for all of them to be heard.
fn round(js: &mut Js, peers: &mut [Peer], number: u32) {
    for peer in &mut *peers {
        peer.send(Opcode::Binary, payload(peer.id, number, 100));
    }
    js.log.clear();
    let all = peers.len();
    until(js, peers, |js, _| js.log.len() == all);
    for peer in peers {
        assert_eq!(js.told(peer.id)[0].data, payload(peer.id, number, 100));
    }
}

/// The same, one after the other.
fn one_by_one(js: &mut Js, peers: &mut [Peer], number: u32) {
    for peer in peers {
        round(js, std::slice::from_mut(peer), number);
    }
}

/// Peers that were heard often enough for places.
fn placed(js: &mut Js, count: usize) -> Vec<Peer> {
    let mut peers = js.attach_many(count);
    settle(js, &mut peers, Duration::from_millis(1));
    one_by_one(js, &mut peers, 0);
    assert_eq!(
        js.event_loop.open(),
        0,
        "who says one thing only has no use for a place"
    );
    one_by_one(js, &mut peers, 1);
    peers
}

fn polls(js: &Js) -> u64 {
    js.hub.reactor().counters().polls
}

#[test]
fn who_is_heard_again_is_told_by_the_loop_without_a_look_at_our_set() {
    let mut js = Js::new(Options::under(Driver::Loop));
    let mut peers = placed(&mut js, 1);
    assert_eq!(js.event_loop.open(), 1);
    settle(&mut js, &mut peers, Duration::from_millis(5));
    let before = polls(&js);
    for number in 2..10 {
        round(&mut js, &mut peers, number);
    }
    assert_eq!(polls(&js), before);
    // Newcomers stand in ours, and both tell.
    peers.push(js.attach());
    round(&mut js, &mut peers, 10);
    assert!(polls(&js) > before);
}

#[test]
fn when_many_are_heard_at_once_one_look_finds_them_all() {
    let mut js = Js::new(Options::under(Driver::Loop));
    let mut peers = placed(&mut js, 50);
    settle(&mut js, &mut peers, Duration::from_millis(5));
    for number in 2..10 {
        let (before, receives) = (polls(&js), js.hub.reactor().counters().receives);
        round(&mut js, &mut peers, number);
        assert!(polls(&js) - before <= 2, "{} looks", polls(&js) - before);
        assert_eq!(js.hub.reactor().counters().receives - receives, 50);
    }
}

#[test]
fn a_place_is_closed_when_its_connection_is_gone_or_given_to_the_next() {
    let mut js = Js::new(Options::under(Driver::Loop));
    let mut peers = placed(&mut js, 3);
    for (index, end) in ["by the peer", "by force"].into_iter().enumerate() {
        let peer = &peers[index];
        let id = peer.id;
        match end {
            "by the peer" => peer.end(),
            _ => js.slab.terminate(id),
        }
        until(&mut js, &mut peers, |js, _| {
            if js.heard(id, kind::END) {
                js.log.clear();
                js.slab.terminate(id);
            }
            js.heard(id, kind::CLOSED)
        });
        settle(&mut js, &mut peers, Duration::from_millis(1));
        assert_eq!(js.event_loop.open(), 2 - index, "{end}");
    }
    let made = js.event_loop.made.get();
    let mut last = vec![peers.remove(2)];
    last.extend(js.attach_many(2));
    settle(&mut js, &mut last, Duration::from_millis(1));
    one_by_one(&mut js, &mut last, 2);
    one_by_one(&mut js, &mut last, 3);
    assert_eq!((js.event_loop.open(), js.event_loop.made.get()), (3, made + 2));
}

#[test]
fn who_says_one_thing_and_closes_gets_none() {
    let mut js = Js::new(Options::under(Driver::Loop));
    let mut peers = js.attach_many(3);
    round(&mut js, &mut peers, 0);
    let (left, right) = peers.split_at_mut(1);
    left[0].write(&frame(Opcode::Close, true, &1000_u16.to_be_bytes()));
    right[0].end();
    js.slab.shutdown(right[1].id);
    right[1].send(Opcode::Text, b"heard");
    let ids: Vec<u32> = peers.iter().map(|peer| peer.id).collect();
    until(&mut js, &mut peers, |js, _| {
        js.heard(ids[0], kind::PEER_CLOSE) && js.heard(ids[1], kind::END) && js.heard(ids[2], 1)
    });
    settle(&mut js, &mut peers, Duration::from_millis(5));
    assert_eq!(js.event_loop.made.get(), 0);
}

#[test]
fn more_connections_than_places_and_fewer_descriptors_than_places_lose_nothing() {
    let many = usize::MAX;
    for (limit, most, open) in [
        (many, many, 128),
        (many, 2, 2),
        (many, 0, 0),
        (3, many, 3),
        (0, many, 0),
    ] {
        let mut js = Js::new(Options::under(Driver::Loop));
        js.event_loop.limit.set(limit);
        js.event_loop.most.set(most);
        let mut peers = js.attach_many(200);
        settle(&mut js, &mut peers, Duration::from_millis(1));
        round(&mut js, &mut peers, 0);
        round(&mut js, &mut peers, 1);
        assert_eq!(js.event_loop.made.get(), 0, "many at once are found by one look anyway");
        for number in 2..5 {
            one_by_one(&mut js, &mut peers, number);
        }
        round(&mut js, &mut peers, 5);
        assert_eq!((js.event_loop.open(), js.event_loop.made.get()), (open, open));
    }
}

#[test]
fn what_comes_while_a_connection_is_paused_is_there_when_it_is_resumed() {
    let mut js = Js::new(Options::under(Driver::Loop));
    let mut peers = placed(&mut js, 1);
    let id = peers[0].id;
    js.slab.pause(id);
    settle(&mut js, &mut peers, Duration::from_millis(1));
    peers[0].send(Opcode::Text, b"later");
    js.log.clear();
    let turns = js.turns();
    settle(&mut js, &mut peers, Duration::from_millis(20));
    assert!(js.log.is_empty());
    assert!(js.turns() - turns < 5, "it spins");
    js.slab.resume(id);
    until(&mut js, &mut peers, |js, _| js.heard(id, 1));
}

#[test]
fn a_socket_that_is_closed_is_not_told_of_even_if_a_child_being_forked_still_has_it() {
    let mut js = Js::new(Options::under(Driver::Loop));
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    let childs = ours.try_clone().unwrap();
    let settings = js.settings();
    js.slab.attach(1, ours.into_raw_fd(), settings, b"");
    js.flush(None);
    let mut peers = [Peer::new(1, theirs)];
    round(&mut js, &mut peers, 0);
    round(&mut js, &mut peers, 1);
    js.slab.terminate(1);
    until(&mut js, &mut peers, |js, _| js.heard(1, kind::CLOSED));
    settle(&mut js, &mut peers, Duration::from_millis(1));
    peers[0].send(Opcode::Text, b"who hears this?");
    assert!(!js.is_called());
    assert_eq!(js.event_loop.open(), 0);
    drop(childs);
}

/// A connection over TCP.
fn tcp(js: &mut Js) -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let theirs = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (ours, _) = listener.accept().unwrap();
    ours.set_nonblocking(true).unwrap();
    let settings = js.settings();
    js.slab.attach(1, ours.into_raw_fd(), settings, b"");
    js.flush(None);
    theirs
}

#[test]
fn a_reset_is_told_by_the_loop_although_reading_is_paused() {
    for paused in [false, true] {
        let mut js = Js::new(Options::under(Driver::Loop));
        let theirs = tcp(&mut js);
        for _ in 0..2 {
            (&theirs).write_all(&frame(Opcode::Text, true, b"hi")).unwrap();
            js.log.clear();
            until(&mut js, &mut [], |js, _| js.heard(1, 1));
        }
        assert_eq!(js.event_loop.open(), 1);
        if paused {
            js.slab.pause(1);
            settle(&mut js, &mut [], Duration::from_millis(1));
        }
        rustix::net::sockopt::set_socket_linger(&theirs, Some(Duration::ZERO)).unwrap();
        drop(theirs);
        until(&mut js, &mut [], |js, _| js.heard(1, kind::CLOSED));
        settle(&mut js, &mut [], Duration::from_millis(1));
        assert_eq!(js.event_loop.open(), 0);
    }
}

#[test]
fn with_the_drivers_sockets_change_their_set() {
    let mut js = Js::echo(Options {
        stay: Some(Duration::from_millis(5)),
        ..Options::under(Driver::Loop)
    });
    let mut peers = js.attach_many(10);
    let mut number = 0;
    while js.switches() < 40 || js.event_loop.made.get() < 100 {
        for peer in &mut peers {
            peer.send(Opcode::Binary, payload(peer.id, number, 1000));
            until(&mut js, std::slice::from_mut(peer), |_, peers| {
                peers[0].received() >= 1000
            });
            assert_eq!(peer.next().unwrap().payload, payload(peer.id, number, 1000));
        }
        number += 1;
        assert!(number < 100_000, "{} switches and no places", js.switches());
    }
}
