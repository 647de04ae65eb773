//! See the parent room.
