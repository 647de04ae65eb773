//! Tests of the wire room, one file per file of the room.

mod header;
mod key;
mod mask;
mod names;
mod oracle;
mod utf8;
