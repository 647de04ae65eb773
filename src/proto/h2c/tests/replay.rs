//! The body among the client's frames, at the server's pace.

use super::super::Replay;
use super::support::{Frame, bytes, frame, frames, increment, settings};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW: u8 = 8;
const CONTINUATION: u8 = 9;

/// The client sends frames; what the server receives.
fn client(replay: &mut Replay, sent: &[Frame]) -> Vec<Frame> {
    let (mut out, mut answer) = (Vec::new(), Vec::new());
    replay.client_sent(&bytes(sent), &mut out, &mut answer);
    assert!(answer.is_empty(), "nothing for the client");
    frames(&out)
}

/// The server sends frames; what the client and the server receive.
fn server(replay: &mut Replay, sent: &[Frame]) -> (Vec<Frame>, Vec<Frame>) {
    let (mut to_client, mut to_server) = (Vec::new(), Vec::new());
    replay.server_sent(&bytes(sent), &mut to_client, &mut to_server);
    (frames(&to_client), frames(&to_server))
}

/// Room for the connection, or a stream.
fn room(stream: u32, by: u32) -> Frame {
    frame(WINDOW, 0, stream, &increment(by))
}

/// How long the pieces of the body are.
fn lengths(all: &[Frame]) -> Vec<usize> {
    all.iter()
        .inspect(|frame| assert_eq!((frame.kind, frame.stream), (DATA, 1)))
        .map(|frame| frame.payload.len())
        .collect()
}

#[test]
fn the_body_waits_for_room_that_the_client_does_not_see() {
    let mut replay = Replay::new((0..40_000_usize).map(|n| (n % 251) as u8).collect());
    assert_eq!(replay.owed(), 40_000);
    assert_eq!(client(&mut replay, &[frame(PING, 0, 0, b"12345678")]).len(), 1);
    let (to_client, data) = server(&mut replay, &[frame(SETTINGS, 0, 0, &[]), room(0, 40_000)]);
    assert_eq!(to_client, [frame(SETTINGS, 0, 0, &[])]);
    assert_eq!(lengths(&data), [16_384, 16_384, 7232]);
    assert_eq!(data.iter().map(|frame| frame.flags).collect::<Vec<_>>(), [0, 0, 1]);
    let body: Vec<u8> = data.iter().flat_map(|frame| frame.payload.clone()).collect();
    assert!(body.iter().enumerate().all(|(n, &byte)| byte == (n % 251) as u8));
    assert!(
        server(&mut replay, &[room(1, 9), frame(HEADERS, 4, 1, b"response")])
            .0
            .len()
            == 1
    );
    assert!(!replay.is_done(), "the server may still offer room");
    server(&mut replay, &[frame(DATA, 1, 1, b"end")]);
    assert!(replay.is_done());
}

#[test]
fn the_window_of_the_stream_is_obeyed() {
    let mut replay = Replay::new(vec![1; 150_000]);
    let (_, data) = server(&mut replay, &[room(0, 150_000)]);
    assert_eq!(lengths(&data), [16_384, 16_384, 16_384, 16_383]);
    let (to_client, data) = server(&mut replay, &[room(1, 10), room(1, 20)]);
    assert_eq!((to_client, lengths(&data)), (vec![], vec![30]));
    let (to_client, data) = server(&mut replay, &[room(1, 0x7fff_ffff), room(0, 5)]);
    assert_eq!(to_client, [room(0, 5)], "what is offered from then on is the client's");
    assert_eq!(lengths(&data).iter().sum::<usize>(), 150_000 - 65_565);
}

#[test]
fn what_is_offered_above_the_body_is_the_clients() {
    let mut replay = Replay::new(vec![1; 100]);
    let (to_client, data) = server(&mut replay, &[room(0, 60), room(0, 60), room(3, 7)]);
    assert_eq!(to_client, [room(0, 20), room(3, 7)]);
    assert_eq!(lengths(&data), [100]);
}

#[test]
fn settings_hold_when_the_client_has_acknowledged_them() {
    let mut replay = Replay::new(vec![1; 200_000]);
    let smaller = frame(SETTINGS, 0, 0, &settings(&[(4, 100), (4, 1000)]));
    let larger = frame(SETTINGS, 0, 0, &settings(&[(3, 1), (4, 100_000)]));
    let other = frame(SETTINGS, 0, 0, &settings(&[(3, 2)]));
    let (to_client, data) = server(
        &mut replay,
        &[smaller.clone(), other.clone(), larger.clone(), room(0, 200_000)],
    );
    assert_eq!(to_client, [smaller, other, larger]);
    assert_eq!(lengths(&data).iter().sum::<usize>(), 65_535);
    let ack = frame(SETTINGS, 1, 0, &[]);
    // 1000 - 65535 less than nothing now.
    assert_eq!(
        client(&mut replay, std::slice::from_ref(&ack)),
        std::slice::from_ref(&ack)
    );
    assert_eq!(server(&mut replay, &[room(1, 64_536)]).1.len(), 1, "one byte");
    assert_eq!(
        client(&mut replay, std::slice::from_ref(&ack)),
        std::slice::from_ref(&ack)
    );
    let seen = client(&mut replay, std::slice::from_ref(&ack));
    assert_eq!(lengths(&seen[1..]).iter().sum::<usize>(), 99_000);
    // An acknowledgement of nothing is the server's to refuse.
    assert_eq!(client(&mut replay, std::slice::from_ref(&ack)), [ack]);
}

#[test]
fn frames_of_the_client_are_never_torn_apart() {
    let mut replay = Replay::new(vec![1; 10]);
    let all = bytes(&[
        frame(HEADERS, 0, 3, b"fields"),
        frame(CONTINUATION, 0, 3, b"more"),
        frame(CONTINUATION, 4, 3, b"last"),
        frame(DATA, 1, 3, b"body"),
    ]);
    let mut out = Vec::new();
    let (start, end) = all.split_at(12);
    replay.client_sent(start, &mut out, &mut Vec::new());
    assert!(
        server(&mut replay, &[room(0, 10)]).1.is_empty(),
        "in the middle of a frame"
    );
    let (middle, end) = end.split_at(3 + 5);
    replay.client_sent(middle, &mut out, &mut Vec::new());
    assert_eq!(
        out.len(),
        15,
        "between frames that belong together, a header not yet whole"
    );
    replay.client_sent(end, &mut out, &mut Vec::new());
    let kinds: Vec<_> = frames(&out).iter().map(|frame| (frame.kind, frame.stream)).collect();
    assert_eq!(
        kinds,
        [(HEADERS, 3), (CONTINUATION, 3), (CONTINUATION, 3), (DATA, 1), (DATA, 3)]
    );
}

#[test]
fn nobody_sends_a_stream_that_was_reset_and_the_client_gets_the_room() {
    let reset = frame(RESET, 0, 1, &8_u32.to_be_bytes());
    for by_client in [true, false] {
        let mut replay = Replay::new(vec![1; 100_000]);
        assert_eq!(server(&mut replay, &[room(0, 90_000)]).1.len(), 4);
        assert!(!replay.is_done());
        let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
        if by_client {
            replay.client_sent(&bytes(std::slice::from_ref(&reset)), &mut to_server, &mut to_client);
            assert_eq!(frames(&to_server), std::slice::from_ref(&reset));
            assert_eq!(frames(&to_client), [room(0, 24_465)]);
        } else {
            let seen = server(&mut replay, std::slice::from_ref(&reset));
            assert_eq!(seen, (vec![reset.clone(), room(0, 24_465)], vec![]));
        }
        assert!(replay.is_done());
        assert_eq!(server(&mut replay, &[room(0, 60_000)]), (vec![room(0, 60_000)], vec![]));
    }
}

#[test]
fn the_room_is_given_back_between_frames_only() {
    let mut replay = Replay::new(vec![1; 100_000]);
    server(&mut replay, &[room(0, 90_000)]);
    let response = bytes(&[frame(DATA, 0, 1, b"response")]);
    let (start, end) = response.split_at(12);
    let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
    replay.server_sent(start, &mut to_client, &mut to_server);
    replay.client_sent(&bytes(&[frame(RESET, 0, 1, &[0; 4])]), &mut to_server, &mut to_client);
    assert_eq!(to_client, start);
    assert!(!replay.is_done());
    replay.server_sent(end, &mut to_client, &mut to_server);
    assert_eq!(frames(&to_client), [frame(DATA, 0, 1, b"response"), room(0, 24_465)]);
    assert!(replay.is_done());
}

#[test]
fn the_client_cannot_add_to_the_body() {
    for kind in [DATA, HEADERS] {
        let mut replay = Replay::new(vec![1; 10]);
        let smuggled = frame(kind, 5, 1, b"more");
        assert_eq!(
            client(&mut replay, std::slice::from_ref(&smuggled)),
            [frame(HEADERS, 4, 0, b"more")]
        );
        server(&mut replay, &[room(0, 10)]);
        assert_eq!(client(&mut replay, std::slice::from_ref(&smuggled)), [smuggled]);
    }
}

#[test]
fn everything_else_goes_through_byte_by_byte() {
    let mut replay = Replay::new(vec![1; 10]);
    let all = bytes(&[
        frame(SETTINGS, 0, 0, &settings(&[(4, 70_000)])),
        frame(HEADERS, 4, 1, b"response"),
        frame(DATA, 0, 1, &[5; 300]),
        frame(SETTINGS, 1, 0, &[]),
        frame(RESET, 0, 3, &[0; 4]),
        frame(GOAWAY, 0, 0, &[0; 8]),
    ]);
    let (mut to_client, mut to_server) = (Vec::new(), Vec::new());
    for byte in &all {
        replay.server_sent(&[*byte], &mut to_client, &mut to_server);
    }
    assert!(to_client == all && to_server.is_empty());
    for byte in &all {
        replay.client_sent(&[*byte], &mut to_server, &mut Vec::new());
    }
    assert_eq!(to_server.len(), all.len());
}

#[test]
fn it_is_not_done_while_something_is_held() {
    let mut replay = Replay::new(vec![1; 10]);
    let mut out = Vec::new();
    replay.client_sent(&[0, 0], &mut out, &mut Vec::new());
    assert!(out.is_empty());
    assert_eq!(server(&mut replay, &[room(0, 10)]).1.len(), 1);
    assert!(!replay.is_done());
    replay.client_sent(&[0, 6, 0, 0, 0, 0, 0], &mut out, &mut Vec::new());
    assert!(!replay.is_done());
    server(&mut replay, &[frame(HEADERS, 5, 1, b"response")]);
    assert!(replay.is_done());
    assert!(Replay::new(Vec::new()).is_done());
}
