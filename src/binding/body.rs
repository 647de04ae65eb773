//! Where does the body of a request end that comes in chunks? For upgrades whose body nobody else has read.
//!
//! All decisions are [`proto::h2c`](crate::proto::h2c)'s, which has to know the same.

use napi::bindgen_prelude::Buffer;
use napi_derive::napi;

use crate::proto::h2c::{Body, BodyError, Framing, Read};

/// What `read` returns when the body is not whole yet.
const MORE: i32 = -1;

/// What it returns when this is no body.
const MALFORMED: i32 = -2;

/// What it returns when the body is above the limit.
const TOO_LARGE: i32 = -3;

/// A body in chunks, on its way in.
#[napi]
pub struct NativeChunkedBody {
    body: Body,
}

#[napi]
impl NativeChunkedBody {
    /// Begins a body of so many bytes at most.
    #[napi(constructor)]
    pub fn new(limit: u32) -> Self {
        Self {
            body: Body::new(Framing::Chunked, limit as usize),
        }
    }

    /// Takes bytes of the connection. Returns where the body ended in them, or -1 when it is not whole yet, -2 when it is
    /// none, -3 when it is above the limit.
    #[napi(catch_unwind)]
    pub fn read(&mut self, bytes: &[u8]) -> i32 {
        match self.body.read(bytes) {
            Ok(Read::More) => MORE,
            Ok(Read::Whole(end)) => i32::try_from(end).unwrap_or(MALFORMED),
            Err(BodyError::Malformed) => MALFORMED,
            Err(BodyError::TooLarge(_)) => TOO_LARGE,
        }
    }

    /// What there is of it. It is gone afterwards.
    #[napi]
    pub fn take_data(&mut self) -> Buffer {
        std::mem::replace(&mut self.body, Body::new(Framing::Length(0), 0))
            .into_data()
            .into()
    }
}
