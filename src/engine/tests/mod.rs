//! The engine as a whole, over real sockets: the test plays JavaScript and the peers.

mod apart;
mod asking;
mod closing;
mod credit;
mod duplex;
mod echo;
mod faults;
mod identity;
mod limits;
mod memory;
mod options;
mod output;
mod packing;
mod places;
mod readiness;
mod support;
mod switching;
