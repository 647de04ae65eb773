//! The outgoing slab: commands as `lib/` writes them.

use super::payload;
use crate::engine::memory::command::operation::{FIN, MASK, NOTIFY, REFERENCE, VERB_SHIFT};
use crate::engine::transport::{Foreign, Token};
use crate::proto::wire::Opcode;
use std::collections::HashSet;

/// Numbers of the verbs.
const ATTACH: u32 = 1;
const CLOSE: u32 = 2;
const TERMINATE: u32 = 3;
const RESET: u32 = 4;
const PAUSE: u32 = 5;
const RESUME: u32 = 6;
const SHUTDOWN: u32 = 7;
const KEY: u32 = 8;
const RAW: u32 = 9;
const INPUT: u32 = 10;
const PASSED_ON: u32 = 11;
const LEAVE: u32 = 12;
const WATCH: u32 = 13;
const OPTION: u32 = 14;

/// Commands that wait to cross.
#[derive(Default)]
pub(in crate::engine::tests) struct Slab {
    pub(super) bytes: Vec<u8>,
    pub(super) foreign: Vec<Foreign>,
    held: HashSet<usize>,
    tokens: usize,
}

impl Slab {
    fn command(&mut self, id: u32, operation: u32, body: &[&[u8]]) {
        let length: usize = body.iter().map(|part| part.len()).sum();
        for word in [id, operation, length as u32] {
            self.bytes.extend(word.to_ne_bytes());
        }
        for part in body {
            self.bytes.extend_from_slice(part);
        }
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    /// A new connection on `descriptor`, or on a Duplex when that is -1.
    pub(in crate::engine::tests) fn attach(&mut self, id: u32, descriptor: i32, settings: usize, response: &[u8]) {
        let words = [descriptor.to_ne_bytes(), (settings as u32).to_ne_bytes()];
        self.command(id, ATTACH << VERB_SHIFT, &[&words[0], &words[1], response]);
    }

    /// The same with input that came before.
    pub(in crate::engine::tests) fn attach_with(
        &mut self,
        id: u32,
        descriptor: i32,
        settings: usize,
        rest: &'static [u8],
    ) {
        let words = [descriptor.to_ne_bytes(), (settings as u32).to_ne_bytes()];
        self.command(id, ATTACH << VERB_SHIFT | REFERENCE, &[&words[0], &words[1]]);
        self.refer(rest);
    }

    /// A whole message.
    pub(in crate::engine::tests) fn send(&mut self, id: u32, opcode: Opcode, bytes: &[u8]) {
        self.command(id, opcode as u32 | FIN, &[bytes]);
    }

    /// The same with other bits in the operation word.
    pub(in crate::engine::tests) fn frame(&mut self, id: u32, operation: u32, bytes: &[u8]) {
        self.command(id, operation, &[bytes]);
    }

    /// A binary message by reference, which JavaScript waits for: part of the pattern all payloads are cut from.
    pub(in crate::engine::tests) fn send_reference(&mut self, id: u32, who: u32, number: u32, length: usize) {
        self.command(id, Opcode::Binary as u32 | FIN | REFERENCE | NOTIFY, &[]);
        self.refer(payload(who, number, length));
    }

    /// The same, masked.
    pub(in crate::engine::tests) fn send_masked_reference(&mut self, id: u32, bytes: &'static [u8]) {
        self.command(id, Opcode::Binary as u32 | FIN | REFERENCE | MASK, &[]);
        self.refer(bytes);
    }

    /// A whole message, masked and by copy.
    pub(in crate::engine::tests) fn send_masked(&mut self, id: u32, opcode: Opcode, bytes: &[u8]) {
        self.command(id, opcode as u32 | FIN | MASK, &[bytes]);
    }

    /// What a Duplex has brought, which has `backlog` bytes to pass on.
    pub(in crate::engine::tests) fn input(&mut self, id: u32, backlog: u32, bytes: &[u8]) {
        self.command(id, INPUT << VERB_SHIFT, &[&backlog.to_ne_bytes(), bytes]);
    }

    /// The same, and JavaScript waits to hear that it is taken.
    pub(in crate::engine::tests) fn input_then_tell(&mut self, id: u32, bytes: &[u8]) {
        self.command(id, INPUT << VERB_SHIFT | NOTIFY, &[&[0; 4], bytes]);
    }

    /// A Duplex brings no more.
    pub(in crate::engine::tests) fn end_input(&mut self, id: u32) {
        self.command(id, INPUT << VERB_SHIFT | FIN, &[&[0; 4]]);
    }

    /// A Duplex has passed everything on.
    pub(in crate::engine::tests) fn passed_on(&mut self, id: u32) {
        self.command(id, PASSED_ON << VERB_SHIFT, &[]);
    }

    /// A Duplex is gone.
    pub(in crate::engine::tests) fn leave(&mut self, id: u32) {
        self.command(id, LEAVE << VERB_SHIFT, &[]);
    }

    /// JavaScript waits for our FIN.
    pub(in crate::engine::tests) fn watch(&mut self, id: u32) {
        self.command(id, WATCH << VERB_SHIFT, &[]);
    }

    /// An option of the socket.
    pub(in crate::engine::tests) fn option(&mut self, id: u32, words: [u32; 5]) {
        let body: Vec<u8> = words.into_iter().flat_map(u32::to_ne_bytes).collect();
        self.command(id, OPTION << VERB_SHIFT, &[&body]);
    }

    /// The masking key of the next frame.
    pub(in crate::engine::tests) fn key(&mut self, id: u32, key: [u8; 4]) {
        self.command(id, KEY << VERB_SHIFT, &[&key]);
    }

    /// A frame that is encoded already; `rest` goes by reference.
    pub(in crate::engine::tests) fn raw(&mut self, id: u32, start: &[u8], rest: Option<&'static [u8]>) {
        let reference = if rest.is_some() { REFERENCE } else { 0 };
        self.command(id, RAW << VERB_SHIFT | NOTIFY | reference, &[start]);
        if let Some(rest) = rest {
            self.refer(rest);
        }
    }

    fn refer(&mut self, bytes: &'static [u8]) {
        self.tokens += 1;
        self.held.insert(self.tokens);
        self.foreign.push(Foreign::of_static(bytes, Token(self.tokens)));
    }

    /// The commands.
    pub(in crate::engine::tests) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// By-reference payloads come back, each once.
    pub(in crate::engine::tests) fn release(&mut self, tokens: impl IntoIterator<Item = Token>) {
        for Token(token) in tokens {
            assert!(self.held.remove(&token), "released twice");
        }
    }

    /// By-reference payloads that are not back yet.
    pub(in crate::engine::tests) fn held(&self) -> usize {
        self.held.len()
    }

    /// The close frame.
    pub(in crate::engine::tests) fn close(&mut self, id: u32, code: u32, reason: &[u8]) {
        self.command(id, CLOSE << VERB_SHIFT, &[&code.to_ne_bytes(), reason]);
    }

    /// Drop it.
    pub(in crate::engine::tests) fn terminate(&mut self, id: u32) {
        self.command(id, TERMINATE << VERB_SHIFT, &[]);
    }

    /// Drop it with a reset.
    pub(in crate::engine::tests) fn reset(&mut self, id: u32) {
        self.command(id, RESET << VERB_SHIFT, &[]);
    }

    /// Stop reading.
    pub(in crate::engine::tests) fn pause(&mut self, id: u32) {
        self.command(id, PAUSE << VERB_SHIFT, &[]);
    }

    /// Read again.
    pub(in crate::engine::tests) fn resume(&mut self, id: u32) {
        self.command(id, RESUME << VERB_SHIFT, &[]);
    }

    /// Half-close after the output, without a closing handshake.
    pub(in crate::engine::tests) fn half_close(&mut self, id: u32) {
        self.command(id, SHUTDOWN << VERB_SHIFT | FIN, &[]);
    }

    /// Half-close after the output.
    pub(in crate::engine::tests) fn shutdown(&mut self, id: u32) {
        self.command(id, SHUTDOWN << VERB_SHIFT, &[]);
    }
}
