//! Large messages that are compressed: others get their turns meanwhile, and what was asked for behind one stays there.

use super::support::{Event, Js, Options, payload, settings, until};
use crate::engine::driver::exchange::Driver;
use crate::engine::memory::batch::kind;
use crate::engine::memory::command::operation::{FIN, NOTIFY};
use crate::engine::settings::Settings;
use crate::proto::deflate::negotiate::accept_response;
use crate::proto::deflate::{Options as Offer, Tuning};
use crate::proto::session::fuzz::{Driven, Told};
use crate::proto::session::{Config, Role};
use crate::proto::wire::Opcode;
use std::os::fd::IntoRawFd;
use std::os::unix::net::UnixStream;

const ID: u32 = 4;
const OTHER: u32 = 5;
/// More than one turn compresses.
const LARGE: usize = 2 << 20;

/// Settings under which messages are compressed.
fn compressing(role: Role) -> Settings {
    let lines = [&b"permessage-deflate"[..]];
    let parameters = accept_response(Offer::default(), lines.into_iter()).unwrap();
    Settings {
        session: Config {
            role,
            deflate: Some(parameters.deflate(0, Tuning::default())),
            ..Config::default()
        },
        ..settings()
    }
}

/// A reactor with two Duplexes, as servers.
fn two(driver: Driver) -> Js {
    let mut js = Js::new(Options {
        apart: driver == Driver::Thread,
        settings: compressing(Role::Server),
        ..Options::under(driver)
    });
    let settings = js.settings();
    js.slab.attach(ID, -1, settings, b"");
    js.slab.attach(OTHER, -1, settings, b"");
    js
}

/// What of `told` is to be written to a connection.
fn output(told: &[Event], id: u32) -> Vec<u8> {
    let pieces = told.iter().filter(|event| event.kind == kind::OUTPUT && event.id == id);
    pieces.flat_map(|event| event.data.clone()).collect()
}

/// What a client reads in it.
fn read(output: &[u8]) -> Vec<Told> {
    let mut client = Driven::default();
    client.read(&compressing(Role::Client).session, output).unwrap();
    client.transcript.told
}

fn got(opcode: Opcode, data: &[u8]) -> Told {
    Told::Got(opcode, data.to_vec(), Vec::new())
}

#[test]
fn others_get_their_turns_while_it_is_compressed() {
    let mut js = two(Driver::Thread);
    js.slab.send_reference(ID, 0, 0, LARGE);
    js.slab.send(OTHER, Opcode::Text, b"small");
    until(&mut js, &mut [], |js, _| js.heard(ID, kind::FLUSHED));
    let first = js.log.iter().find(|event| event.kind == kind::OUTPUT).unwrap();
    assert_eq!(first.id, OTHER);
    assert_eq!(read(&output(&js.log, OTHER)), [got(Opcode::Text, b"small")]);
    assert!(read(&output(&js.log, ID)) == [got(Opcode::Binary, payload(0, 0, LARGE))]);
    until(&mut js, &mut [], |js, _| js.slab.held() == 0);
    assert!(js.hub.reactor().held() < LARGE / 2, "nothing of it is kept");
}

#[test]
fn everything_behind_it_stays_behind_it() {
    let mut js = two(Driver::Thread);
    js.slab.frame(ID, Opcode::Binary as u32, payload(1, 0, LARGE));
    js.slab.frame(ID, Opcode::Ping as u32 | FIN, b"ping");
    js.slab
        .frame(ID, Opcode::Binary as u32 | FIN | NOTIFY, b"the end of it");
    js.slab.send_reference(ID, 1, 1, LARGE);
    js.slab.raw(ID, b"\x89\x01", Some(b"!"));
    js.slab.send(ID, Opcode::Text, b"small");
    js.slab.close(ID, 1000, b"done");
    js.slab.send(ID, Opcode::Text, b"too late");
    js.slab.shutdown(ID);
    until(&mut js, &mut [], |js, _| {
        js.log
            .iter()
            .any(|event| event.kind == kind::FLUSHED && event.data[8] == 1)
    });
    let told = read(&output(&js.log, ID));
    let Told::Got(Opcode::Binary, first, _) = &told[1] else {
        panic!("the message is the first thing, but for what may come between its frames");
    };
    assert_eq!(told[0], got(Opcode::Ping, b"ping"));
    assert!(*first == [payload(1, 0, LARGE), b"the end of it"].concat());
    assert!(told[2] == got(Opcode::Binary, payload(1, 1, LARGE)));
    assert_eq!(
        told[3..],
        [
            got(Opcode::Ping, b"!"),
            got(Opcode::Text, b"small"),
            Told::Close(1000, b"done".to_vec())
        ]
    );
    until(&mut js, &mut [], |js, _| js.slab.held() == 0);
}

#[test]
fn many_that_are_not_large_take_their_turns_too() {
    let mut js = two(Driver::Thread);
    for number in 0..100 {
        js.slab.send(ID, Opcode::Binary, payload(2, number, 30_000));
    }
    js.slab.send(OTHER, Opcode::Text, b"small");
    until(&mut js, &mut [], |js, _| {
        read(&output(&js.log, ID)).len() == 100 && js.heard(OTHER, kind::FLUSHED)
    });
    let at = |id: u32| {
        js.log
            .iter()
            .rposition(|event| event.id == id && event.kind == kind::OUTPUT)
    };
    assert!(at(OTHER) < at(ID));
    for (number, told) in read(&output(&js.log, ID)).iter().enumerate() {
        assert!(*told == got(Opcode::Binary, payload(2, number as u32, 30_000)));
    }
}

#[test]
fn one_that_is_dropped_meanwhile_gives_back_what_it_was_lent() {
    let mut js = two(Driver::Thread);
    for number in 0..3 {
        js.slab.send_reference(ID, 3, number, LARGE);
    }
    js.slab.terminate(ID);
    until(&mut js, &mut [], |js, _| {
        js.heard(ID, kind::CLOSED) && js.slab.held() == 0
    });
    assert!(read(&output(&js.log, ID)).is_empty());
}

#[test]
fn at_the_end_all_of_it_goes_out() {
    let (mine, peer) = UnixStream::pair().unwrap();
    mine.set_nonblocking(true).unwrap();
    let mut js = two(Driver::Thread);
    let settings = js.settings();
    js.slab.attach(6, mine.into_raw_fd(), settings, b"");
    let zeros = vec![0; LARGE];
    js.slab.send(6, Opcode::Binary, &zeros);
    js.slab.send(6, Opcode::Text, b"last words");
    js.flush(None);
    js.hub.flush_last();
    let mut client = Driven::default();
    let mut bytes = vec![0; 1 << 20];
    let length = std::io::Read::read(&mut &peer, &mut bytes).unwrap();
    client
        .read(&compressing(Role::Client).session, &bytes[..length])
        .unwrap();
    let told = client.transcript.told;
    assert!(told == [got(Opcode::Binary, &zeros), got(Opcode::Text, b"last words")]);
}

#[test]
fn javascript_that_does_the_work_itself_may_change_what_it_lent() {
    let mut js = two(Driver::Inline);
    js.slab.send_reference(ID, 4, 0, LARGE);
    js.flush(None);
    assert_eq!(js.slab.held(), 0, "it was copied");
    let mut written = Vec::new();
    while js.hub.reactor().has_work() {
        js.hub.inline_turn();
        js.hub.reactor().duplex_output(|output| {
            assert!(output.queued.is_empty());
            written.extend_from_slice(&output.out);
            output.out
        });
    }
    assert!(read(&written) == [got(Opcode::Binary, payload(4, 0, LARGE))]);
}

#[test]
fn a_message_that_inflates_to_much_takes_several_turns() {
    let mut js = two(Driver::Thread);
    let client = js.hub.reactor().settings().register(compressing(Role::Client));
    js.slab.attach(7, -1, client, b"");
    let zeros = vec![0; 30 << 20];
    js.slab.send_masked(7, Opcode::Binary, &zeros);
    until(&mut js, &mut [], |js, _| js.heard(7, kind::FLUSHED));
    let bomb = output(&js.log, 7);
    let turns = js.hub.reactor().counters().turns;
    js.log.clear();
    js.slab.input(ID, 0, &bomb);
    js.slab.input(OTHER, 0, b"\x81\x80\0\0\0\0");
    until(&mut js, &mut [], |js, _| js.heard(ID, Opcode::Binary as u32));
    assert_eq!(js.log[0].id, OTHER, "it did not have to wait");
    let message = js.log.iter().find(|event| event.id == ID).unwrap();
    assert!(message.data == zeros);
    assert!(js.hub.reactor().counters().turns > turns + 5);
}
