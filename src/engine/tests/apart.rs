//! Duplexes on the reactor whose thread does all the work: what they bring crosses as commands, what they have to write
//! comes up as events.

use super::support::{Event, Js, Options, frame, payload, settings, until};
use crate::engine::driver::exchange::Driver;
use crate::engine::memory::batch::kind;
use crate::engine::settings::Settings;
use crate::proto::deflate::negotiate::accept_response;
use crate::proto::deflate::{Options as Offer, Tuning};
use crate::proto::session::{Config, Role};
use crate::proto::wire::Opcode;

const ID: u32 = 4;
const OTHER: u32 = 5;

/// Settings under which messages are compressed.
fn compressing(role: Role, receive_credit: i32) -> Settings {
    let lines = [&b"permessage-deflate"[..]];
    let parameters = accept_response(Offer::default(), lines.into_iter()).unwrap();
    Settings {
        session: Config {
            role,
            deflate: Some(parameters.deflate(0, Tuning::default())),
            ..Config::default()
        },
        receive_credit,
        ..settings()
    }
}

/// A thread that serves one Duplex, as a server.
fn apart(settings: Settings) -> Js {
    let mut js = Js::new(Options {
        apart: true,
        settings,
        ..Options::under(Driver::Thread)
    });
    let settings = js.settings();
    js.slab.attach(ID, -1, settings, b"");
    js
}

fn kinds(told: &[Event]) -> Vec<u32> {
    told.iter().map(|event| event.kind).collect()
}

/// What of `told` is to be written.
fn output(told: &[Event]) -> Vec<u8> {
    let pieces = told.iter().filter(|event| event.kind == kind::OUTPUT);
    pieces.flat_map(|event| event.data.clone()).collect()
}

/// Waits for an event of `ID`, and returns all that were told by then.
fn wait(js: &mut Js, awaited: u32) -> Vec<Event> {
    until(js, &mut [], |js, _| js.heard(ID, awaited));
    js.told(ID)
}

#[test]
fn what_it_brings_comes_in_order_and_the_answers_are_told_with_what_they_stand_for() {
    let mut js = apart(settings());
    let chunk = [
        frame(Opcode::Text, true, b"one"),
        frame(Opcode::Ping, true, b"?"),
        frame(Opcode::Text, true, b"two"),
    ];
    let chunk = chunk.concat();
    js.slab.input(ID, 0, &chunk[..7]);
    js.slab.input(ID, 0, &chunk[7..]);
    let told = wait(&mut js, kind::FLUSHED);
    assert_eq!(kinds(&told), [1, 9, 1, kind::OUTPUT, kind::FLUSHED]);
    assert_eq!(output(&told), b"\x8a\x01?");
    js.slab.send(ID, Opcode::Text, b"copy");
    js.slab.send_reference(ID, 0, 0, 70_000);
    js.slab.send(ID, Opcode::Text, b"copy");
    let told = wait(&mut js, kind::FLUSHED);
    let header = [0x82, 127, 0, 0, 0, 0, 0, 1, 0x11, 0x70];
    let expected = [b"\x81\x04copy", &header[..], payload(0, 0, 70_000), b"\x81\x04copy"].concat();
    assert!(output(&told) == expected);
    let flushed = &told.last().unwrap().data;
    assert_eq!(
        flushed[..8],
        f64::from(u32::try_from(expected.len()).unwrap()).to_le_bytes()
    );
    assert_eq!(flushed[8], 0, "it does not end");
    until(&mut js, &mut [], |js, _| js.slab.held() == 0);
}

#[test]
fn javascript_hears_when_all_it_brought_is_taken_and_not_before() {
    let mut js = apart(Settings {
        receive_credit: 1,
        ..settings()
    });
    let message = frame(Opcode::Text, true, b"message");
    js.slab.input(ID, 0, &message.repeat(3));
    js.slab.input_then_tell(ID, &message);
    let told = wait(&mut js, kind::TAKEN);
    assert_eq!(kinds(&told), [1, 1, 1, 1, kind::TAKEN]);
    js.slab.pause(ID);
    js.slab.input_then_tell(ID, &message);
    js.flush(None);
    super::support::settle(&mut js, &mut [], std::time::Duration::from_millis(20));
    assert_eq!(kinds(&js.told(ID)), []);
    js.slab.resume(ID);
    assert_eq!(kinds(&wait(&mut js, kind::TAKEN)), [1, kind::TAKEN]);
}

#[test]
fn its_end_comes_behind_what_it_brought_and_ours_behind_what_was_sent() {
    let mut js = apart(settings());
    js.slab.input(ID, 0, &frame(Opcode::Text, true, b"last"));
    js.slab.end_input(ID);
    assert_eq!(kinds(&wait(&mut js, kind::END)), [1, kind::END]);
    js.slab.send(ID, Opcode::Text, b"bye");
    js.slab.shutdown(ID);
    let told = wait(&mut js, kind::FLUSHED);
    assert_eq!(output(&told), b"\x81\x03bye");
    assert_eq!(told.last().unwrap().data[8], 1, "and ends it");
    js.slab.leave(ID);
    assert_eq!(kinds(&wait(&mut js, kind::CLOSED)), [kind::CLOSED]);
    assert_eq!(js.hub.reactor().live(), 0);
}

#[test]
fn one_that_is_gone_is_heard_to_the_end_although_it_was_paused() {
    let mut js = apart(settings());
    js.slab.pause(ID);
    js.slab.input(ID, 0, &frame(Opcode::Text, true, b"kept"));
    js.slab.leave(ID);
    js.slab.input(ID, 0, b"\x81");
    assert_eq!(kinds(&wait(&mut js, kind::CLOSED)), [1, kind::CLOSED]);
    js.slab.send(ID, Opcode::Text, b"nobody is there");
    js.slab.input(ID, 0, b"nor here");
    js.slab.passed_on(ID);
    js.flush(None);
    super::support::settle(&mut js, &mut [], std::time::Duration::from_millis(20));
    assert_eq!(kinds(&js.told(ID)), []);
}

#[test]
fn what_was_sent_before_it_is_dropped_is_told() {
    let mut js = apart(settings());
    js.slab.send(ID, Opcode::Text, b"last words");
    js.slab.terminate(ID);
    js.slab.send(ID, Opcode::Text, b"too late");
    let told = wait(&mut js, kind::CLOSED);
    assert_eq!(output(&told), b"\x81\x0alast words");
    assert_eq!(told.last().unwrap().kind, kind::CLOSED);
}

#[test]
fn a_ping_to_one_that_passes_nothing_on_is_answered_when_it_has() {
    let mut js = apart(settings());
    js.slab.input(ID, 1 << 20, &frame(Opcode::Ping, true, b"first"));
    js.slab.input(ID, 1 << 20, &frame(Opcode::Ping, true, b"second"));
    until(&mut js, &mut [], |js, _| js.log.len() >= 2);
    assert_eq!(kinds(&js.told(ID)), [9, 9]);
    js.slab.passed_on(ID);
    assert_eq!(output(&wait(&mut js, kind::FLUSHED)), b"\x8a\x06second");
}

#[test]
fn two_that_compress_understand_each_other_and_javascript_does_none_of_it() {
    let mut js = apart(compressing(Role::Server, 1 << 20));
    let client = js.hub.reactor().settings().register(compressing(Role::Client, 1 << 20));
    js.slab.attach(OTHER, -1, client, b"");
    let text = b"the same again, and again the same, ".repeat(2000);
    for round in 0..20 {
        js.slab.send(ID, Opcode::Text, &text[..round * 100]);
        js.slab.send_reference(ID, 1, round as u32, 40_000);
        js.slab.send_masked(OTHER, Opcode::Text, &text);
    }
    let (mut here, mut there) = (Vec::new(), Vec::new());
    until(&mut js, &mut [], |js, _| {
        for event in std::mem::take(&mut js.log) {
            let (to, messages) = if event.id == ID {
                (OTHER, &mut here)
            } else {
                (ID, &mut there)
            };
            match event.kind {
                kind::OUTPUT => js.slab.input(to, 0, &event.data),
                kind::FLUSHED => {}
                _ => messages.push(event),
            }
        }
        here.len() == 20 && there.len() == 40
    });
    assert!(here.iter().all(|event| event.data == text));
    for (round, pair) in there.chunks(2).enumerate() {
        assert!(pair[0].data == text[..round * 100]);
        assert!(pair[1].data == payload(1, round as u32, 40_000));
    }
    assert!(js.hub.reactor().pool().tally.deflated >= 60);
    assert_eq!(js.slab.held(), 0);
}

#[test]
fn how_much_was_compressed_is_told_at_the_end() {
    let mut js = apart(compressing(Role::Server, 1 << 20));
    js.slab.send(ID, Opcode::Text, b"in time");
    js.slab.leave(ID);
    wait(&mut js, kind::FLUSHED);
    js.slab.send(ID, Opcode::Text, b"too late");
    let told = wait(&mut js, kind::CLOSED);
    let last = told.last().unwrap();
    assert_eq!(last.data, [&9f64.to_le_bytes()[..], &[0; 5]].concat());
}

#[test]
fn a_bomb_is_an_error_of_its_connection_only() {
    let mut settings = compressing(Role::Server, 1 << 20);
    settings.session.max_payload = 100_000;
    let mut js = apart(settings);
    let client = js.hub.reactor().settings().register(compressing(Role::Client, 1 << 20));
    js.slab.attach(OTHER, -1, client, b"");
    js.slab.send_masked(OTHER, Opcode::Binary, &vec![0; 10 << 20]);
    until(&mut js, &mut [], |js, _| js.heard(OTHER, kind::FLUSHED));
    let bomb = output(&js.told(OTHER));
    assert!(bomb.len() < 100_000);
    js.slab.input(ID, 0, &bomb);
    let told = wait(&mut js, kind::ERROR);
    assert_eq!(told[0].data[..2], 1009u16.to_le_bytes());
    assert!(js.hub.reactor().held() < 1 << 20);
    js.slab.input(OTHER, 0, b"\x81\x02ok");
    until(&mut js, &mut [], |js, _| js.heard(OTHER, 1));
}
