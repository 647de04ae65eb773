//! How connections end: by handshake, in time, by force, and in which order JavaScript hears of it.

use super::support::{DRIVERS, Js, Options, Peer, frame, payload, settings, settle, until};
use crate::engine::driver::exchange::Driver;
use crate::engine::memory::batch::kind;
use crate::engine::settings::Settings;
use crate::engine::transport::Errno;
use crate::proto::wire::Opcode;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::IntoRawFd;
use std::time::{Duration, Instant};

fn kinds(js: &mut Js, id: u32) -> Vec<u32> {
    js.told(id).into_iter().map(|event| event.kind).collect()
}

fn closing_in(driver: Driver, milliseconds: u64) -> Options {
    Options {
        settings: Settings {
            close_timeout: Duration::from_millis(milliseconds),
            ..settings()
        },
        ..Options::under(driver)
    }
}

#[test]
fn the_peer_closes() {
    for driver in DRIVERS {
        let mut js = Js::new(Options::under(driver));
        let mut peers = js.attach_many(1);
        let id = peers[0].id;
        peers[0].send(Opcode::Text, b"last words");
        peers[0].send(Opcode::Close, &[3, 232, b'b', b'y', b'e']);
        peers[0].send(Opcode::Text, b"not heard");
        until(&mut js, &mut peers, |js, _| js.heard(id, kind::PEER_CLOSE));
        let told = js.told(id);
        assert_eq!(told[0].data, b"last words");
        assert_eq!(told[1].data, [232, 3, b'b', b'y', b'e']);
        js.slab.send(id, Opcode::Text, b"and mine");
        js.slab.close(id, 1000, b"bye");
        js.slab.send(id, Opcode::Text, b"not sent");
        until(&mut js, &mut peers, |_, peers| peers[0].ended);
        assert_eq!(peers[0].next().unwrap().payload, b"and mine");
        let closing = peers[0].next().unwrap();
        assert_eq!(
            (closing.opcode, &closing.payload[..]),
            (Opcode::Close, &b"\x03\xe8bye"[..])
        );
        assert_eq!(peers[0].next(), None);
        assert_eq!(js.hub.reactor().live(), 1, "not before the peer's end");
        peers[0].end();
        until(&mut js, &mut peers, |js, _| js.heard(id, kind::CLOSED));
        assert_eq!(kinds(&mut js, id), [kind::CLOSED]);
        assert_eq!(js.hub.reactor().live(), 0);
        assert_eq!(js.hub.reactor().next_deadline(), None);
    }
}

#[test]
fn we_close_and_the_peer_answers() {
    for driver in DRIVERS {
        let mut js = Js::new(Options::under(driver));
        let mut peers = js.attach_many(1);
        let id = peers[0].id;
        js.slab.close(id, 0, b"");
        until(&mut js, &mut peers, |_, peers| peers[0].received() > 0);
        assert_eq!(peers[0].next().unwrap().payload, b"");
        assert!(!peers[0].ended);
        peers[0].send(Opcode::Text, b"still mine");
        peers[0].send(Opcode::Close, b"");
        until(&mut js, &mut peers, |js, _| js.heard(id, kind::PEER_CLOSE));
        js.slab.shutdown(id);
        until(&mut js, &mut peers, |_, peers| peers[0].ended);
        peers[0].end();
        until(&mut js, &mut peers, |js, _| js.heard(id, kind::CLOSED));
        assert_eq!(kinds(&mut js, id), [1, kind::PEER_CLOSE, kind::CLOSED]);
    }
}

#[test]
fn a_peer_that_does_not_answer_is_dropped_in_time() {
    for driver in DRIVERS {
        let mut js = Js::new(closing_in(driver, 60));
        let mut peers = js.attach_many(2);
        let id = peers[0].id;
        settle(&mut js, &mut peers, Duration::from_millis(10));
        let begun = Instant::now();
        js.slab.close(id, 1001, b"");
        js.flush(None);
        until(&mut js, &mut peers, |js, _| js.heard(id, kind::CLOSED));
        let took = begun.elapsed();
        assert!(took >= Duration::from_millis(60), "{driver:?}: {took:?}");
        // 20 ms, and what busy cores may add.
        assert!(took < Duration::from_secs(2), "{driver:?}: {took:?}");
        assert!(peers[0].ended && !peers[1].ended);
    }
}

/// Nobody can say when a busy machine lets a thread run; when it asks to run is exact.
#[test]
fn the_moment_is_armed_to_the_millisecond_and_the_first_reason_counts() {
    const TIMEOUT: Duration = Duration::from_secs(3600);
    for driver in DRIVERS {
        let mut js = Js::new(closing_in(driver, 3_600_000));
        let mut peers = js.attach_many(2);
        settle(&mut js, &mut peers, Duration::from_millis(10));
        assert_eq!(js.hub.reactor().next_deadline(), None);
        let before = Instant::now();
        js.slab.close(peers[0].id, 1001, b"");
        js.flush(None);
        until(&mut js, &mut peers, |js, _| js.hub.reactor().next_deadline().is_some());
        let after = Instant::now();
        let due = js.hub.reactor().next_deadline();
        let exact = before + TIMEOUT..=after + TIMEOUT + Duration::from_millis(1);
        assert!(due.is_some_and(|due| exact.contains(&due)), "{driver:?}");
        settle(&mut js, &mut peers, Duration::from_millis(10));
        assert!(driver == Driver::Thread || js.deadline == due, "the timer of the loop");
        js.slab.shutdown(peers[0].id);
        js.slab.close(peers[1].id, 1001, b"");
        settle(&mut js, &mut peers, Duration::from_millis(10));
        assert_eq!(js.hub.reactor().next_deadline(), due, "{driver:?}");
    }
}

#[test]
fn whoever_takes_over_knows_the_deadline() {
    let mut options = closing_in(Driver::Loop, 3_600_000);
    options.stay = Some(Duration::from_millis(1));
    let mut js = Js::new(options);
    let mut peers = js.attach_many(1);
    js.slab.close(peers[0].id, 1001, b"");
    js.flush(None);
    let due = js.deadline;
    assert!(due.is_some());
    for round in 1..20 {
        js.deadline = None;
        until(&mut js, &mut peers, |js, peers| {
            // Something has to happen, or nobody looks whether it is time to go.
            peers[0].send(Opcode::Ping, b"");
            js.switches() >= 2 * round
        });
        assert_eq!((js.hub.exchange.driver(), js.deadline), (Driver::Loop, due));
    }
}

#[test]
fn a_deadline_comes_although_the_thread_sleeps_and_only_the_earliest_counts() {
    let mut js = Js::new(closing_in(Driver::Thread, 50));
    let mut peers = js.attach_many(3);
    settle(&mut js, &mut peers, Duration::from_millis(10));
    for at in 0..3 {
        js.slab.shutdown(peers[at].id);
        js.slab.close(peers[at].id, 1000, b"");
        settle(&mut js, &mut peers, Duration::from_millis(10));
    }
    until(&mut js, &mut peers, |js, _| js.log.len() == 3);
    let order: Vec<u32> = js.log.iter().map(|event| event.id).collect();
    assert_eq!(order, [1, 2, 3]);
}

#[test]
fn the_end_of_input_is_told_and_shutdown_answers_it() {
    for driver in DRIVERS {
        let mut js = Js::new(Options::under(driver));
        let mut peers = js.attach_many(1);
        let id = peers[0].id;
        peers[0].send(Opcode::Text, b"over");
        peers[0].end();
        until(&mut js, &mut peers, |js, _| js.heard(id, kind::END));
        assert_eq!(kinds(&mut js, id), [1, kind::END]);
        js.slab.send(id, Opcode::Text, b"and out");
        js.slab.shutdown(id);
        until(&mut js, &mut peers, |js, _| js.heard(id, kind::CLOSED));
        until(&mut js, &mut peers, |_, peers| peers[0].ended);
        assert_eq!(peers[0].next().unwrap().payload, b"and out");
    }
}

#[test]
fn a_peer_that_has_ended_may_take_its_time_and_what_it_leaves_is_noticed() {
    for driver in DRIVERS {
        let mut js = Js::new(closing_in(driver, 1));
        let (slow, gone) = (tcp(&mut js, 1), tcp(&mut js, 2));
        slow.shutdown(Shutdown::Write).unwrap();
        gone.shutdown(Shutdown::Write).unwrap();
        for id in [1, 2] {
            until(&mut js, &mut [], |js, _| js.heard(id, kind::END));
            for number in 0..16 {
                js.slab.send_reference(id, 1, number, 1 << 20);
            }
            js.slab.shutdown(id);
        }
        settle(&mut js, &mut [], Duration::from_millis(10));
        assert_eq!(js.hub.reactor().next_deadline(), None);
        reset(gone);
        until(&mut js, &mut [], |js, _| js.heard(2, kind::CLOSED));
        assert!(!js.heard(1, kind::CLOSED), "{driver:?}");
        let reader = std::thread::spawn(move || std::io::copy(&mut &slow, &mut std::io::sink()).unwrap());
        until(&mut js, &mut [], |js, _| js.heard(1, kind::CLOSED));
        assert!(reader.join().unwrap() > 16 << 20, "{driver:?}");
    }
}

#[test]
fn shutdown_waits_for_the_output_and_the_connection_for_the_peer() {
    for driver in DRIVERS {
        let mut js = Js::new(Options::under(driver));
        let mut peers = js.attach_many(1);
        let id = peers[0].id;
        peers[0].lazy = true;
        for number in 0..4 {
            js.slab.send_reference(id, id, number, 1 << 20);
        }
        js.slab.shutdown(id);
        js.slab.send(id, Opcode::Text, b"too late");
        settle(&mut js, &mut peers, Duration::from_millis(10));
        peers[0].send(Opcode::Ping, b"");
        peers[0].send(Opcode::Text, b"heard");
        until(&mut js, &mut peers, |js, _| js.heard(id, 1));
        peers[0].lazy = false;
        until(&mut js, &mut peers, |_, peers| peers[0].ended);
        for number in 0..4 {
            assert!(peers[0].next().unwrap().payload == payload(id, number, 1 << 20));
        }
        assert_eq!(peers[0].next().unwrap().opcode, Opcode::Pong);
        assert!(!js.heard(id, kind::CLOSED));
        peers[0].end();
        until(&mut js, &mut peers, |js, _| js.heard(id, kind::CLOSED));
        assert!(!js.heard(id, kind::END), "the end of both is one event");
    }
}

#[test]
fn our_fin_is_told_to_whom_waits_for_it_and_before_the_end() {
    for driver in DRIVERS {
        let mut js = Js::new(Options::under(driver));
        let mut peers = js.attach_many(3);
        let ids: Vec<u32> = peers.iter().map(|peer| peer.id).collect();
        peers[0].lazy = true;
        for number in 0..4 {
            js.slab.send_reference(ids[0], ids[0], number, 1 << 20);
        }
        js.slab.watch(ids[0]);
        js.slab.shutdown(ids[0]);
        // Asked when it is out already; and not asked at all.
        js.slab.shutdown(ids[1]);
        js.slab.shutdown(ids[2]);
        settle(&mut js, &mut peers, Duration::from_millis(10));
        js.slab.watch(ids[1]);
        until(&mut js, &mut peers, |js, _| js.heard(ids[1], kind::FINISHED));
        assert!(!js.heard(ids[0], kind::FINISHED), "not before the output");
        peers[0].lazy = false;
        until(&mut js, &mut peers, |js, _| js.heard(ids[0], kind::FINISHED));
        for peer in &peers {
            peer.end();
        }
        until(&mut js, &mut peers, |js, _| {
            ids.iter().all(|id| js.heard(*id, kind::CLOSED))
        });
        for (id, told) in ids.into_iter().zip([1, 1, 0]) {
            let kinds = kinds(&mut js, id);
            assert_eq!(kinds.iter().filter(|kind| **kind == kind::FINISHED).count(), told);
            assert_eq!(kinds.last(), Some(&kind::CLOSED));
        }
    }
}

#[test]
fn our_fin_is_told_in_a_scope_of_its_own_where_it_ends_the_connection() {
    for driver in DRIVERS {
        let mut js = Js::new(Options::under(driver));
        let mut peers = js.attach_many(1);
        let id = peers[0].id;
        peers[0].end();
        until(&mut js, &mut peers, |js, _| js.heard(id, kind::END));
        js.slab.watch(id);
        js.slab.shutdown(id);
        until(&mut js, &mut peers, |js, _| js.heard(id, kind::CLOSED));
        let told = js.told(id);
        let [.., finished, closed] = &told[..] else {
            panic!("{told:?}")
        };
        assert_eq!((finished.kind, closed.kind), (kind::FINISHED, kind::CLOSED));
        assert!(finished.scope < closed.scope);
    }
}

#[test]
fn the_fin_of_a_connection_that_broke_is_not_told() {
    for driver in DRIVERS {
        let mut js = Js::new(Options::under(driver));
        let peer = tcp(&mut js, 1);
        for number in 0..16 {
            js.slab.send_reference(1, 1, number, 1 << 20);
        }
        js.slab.watch(1);
        js.slab.shutdown(1);
        settle(&mut js, &mut [], Duration::from_millis(10));
        reset(peer);
        until(&mut js, &mut [], |js, _| js.heard(1, kind::CLOSED));
        assert!(!js.heard(1, kind::FINISHED));
        let last = js.told(1).pop().unwrap();
        assert_eq!(last.data[8..12], Errno::CONNRESET.raw_os_error().to_le_bytes());
    }
}

#[test]
fn a_half_close_without_a_handshake_waits_for_the_peer_as_long_as_that_takes() {
    for driver in DRIVERS {
        let mut js = Js::new(closing_in(driver, 10));
        let mut peers = js.attach_many(1);
        let id = peers[0].id;
        js.slab.half_close(id);
        until(&mut js, &mut peers, |_, peers| peers[0].ended);
        settle(&mut js, &mut peers, Duration::from_millis(60));
        peers[0].send(Opcode::Text, b"heard");
        until(&mut js, &mut peers, |js, _| js.heard(id, 1));
        peers[0].end();
        until(&mut js, &mut peers, |js, _| js.heard(id, kind::CLOSED));
        assert_eq!(kinds(&mut js, id), [1, kind::CLOSED]);
    }
}

#[test]
fn a_breach_is_told_once_and_the_rest_is_not_heard() {
    for driver in DRIVERS {
        let mut js = Js::new(closing_in(driver, 50));
        let mut peers = js.attach_many(1);
        let id = peers[0].id;
        let mut bytes = frame(Opcode::Text, true, b"fine");
        bytes.extend([0xc1, 0x80, 0, 0, 0, 0]);
        bytes.extend(frame(Opcode::Text, true, b"too late").repeat(1000));
        peers[0].write(&bytes);
        until(&mut js, &mut peers, |js, _| js.heard(id, kind::ERROR));
        let told = js.told(id);
        assert_eq!(told[0].data, b"fine");
        assert!(
            told[1]
                .data
                .starts_with(b"\xea\x03WS_ERR_UNEXPECTED_RSV_1\0Invalid WebSocket frame")
        );
        js.slab.close(id, 1002, b"");
        until(&mut js, &mut peers, |js, _| js.heard(id, kind::CLOSED));
        assert_eq!(kinds(&mut js, id), [kind::CLOSED]);
        until(&mut js, &mut peers, |_, peers| peers[0].ended);
        assert_eq!(peers[0].next().unwrap().payload, [3, 234]);
    }
}

#[test]
fn terminate_ends_it_at_once_and_nothing_follows() {
    for driver in DRIVERS {
        let mut js = Js::new(Options::under(driver));
        let mut peers = js.attach_many(2);
        let id = peers[0].id;
        peers[0].send(Opcode::Text, b"maybe heard");
        js.slab.terminate(id);
        js.slab.send(id, Opcode::Text, b"not sent");
        js.slab.close(id, 1000, b"");
        js.slab.terminate(id);
        until(&mut js, &mut peers, |js, peers| {
            js.heard(id, kind::CLOSED) && peers[0].ended
        });
        assert_eq!(peers[0].received(), 0);
        let last = js.told(id).pop().unwrap();
        assert_eq!((last.kind, &last.data[..]), (kind::CLOSED, &b""[..]), "nothing broke");
        assert_eq!(js.hub.reactor().live(), 1);
    }
}

#[test]
fn what_was_sent_before_terminate_goes_out_as_far_as_the_kernel_takes_it() {
    for driver in DRIVERS {
        let mut js = Js::new(Options::under(driver));
        let mut peers = js.attach_many(1);
        let id = peers[0].id;
        js.slab.send(id, Opcode::Text, b"last words");
        js.slab.terminate(id);
        until(&mut js, &mut peers, |js, peers| {
            js.heard(id, kind::CLOSED) && peers[0].ended
        });
        assert_eq!(peers[0].next().unwrap().payload, b"last words");
        assert_eq!(peers[0].next(), None);
    }
}

/// Closes a socket with an RST.
fn reset(socket: TcpStream) {
    rustix::net::sockopt::set_socket_linger(&socket, Some(Duration::ZERO)).unwrap();
    drop(socket);
}

fn tcp(js: &mut Js, id: u32) -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let theirs = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (ours, _) = listener.accept().unwrap();
    ours.set_nonblocking(true).unwrap();
    let settings = js.settings();
    js.slab.attach(id, ours.into_raw_fd(), settings, b"");
    js.flush(None);
    theirs
}

#[test]
fn reset_is_seen_as_one_and_terminate_is_not() {
    for driver in DRIVERS {
        let mut js = Js::new(Options::under(driver));
        let (mut ended, mut reset) = (tcp(&mut js, 1), tcp(&mut js, 2));
        js.slab.terminate(1);
        js.slab.send(2, Opcode::Text, b"last");
        js.slab.reset(2);
        until(&mut js, &mut [], |js, _| {
            js.heard(1, kind::CLOSED) && js.heard(2, kind::CLOSED)
        });
        assert_eq!(ended.read(&mut [0]).unwrap(), 0);
        // What was sent before is offered to the kernel, as with ws.
        let mut last = [0; 6];
        reset.read_exact(&mut last).unwrap();
        assert_eq!(&last, b"\x81\x04last");
        assert_eq!(reset.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    }
}

#[test]
fn a_reset_by_the_peer_closes_the_connection() {
    for driver in DRIVERS {
        let mut js = Js::new(Options::under(driver));
        let theirs = tcp(&mut js, 1);
        settle(&mut js, &mut [], Duration::from_millis(10));
        reset(theirs);
        until(&mut js, &mut [], |js, _| js.heard(1, kind::CLOSED));
        assert_eq!(kinds(&mut js, 1), [kind::CLOSED]);
    }
}

#[test]
fn a_reset_by_the_peer_is_told_although_reading_is_paused() {
    for driver in DRIVERS {
        let mut js = Js::new(Options::under(driver));
        let mut theirs = tcp(&mut js, 1);
        js.slab.pause(1);
        settle(&mut js, &mut [], Duration::from_millis(10));
        theirs.write_all(&frame(Opcode::Text, true, b"last words")).unwrap();
        settle(&mut js, &mut [], Duration::from_millis(10));
        assert!(!js.heard(1, Opcode::Text as u32));
        reset(theirs);
        until(&mut js, &mut [], |js, _| {
            // What JavaScript keeps back makes it pause again.
            js.slab.pause(1);
            js.heard(1, kind::CLOSED)
        });
        assert_eq!(kinds(&mut js, 1), [Opcode::Text as u32, kind::CLOSED]);
    }
}

#[test]
fn a_peer_that_ended_and_refuses_what_is_sent_is_not_waited_for() {
    for driver in DRIVERS {
        let mut js = Js::new(Options::under(driver));
        let theirs = tcp(&mut js, 1);
        settle(&mut js, &mut [], Duration::from_millis(10));
        // Our answer to its end is yet to come, so that it is still allowed to be sent something.
        theirs.shutdown(Shutdown::Write).unwrap();
        until(&mut js, &mut [], |js, _| js.heard(1, kind::END));
        drop(theirs);
        for _ in 0..3 {
            js.slab.send(1, Opcode::Text, b"anybody there?");
            settle(&mut js, &mut [], Duration::from_millis(10));
        }
        until(&mut js, &mut [], |js, _| js.heard(1, kind::CLOSED));
    }
}

#[test]
fn what_is_sent_after_a_write_has_failed_does_not_count_as_written() {
    for driver in DRIVERS {
        let mut js = Js::new(Options::under(driver));
        let theirs = tcp(&mut js, 1);
        settle(&mut js, &mut [], Duration::from_millis(10));
        reset(theirs);
        for text in [&b"anybody"[..], b"there?"] {
            js.slab.send(1, Opcode::Text, text);
            js.flush(None);
        }
        until(&mut js, &mut [], |js, _| js.heard(1, kind::CLOSED));
        assert_eq!(js.written(1), 0, "{driver:?}");
    }
}

#[test]
fn everything_ends_with_the_engine_and_the_last_words_go_out() {
    for driver in DRIVERS {
        let mut js = Js::new(Options::under(driver));
        let mut peers: Vec<Peer> = js.attach_many(3);
        settle(&mut js, &mut peers, Duration::from_millis(10));
        let mut last = super::support::Slab::default();
        last.send(1, Opcode::Text, b"last words");
        js.hub.stop(last.bytes());
        drop(js);
        peers[0].pump();
        assert_eq!(peers[0].next().unwrap().payload, b"last words");
        for peer in &mut peers {
            peer.pump();
            assert!(peer.ended);
        }
    }
}
