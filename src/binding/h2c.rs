//! How does JavaScript lead a request into HTTP/2? One object for each: it judges the head, takes the body, waits for the
//! client's preface, and stands between the client and the server until the body is through.
//!
//! All decisions are [`proto::h2c`](crate::proto::h2c)'s.

use std::mem::take;

use napi::bindgen_prelude::{Buffer, Either, JsValue, Result, Unknown};
use napi::{Env, Error, Status};
use napi_derive::napi;

use super::handshake::{RefusedHandshake, to_latin1};
use super::values;
use crate::proto::h2c::{Body, BodyError, Framing, Opened, Opening, Read, Refusal, Replay, Request, examine};

/// What `readBody` returns when the body is not whole yet.
const MORE: i32 = -1;

/// What it returns when this is no body.
const MALFORMED: i32 = -2;

/// What it returns when the body is above the limit.
const TOO_LARGE: i32 = -3;

/// How far an upgrade is.
enum Stage {
    /// The body is on its way.
    Body(Body),
    /// 101 was answered; the client's preface is on its way.
    Opening(Opening, Vec<u8>),
    /// The body goes to the server.
    Replay(Replay),
}

/// An upgrade to `h2c`.
#[napi]
pub struct NativeHttp2Upgrade {
    request: Request,
    stage: Stage,
    /// What the server has to receive.
    to_server: Vec<u8>,
    /// What the client has to receive.
    to_client: Vec<u8>,
}

/// Decides about a request head, given as to `validateHandshake`. The server takes so many fields in a request over HTTP/2.
#[napi]
pub(crate) fn validate_http2_upgrade(
    env: Env,
    #[napi(ts_arg_type = "string")] head: Unknown<'_>,
    header_count: u32,
    most_fields: u32,
) -> Result<Either<NativeHttp2Upgrade, RefusedHandshake>> {
    let text = values::text(env.raw(), head.raw())
        .ok_or_else(|| Error::new(Status::StringExpected, "the head must be a string"))?;
    let bytes = to_latin1(&text);
    // A panic is a fault of ours, and costs one request.
    let examined = std::panic::catch_unwind(|| examine(&bytes, header_count as usize, most_fields as usize));
    Ok(match examined.unwrap_or(Err(Refusal::MalformedHead)) {
        Ok(request) => Either::A(NativeHttp2Upgrade {
            stage: Stage::Body(Body::new(request.framing, 0)),
            request,
            to_server: Vec::new(),
            to_client: Vec::new(),
        }),
        Err(refusal) => Either::B(RefusedHandshake {
            status: 400,
            code: refusal.code(),
            message: refusal.text(),
            headers: Vec::new(),
            stage: "request",
        }),
    })
}

#[napi]
impl NativeHttp2Upgrade {
    /// How long the body is said to be, `Infinity` above 4 GiB; -1 when it comes in chunks.
    #[napi(getter)]
    pub fn body_length(&self) -> f64 {
        match self.request.framing {
            Framing::Length(length) => u32::try_from(length).map_or(f64::INFINITY, f64::from),
            Framing::Chunked => -1.0,
        }
    }

    /// Whether the client waits for a `100 Continue`.
    #[napi(getter)]
    pub fn expects_continue(&self) -> bool {
        self.request.expects_continue
    }

    /// Says how long the body may be, before any of it is given.
    #[napi]
    pub fn limit_body(&mut self, limit: u32) {
        self.stage = Stage::Body(Body::new(self.request.framing, limit as usize));
    }

    /// Takes bytes of the connection. Returns where the body ended in them, or -1 when it is not whole yet, -2 when it is
    /// none, -3 when it is above the limit: then `takeOutput` gives what comes before the bytes that were not taken.
    #[napi(catch_unwind)]
    pub fn read_body(&mut self, bytes: &[u8]) -> Result<i32> {
        let Stage::Body(body) = &mut self.stage else {
            return Err(out_of_turn());
        };
        Ok(match body.read(bytes) {
            Ok(Read::More) => MORE,
            Ok(Read::Whole(end)) => i32::try_from(end).unwrap_or(MALFORMED),
            Err(BodyError::Malformed) => MALFORMED,
            Err(BodyError::TooLarge(taken)) => {
                self.to_server = body.unread();
                self.to_server.extend_from_slice(bytes.get(taken..).unwrap_or_default());
                TOO_LARGE
            }
        })
    }

    /// Takes what Node.js has read of the body. Returns whether it was within the limit.
    #[napi(catch_unwind)]
    pub fn add_body(&mut self, bytes: &[u8]) -> Result<bool> {
        match &mut self.stage {
            Stage::Body(body) => Ok(body.add(bytes).is_ok()),
            _ => Err(out_of_turn()),
        }
    }

    /// The body is whole. Returns its length.
    #[napi]
    pub fn end_body(&mut self) -> Result<u32> {
        let Stage::Body(body) = &mut self.stage else {
            return Err(out_of_turn());
        };
        let body = std::mem::replace(body, Body::new(Framing::Length(0), 0)).into_data();
        let length = body.len() as u32;
        self.stage = Stage::Opening(Opening::default(), body);
        Ok(length)
    }

    /// Takes bytes of the client that follow the 101. Returns 0 as long as its first frame is not whole, 1 when
    /// `takeOutput` gives what the server has to receive, 2 when it also says that the client is wrong, 3 when this is no
    /// HTTP/2.
    #[napi(catch_unwind)]
    pub fn open(&mut self, bytes: &[u8]) -> Result<u32> {
        let Stage::Opening(opening, body) = &mut self.stage else {
            return Err(out_of_turn());
        };
        let Request { settings, fields, .. } = &self.request;
        let opened = opening.read(bytes, settings, fields, body.is_empty(), &mut self.to_server);
        if opened == Opened::Yes {
            let rest = take(opening).into_rest();
            let mut replay = Replay::new(take(body));
            if replay.is_done() {
                self.to_server.extend_from_slice(&rest);
            } else {
                replay.client_sent(&rest, &mut self.to_server, &mut self.to_client);
            }
            self.stage = Stage::Replay(replay);
        }
        Ok(match opened {
            Opened::More => 0,
            Opened::Yes => 1,
            Opened::Wrong => 2,
            Opened::No => 3,
        })
    }

    /// What is there for the server.
    #[napi]
    pub fn take_output(&mut self) -> Buffer {
        take(&mut self.to_server).into()
    }

    /// What there is for the client.
    #[napi]
    pub fn take_answer(&mut self) -> Buffer {
        take(&mut self.to_client).into()
    }

    /// Takes what the client sent during the replay. Returns what the server has to receive; `takeAnswer` gives what the
    /// client learns at once.
    #[napi(catch_unwind)]
    pub fn client_sent(&mut self, bytes: &[u8]) -> Result<Buffer> {
        let Stage::Replay(replay) = &mut self.stage else {
            return Err(out_of_turn());
        };
        replay.client_sent(bytes, &mut self.to_server, &mut self.to_client);
        Ok(self.take_output())
    }

    /// Takes what the server sent during the replay. Returns what the client may know of it; `takeOutput` gives what the
    /// server receives upon it.
    #[napi(catch_unwind)]
    pub fn server_sent(&mut self, bytes: &[u8]) -> Result<Buffer> {
        let Stage::Replay(replay) = &mut self.stage else {
            return Err(out_of_turn());
        };
        let mut to_client = Vec::with_capacity(bytes.len());
        replay.server_sent(bytes, &mut to_client, &mut self.to_server);
        Ok(to_client.into())
    }

    /// Whether nothing has to stand between client and server any more.
    #[napi(getter)]
    pub fn is_replayed(&self) -> bool {
        matches!(&self.stage, Stage::Replay(replay) if replay.is_done())
    }
}

/// The error for our own side, which calls in order.
fn out_of_turn() -> Error {
    Error::from_reason("not now")
}
