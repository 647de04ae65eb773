//! Upshift's Rust core, in three rings whose arrows point inward only.
//!
//! ```text
//! fd -> engine/transport -> proto/session -> event -> engine/batch -> binding -> lib/ -> 'message'
//! ws.send() -> lib/ -> outgoing slab -> binding -> engine/mailbox -> proto/session -> engine/transport -> fd
//! ```
//!
//! Changes what bytes mean: [`proto`]. When or where bytes move: `engine`. What JavaScript sees: `lib/`. Only the shape
//! of the border: `binding`.

#[cfg(feature = "proto")]
pub mod proto;

#[cfg(feature = "engine")]
pub mod engine;

#[cfg(feature = "binding")]
mod binding;
