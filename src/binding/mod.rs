//! Ring 2: the only room that names napi. It converts and forwards; decisions are the inner rings' or JavaScript's.
//!
//! [`class`] is the one class, a reactor as JavaScript sees it; [`channel`] is what is behind it, made by [`create`]. [`calls`] are what messages call, [`dispatch`] brings events up, [`slab`] takes commands
//! down, [`output`] brings up what streams write, [`memory`] is what both see, [`uv`] lets the JavaScript loop watch a reactor, [`cleanup`] ends it with its environment. [`handshake`], [`upgrade`],
//! [`deflate`], [`descriptor`] and [`trim`] are plain functions, and [`receiver`] is a session without a connection. [`h2c`] is the way of one request into HTTP/2, and [`body`] finds the end of one.
#![allow(unnameable_types, reason = "it is JavaScript that names them")]

mod body;
mod calls;
mod channel;
mod class;
mod cleanup;
mod create;
mod deflate;
mod descriptor;
mod dispatch;
mod functions;
mod h2c;
mod handshake;
mod memory;
mod output;
mod receiver;
mod slab;
mod stats;
mod trim;
mod upgrade;
#[cfg(unix)]
mod uv;
mod values;
