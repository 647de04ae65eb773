//! What must hold for any bytes at all? The entry for fuzzers; the room's property tests run it too.

use super::super::http::RequestHead;
use super::{Body, BodyError, Framing, Opened, Opening, Read, Replay, Settings, validate};

/// Gives `data` to everything here that reads what a peer sends, whole and cut in two, and compares.
///
/// # Panics
///
/// When an invariant is broken.
pub fn fuzz_h2c(data: &[u8]) {
    if let Ok(Some((head, _))) = RequestHead::parse(data) {
        let _ = validate(&head, 128);
    }
    let Some((&cut, data)) = data.split_first() else { return };
    let (start, end) = data.split_at(usize::from(cut).min(data.len()));
    body(data, start, end);
    opening(data, start, end);
    replay(data, start, end);
}

/// A body in chunks.
fn body(data: &[u8], start: &[u8], end: &[u8]) {
    const LIMIT: usize = 64;
    let mut whole = Body::new(Framing::Chunked, LIMIT);
    let read = whole.read(data);
    let mut pieces = Body::new(Framing::Chunked, LIMIT);
    let later = |error: BodyError| match error {
        BodyError::TooLarge(at) => BodyError::TooLarge(start.len() + at),
        BodyError::Malformed => error,
    };
    let in_pieces = match pieces.read(start) {
        Ok(Read::More) => pieces.read(end).map_err(later).map(|read| match read {
            Read::Whole(at) => Read::Whole(start.len() + at),
            Read::More => Read::More,
        }),
        other => other,
    };
    assert_eq!(read, in_pieces, "how a body is cut does not matter");
    assert_eq!(whole.unread(), pieces.unread());
    assert!(whole.into_data().len() <= LIMIT);
}

/// The client's preface.
fn opening(data: &[u8], start: &[u8], end: &[u8]) {
    let opened = [&[data][..], &[start, end]].map(|pieces| {
        let settings = Settings::decode(b"AAMAAABk").unwrap_or_default();
        let (mut opening, mut opened, mut out) = (Opening::default(), Opened::More, Vec::new());
        for piece in pieces {
            match opened {
                Opened::More => opened = opening.read(piece, &settings, b"block", true, &mut out),
                _ => out.extend_from_slice(piece),
            }
            if opened == Opened::Yes {
                out.append(&mut std::mem::take(&mut opening).into_rest());
            }
        }
        if opened == Opened::No {
            out.clear();
        }
        (opened, out)
    });
    let [whole, in_pieces] = opened;
    assert_eq!(whole, in_pieces, "how a preface is cut does not matter");
}

/// Both sides of a replay: what goes to the server does not depend on how the client's bytes were cut, and nothing gets
/// lost of what the server says about something else.
fn replay(data: &[u8], start: &[u8], end: &[u8]) {
    let (mut whole, mut pieces, mut answer) = (Vec::new(), Vec::new(), Vec::new());
    Replay::new(vec![7; 100]).client_sent(data, &mut whole, &mut answer);
    let mut replay = Replay::new(vec![7; 100]);
    replay.client_sent(start, &mut pieces, &mut answer);
    replay.client_sent(end, &mut pieces, &mut answer);
    assert!(answer.is_empty(), "no room was offered");
    assert_eq!(whole, pieces, "how frames are cut does not matter");
    let (mut to_client, mut to_server) = (Vec::new(), Vec::new());
    replay.server_sent(start, &mut to_client, &mut to_server);
    replay.server_sent(end, &mut to_client, &mut to_server);
    assert!(
        to_client.len() <= data.len(),
        "nothing is added to what the server says"
    );
    assert!(to_server.len() <= 100 + 100 * 9, "no more than the body");
}
