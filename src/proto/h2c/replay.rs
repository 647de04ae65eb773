//! How does the body of the upgraded request follow it? As DATA between the client's frames, no more of it than the
//! server has room for. What the server says about that room was never the client's to spend, so it does not learn it.
//! (RFC 9113 sections 5.2 and 6.9)
//!
//! The window of stream 1 is the replay's alone. That of the connection is the client's, who believes that it has sent
//! nothing: the replay needs room on top of it. The first so many bytes of room that the server offers are taken for the
//! replay; whoever drives this makes the server offer them (it enlarges the window of the connection and brings it back
//! to its size, by which the server also knows that it never has to offer these bytes again). When nobody wants the rest
//! of the body, the client gets the room for it: the server would wait for it to be used.

use std::collections::VecDeque;

use super::frame::{self, FrameHeader, MAX_PAYLOAD, flag, kind};
use super::opening::STREAM;
use super::settings;
use super::walker::{Piece, Walker};

/// The window that streams begin with until the settings say something else.
const FIRST_WINDOW: i64 = 65_535;

/// A connection over which a body is replayed: what comes from either side goes in, what is for the other comes out.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The body.
    body: Vec<u8>,
    /// How much of it was sent.
    sent: usize,
    /// Whether nobody wants the rest.
    is_cut: bool,
    /// Whether the server has said everything about the stream: until then it may offer more room.
    is_answered: bool,
    /// How much the server has room for on the stream; less than nothing after it has changed its settings.
    stream: i64,
    /// How much room for the connection is to be taken from what the server offers.
    owed: usize,
    /// How much was taken and not used.
    credit: usize,
    /// The window that streams begin with.
    initial: i64,
    /// What the server's settings make of it, one for each frame that the client has not acknowledged.
    announced: VecDeque<Option<u32>>,
    /// What comes from the client.
    client: Walker,
    /// Whether that is between the frames of one block of fields.
    in_fields: bool,
    /// What comes from the server.
    server: Walker,
}

impl Replay {
    /// Before the first byte from either side that follows the request's fields.
    pub fn new(body: Vec<u8>) -> Self {
        Self {
            owed: body.len(),
            body,
            sent: 0,
            is_cut: false,
            is_answered: false,
            stream: FIRST_WINDOW,
            credit: 0,
            initial: FIRST_WINDOW,
            announced: VecDeque::new(),
            client: Walker::default(),
            in_fields: false,
            server: Walker::default(),
        }
    }

    /// How much room the server has to offer for the connection.
    pub const fn owed(&self) -> usize {
        self.owed
    }

    /// Whether everything may go through as it is from now on.
    pub const fn is_done(&self) -> bool {
        self.is_over()
            && (self.is_answered || self.body.is_empty())
            && self.owed == 0
            && self.credit == 0
            && self.client.holds_nothing()
            && self.server.holds_nothing()
    }

    /// Takes what the client sent, and appends to `to_server` what the server has to receive, and to `to_client` what the
    /// client learns at once.
    pub fn client_sent(&mut self, bytes: &[u8], to_server: &mut Vec<u8>, to_client: &mut Vec<u8>) {
        let mut walker = std::mem::take(&mut self.client);
        walker.walk(
            bytes,
            |_| false,
            |piece, walker| {
                match piece {
                    Piece::Frame(header, _) => self.client_frame(header, to_server),
                    Piece::Payload(payload) => to_server.extend_from_slice(payload),
                }
                if walker.is_between_frames() {
                    self.send(to_server);
                }
            },
        );
        self.client = walker;
        if self.server.is_between_frames() {
            self.give_back(to_client);
        }
    }

    /// Takes what the server sent, and appends to `to_client` what the client may know of it, and to `to_server` what
    /// there is room for now.
    pub fn server_sent(&mut self, bytes: &[u8], to_client: &mut Vec<u8>, to_server: &mut Vec<u8>) {
        let mut walker = std::mem::take(&mut self.server);
        walker.walk(bytes, is_about_room, |piece, walker| {
            match piece {
                Piece::Frame(header, payload) => self.server_frame(header, payload, to_client),
                Piece::Payload(payload) => to_client.extend_from_slice(payload),
            }
            if walker.is_between_frames() {
                self.give_back(to_client);
            }
        });
        self.server = walker;
        // What is held of the next frame's header has not reached the server yet.
        if self.client.is_between_frames() {
            self.send(to_server);
        }
    }

    /// Whether there is nothing to send any more.
    const fn is_over(&self) -> bool {
        self.is_cut || self.sent == self.body.len()
    }

    /// Passes the beginning of a frame of the client.
    fn client_frame(&mut self, mut header: FrameHeader, to_server: &mut Vec<u8>) {
        match (header.kind, header.stream) {
            (kind::SETTINGS, _) if header.has(flag::ACK) => self.acknowledged(),
            (kind::RST_STREAM, STREAM) => self.cut(),
            // The client has sent all of this stream; for the server it would be a part of the body. As HEADERS of the
            // connection it is the error that it ought to be, and one that Node.js closes the session for.
            (kind::DATA | kind::HEADERS, STREAM) if !self.is_over() => {
                header.kind = kind::HEADERS;
                header.flags = flag::END_HEADERS;
                header.stream = 0;
            }
            _ => {}
        }
        if matches!(header.kind, kind::HEADERS | kind::CONTINUATION) {
            self.in_fields = !header.has(flag::END_HEADERS);
        }
        to_server.extend_from_slice(&header.encode());
    }

    /// The oldest settings that the client did not know hold from now on.
    fn acknowledged(&mut self) {
        if let Some(initial) = self.announced.pop_front().flatten() {
            self.stream += i64::from(initial) - self.initial;
            self.initial = i64::from(initial);
        }
    }

    /// Passes a frame of the server, or the beginning of one that is about something else.
    fn server_frame(&mut self, header: FrameHeader, payload: &[u8], to_client: &mut Vec<u8>) {
        match (header.kind, header.stream) {
            (kind::SETTINGS, _) if !header.has(flag::ACK) => {
                self.announced.push_back(settings::initial_window(payload));
            }
            (kind::RST_STREAM, STREAM) => self.cut(),
            (kind::DATA | kind::HEADERS, STREAM) if header.has(flag::END_STREAM) => self.is_answered = true,
            (kind::WINDOW_UPDATE, STREAM) => {
                self.stream += i64::from(increment(payload));
                return;
            }
            (kind::WINDOW_UPDATE, 0) => {
                let offered = increment(payload);
                let rest = offered - self.take(offered);
                if rest > 0 {
                    frame::append(to_client, kind::WINDOW_UPDATE, 0, 0, &rest.to_be_bytes());
                }
                return;
            }
            _ => {}
        }
        to_client.extend_from_slice(&header.encode());
        to_client.extend_from_slice(payload);
    }

    /// Nobody wants the rest of the body.
    const fn cut(&mut self) {
        self.is_cut = true;
        self.is_answered = true;
        self.owed = 0;
    }

    /// Gives the client the room that nobody uses any more.
    fn give_back(&mut self, to_client: &mut Vec<u8>) {
        if self.is_cut && self.credit > 0 {
            let by = std::mem::take(&mut self.credit) as u32;
            frame::append(to_client, kind::WINDOW_UPDATE, 0, 0, &by.to_be_bytes());
        }
    }

    /// Takes from the room that the server offers what is owed, and says how much that was.
    fn take(&mut self, offered: u32) -> u32 {
        let taken = u32::try_from(self.owed).map_or(offered, |owed| owed.min(offered));
        self.owed -= taken as usize;
        self.credit += taken as usize;
        taken
    }

    /// Sends as much as there is room for.
    fn send(&mut self, to_server: &mut Vec<u8>) {
        while !self.in_fields && !self.is_over() {
            let rest = self.body.get(self.sent..).unwrap_or_default();
            let room = usize::try_from(self.stream).unwrap_or(0).min(self.credit);
            let most = room.min(MAX_PAYLOAD).min(rest.len());
            let Some(now) = rest.get(..most).filter(|now| !now.is_empty()) else {
                return;
            };
            let flags = if now.len() == rest.len() { flag::END_STREAM } else { 0 };
            frame::append(to_server, kind::DATA, flags, STREAM, now);
            self.sent += now.len();
            self.credit -= now.len();
            self.stream -= i64::from(now.len() as u32);
        }
    }
}

/// Whether a frame of the server has to be seen whole.
const fn is_about_room(header: FrameHeader) -> bool {
    match header.kind {
        kind::SETTINGS => true,
        kind::WINDOW_UPDATE => header.stream <= STREAM,
        _ => false,
    }
}

/// What a `WINDOW_UPDATE` adds.
fn increment(payload: &[u8]) -> u32 {
    payload
        .first_chunk()
        .map_or(0, |&bytes| u32::from_be_bytes(bytes) & 0x7fff_ffff)
}
