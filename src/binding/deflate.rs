//! How does JavaScript negotiate compression? Options and header fields in, header fields out.
//!
//! All decisions are [`proto::deflate`](crate::proto::deflate)'s.
#![expect(clippy::needless_pass_by_value, reason = "Node-API hands values over")]

use super::class::unsigned;
use crate::proto::deflate::negotiate::{accept_offers, accept_response, offer};
use crate::proto::deflate::{Deflate, Options, Tuning, Window};
use napi::bindgen_prelude::{Either, Null};
use napi::{Error, Result};
use napi_derive::napi;

/// What an endpoint wants of compression. What is `null` is left to the peer; for windows 0 stands for `false` (no limit
/// is taken) and 1 for `true`.
#[napi(object)]
pub struct DeflateOptions {
    /// The server shall forget each message.
    pub server_no_context_takeover: Option<bool>,
    /// The client shall forget each message.
    pub client_no_context_takeover: Option<bool>,
    /// The server's window.
    pub server_max_window_bits: Option<u32>,
    /// The client's window.
    pub client_max_window_bits: Option<u32>,
}

/// What was agreed on, and how to go about it.
#[napi(object)]
pub struct DeflateSettings {
    /// The accepted parameters, as they stand in the header field.
    pub agreed: String,
    /// Shorter messages are not compressed where nothing is remembered.
    pub threshold: f64,
    /// zlib's level, 0 to 9.
    pub level: u32,
    /// zlib's memory level, 1 to 9.
    pub mem_level: u32,
    /// zlib's strategy, 0 to 4.
    pub strategy: u32,
}

/// A window as the options of `ws` name it.
fn window(bits: Option<u32>) -> Window {
    match bits {
        None => Window::Unset,
        Some(0) => Window::Refused,
        Some(1) => Window::Any,
        Some(bits) => Window::Bits(bits.clamp(8, 15) as u8),
    }
}

impl From<&DeflateOptions> for Options {
    fn from(from: &DeflateOptions) -> Self {
        Self {
            server_no_context_takeover: from.server_no_context_takeover,
            client_no_context_takeover: from.client_no_context_takeover,
            server_max_window_bits: window(from.server_max_window_bits),
            client_max_window_bits: window(from.client_max_window_bits),
        }
    }
}

impl DeflateSettings {
    /// What a session has to know.
    pub(crate) fn read(&self) -> Option<Deflate> {
        // It was accepted before, by one of the functions below; a client's reading takes a server's answer too.
        let lines = std::iter::once(self.agreed.as_bytes());
        let parameters = accept_response(Options::default(), lines).ok()?;
        let tuning = Tuning {
            level: self.level.min(9) as u8,
            mem_level: self.mem_level.clamp(1, 9) as u8,
            strategy: self.strategy.min(4) as u8,
        };
        Some(parameters.deflate(unsigned(self.threshold), tuning))
    }
}

/// What a client sends as `Sec-WebSocket-Extensions`.
#[napi]
pub(crate) fn offer_deflate(options: DeflateOptions) -> String {
    offer((&options).into()).to_string()
}

/// What a server answers to the `Sec-WebSocket-Extensions` of a request: the field's value, or `null` when compression was
/// not offered. Throws when it was offered in a way that cannot be accepted.
#[napi]
pub(crate) fn accept_deflate_offers(options: DeflateOptions, header: String) -> Result<Either<String, Null>> {
    let accepted = accept_offers((&options).into(), std::iter::once(header.as_bytes()));
    match accepted {
        Ok(Some(parameters)) => Ok(Either::A(parameters.to_string())),
        Ok(None) => Ok(Either::B(Null)),
        Err(error) => Err(Error::from_reason(error.to_string())),
    }
}

/// What a client makes of the `Sec-WebSocket-Extensions` of a response to its offer: the parameters agreed on. Throws when
/// it must not accept them.
#[napi]
pub(crate) fn accept_deflate_response(options: DeflateOptions, header: String) -> Result<String> {
    let accepted = accept_response((&options).into(), std::iter::once(header.as_bytes()));
    accepted
        .map(|parameters| parameters.to_string())
        .map_err(|error| Error::from_reason(error.to_string()))
}
