//! What do frames mean that arrive somewhere else? A session without a connection: bytes in, what they meant out, for those
//! who parse a stream of their own.

use std::mem::take;

use napi::bindgen_prelude::Buffer;
use napi_derive::napi;

use super::class::ConnectionSettings;
use crate::engine::settings::Settings;
use crate::proto::deflate::Pool;
use crate::proto::session::{Config, Pongs, Session, Sink};
use crate::proto::wire::Opcode;

/// What stands for an error where others have an opcode.
const FAILED: u32 = 0;

/// What was received.
#[napi(object, object_from_js = false)]
pub struct ReceivedFrame {
    /// Its opcode; 0 is an error, which is the last there is.
    pub opcode: u32,
    /// The message, the payload of a control frame, the reason of a close frame, or the text of an error.
    pub data: Buffer,
    /// Where the fragments of a message end, when it has several.
    pub ends: Vec<u32>,
    /// The close code: of a close frame, or for an error.
    pub close_code: u32,
    /// The code of an error.
    pub code: Option<&'static str>,
}

/// A session.
#[napi]
pub struct NativeReceiver {
    session: Session,
    config: Config,
    pool: Pool,
}

#[napi]
impl NativeReceiver {
    /// At the start of a connection.
    #[napi(constructor)]
    pub fn new(settings: ConnectionSettings) -> Self {
        let Settings { session: config, .. } = settings.into();
        Self {
            session: Session::new(),
            config: Config {
                auto_pong: false,
                ..config
            },
            pool: Pool::default(),
        }
    }

    /// Takes bytes and returns what is complete with them, in order.
    #[napi(catch_unwind)]
    pub fn receive(&mut self, bytes: &[u8]) -> Vec<ReceivedFrame> {
        let mut received = Received {
            frames: Vec::new(),
            reserved: Vec::new(),
            pool: &mut self.pool,
        };
        let result = self
            .session
            .receive(&self.config, bytes, &mut received, &mut Pongs::new(&mut Vec::new(), 0));
        if let Err(error) = result {
            let text = error.to_string().into_bytes();
            received.push(FAILED, text, Vec::new(), error.close_code());
            if let Some(last) = received.frames.last_mut() {
                last.code = Some(error.code());
            }
        }
        received.frames
    }
}

/// Collects what a session tells.
struct Received<'a> {
    frames: Vec<ReceivedFrame>,
    reserved: Vec<u8>,
    pool: &'a mut Pool,
}

impl Received<'_> {
    fn push(&mut self, opcode: u32, data: Vec<u8>, ends: Vec<u32>, close_code: u16) {
        self.frames.push(ReceivedFrame {
            opcode,
            data: data.into(),
            ends,
            close_code: u32::from(close_code),
            code: None,
        });
    }
}

impl Sink for Received<'_> {
    fn reserve(&mut self, len: usize) -> Option<&mut [u8]> {
        self.reserved = vec![0; len];
        Some(&mut self.reserved)
    }

    fn commit(&mut self, opcode: Opcode, len: usize) {
        let mut data = take(&mut self.reserved);
        data.truncate(len);
        self.push(opcode as u32, data, Vec::new(), 0);
    }

    fn message(&mut self, opcode: Opcode, data: Vec<u8>, fragments: Vec<u32>) {
        self.push(opcode as u32, data, fragments, 0);
    }

    fn ready(&self) -> bool {
        true
    }

    fn pool(&mut self) -> &mut Pool {
        self.pool
    }

    fn close(&mut self, code: u16, reason: &[u8]) {
        self.push(Opcode::Close as u32, reason.to_vec(), Vec::new(), code);
    }
}
