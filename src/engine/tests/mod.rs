//! The engine as a whole, over real sockets: the test plays JavaScript and the peers.

mod echo;
mod support;
