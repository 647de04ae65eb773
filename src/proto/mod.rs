//! Ring 0: what the bytes mean. No sockets, no clock, no threads: bytes in, bytes and events out.
//!
//! Read in this order: [`http`] (request heads and header lists), [`handshake`] (the upgrade), [`wire`] (frames),
//! [`session`] (a live WebSocket); [`h2c`] is the way into HTTP/2. Nothing here may use `engine` or `binding`.

pub mod deflate;
pub mod h2c;
pub mod handshake;
pub mod http;
pub mod session;
pub mod wire;
