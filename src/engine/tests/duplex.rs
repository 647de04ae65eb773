//! Connections over Duplexes: JavaScript brings the input and takes the output, call by call.

use super::support::{Js, Options, frame, payload, settings};
use crate::engine::driver::exchange::Driver;
use crate::engine::memory::batch::{PAYLOAD, kind};
use crate::engine::settings::Settings;
use crate::engine::transport::Segment;
use crate::proto::wire::Opcode;

const ID: u32 = 4;

fn inline(receive_credit: i32) -> Js {
    let mut js = Js::new(Options {
        settings: Settings {
            receive_credit,
            ..settings()
        },
        ..Options::under(Driver::Inline)
    });
    let settings = js.settings();
    js.slab.attach(ID, -1, settings, b"101");
    js.flush(None);
    assert_eq!(output(&mut js), (b"101".to_vec(), false));
    js
}

/// What the border does after each call, without an end if work never runs out.
fn finish(js: &mut Js) {
    for _ in 0..1000 {
        js.dispatch_all();
        if !js.hub.reactor().has_work() {
            return;
        }
        js.hub.inline_turn();
    }
    panic!("it never ends");
}

/// What was written, and whether the stream is to end.
fn output(js: &mut Js) -> (Vec<u8>, bool) {
    let (mut bytes, mut tokens, mut ended) = (Vec::new(), Vec::new(), false);
    js.hub.reactor().duplex_output(|output| {
        assert_eq!(output.id, ID);
        for part in output.queued {
            match part {
                Segment::Own(own, at) => bytes.extend_from_slice(&own[at..]),
                Segment::Foreign(foreign, at) => {
                    bytes.extend_from_slice(&foreign.as_slice()[at..]);
                    tokens.push(foreign.token());
                }
            }
        }
        bytes.extend_from_slice(&output.out);
        ended |= output.end;
        output.out
    });
    js.slab.release(tokens);
    (bytes, ended)
}

#[test]
fn a_chunk_comes_in_and_the_answers_go_out_in_order() {
    let mut js = inline(1 << 20);
    let chunk = [
        frame(Opcode::Text, true, b"one"),
        frame(Opcode::Ping, true, b"?"),
        frame(Opcode::Text, true, b"two"),
    ];
    js.hub.input(ID, Some(&chunk.concat()), 0);
    finish(&mut js);
    let told: Vec<_> = js.told(ID).into_iter().map(|event| (event.kind, event.data)).collect();
    assert_eq!(told, [(1, b"one".to_vec()), (9, b"?".to_vec()), (1, b"two".to_vec())]);
    js.slab.send(ID, Opcode::Text, b"copy");
    js.slab.send_reference(ID, 0, 0, 300);
    js.slab.send(ID, Opcode::Text, b"copy");
    js.flush(None);
    let (bytes, _) = output(&mut js);
    let expected = [
        b"\x8a\x01?\x81\x04copy\x82\x7e\x01\x2c",
        payload(0, 0, 300),
        b"\x81\x04copy",
    ]
    .concat();
    assert_eq!(bytes, expected);
}

#[test]
fn what_waits_for_credit_is_answered_too_and_comes_before_the_end() {
    let mut js = inline(1);
    let message = frame(Opcode::Text, true, b"message");
    let chunk = [message.repeat(300), frame(Opcode::Ping, true, b"late")].concat();
    // Three chunks and the end arrive before JavaScript has dispatched anything.
    js.hub.input(ID, Some(&chunk), 0);
    js.hub.input(ID, Some(&message), 0);
    js.hub.input(ID, Some(&message[..3]), 0);
    js.hub.input(ID, Some(&message[3..]), 0);
    js.hub.input(ID, None, 0);
    finish(&mut js);
    let kinds: Vec<u32> = js.told(ID).into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds.len(), 304);
    assert!(kinds[..300].iter().all(|kind| *kind == 1));
    assert_eq!(kinds[300..], [9, 1, 1, kind::END]);
    assert_eq!(output(&mut js).0, b"\x8a\x04late");
}

#[test]
fn a_large_message_is_put_together_over_many_chunks() {
    let mut js = inline(1 << 20);
    let bytes = frame(Opcode::Binary, true, payload(1, 1, 1 << 20));
    for chunk in bytes.chunks(70_001) {
        js.hub.input(ID, Some(chunk), 0);
        finish(&mut js);
    }
    assert!(js.told(ID)[0].data == payload(1, 1, 1 << 20));
}

#[test]
fn it_ends_after_its_output_when_asked_to() {
    let mut js = inline(1 << 20);
    js.hub.input(ID, None, 0);
    finish(&mut js);
    assert!(js.heard(ID, kind::END));
    js.slab.send(ID, Opcode::Text, b"bye");
    js.slab.shutdown(ID);
    js.flush(None);
    assert_eq!(output(&mut js), (b"\x81\x03bye".to_vec(), true));
    js.slab.terminate(ID);
    js.flush(None);
    finish(&mut js);
    assert!(js.heard(ID, kind::CLOSED));
}

#[test]
fn a_paused_one_keeps_its_input() {
    let mut js = inline(1 << 20);
    js.hub.input(ID, Some(&frame(Opcode::Text, true, b"first")), 0);
    finish(&mut js);
    js.slab.pause(ID);
    js.flush(None);
    js.hub.input(ID, Some(&frame(Opcode::Text, true, b"second")), 0);
    js.hub.input(ID, None, 0);
    finish(&mut js);
    js.slab.resume(ID);
    js.flush(None);
    finish(&mut js);
    let kinds: Vec<u32> = js.told(ID).into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [1, 1, kind::END]);
}

#[test]
fn a_close_frame_is_told_however_much_came_before_it() {
    for spare in [0, 1, 8, 100, 2000] {
        let mut js = inline(1 << 30);
        let mut chunk = frame(Opcode::Binary, true, payload(0, 0, 13_000)).repeat(40);
        let rest = PAYLOAD - 40 * 13_000 - spare;
        chunk.extend(frame(Opcode::Binary, true, payload(0, 0, rest)));
        chunk.extend(frame(Opcode::Close, true, &[3, 232]));
        js.hub.input(ID, Some(&chunk), 0);
        finish(&mut js);
        assert!(js.heard(ID, kind::PEER_CLOSE), "{spare} bytes are left");
        assert_eq!(js.log.len(), 42);
    }
}
