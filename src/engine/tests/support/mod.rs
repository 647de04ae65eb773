//! A world for the engine without Node.js: the JavaScript thread as the border plays it, and peers that check each byte.

mod bell;
mod event;
mod event_loop;
mod js;
mod peer;
mod slab;

pub(super) use bell::Bell;
pub(super) use event::Event;
pub(super) use js::{Js, Left, Options};
pub(super) use peer::{Frame, Peer, frame};
pub(super) use slab::Slab;

use crate::engine::driver::exchange::Driver;
use crate::engine::settings::Settings;
use crate::proto::session::Config;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// The drivers every behaviour is tested under.
pub(super) const DRIVERS: [Driver; 2] = [Driver::Loop, Driver::Thread];

/// Nothing in a test takes this long unless something was lost.
const PATIENCE: Duration = Duration::from_secs(20);

/// Bytes that payloads are cut from: a wrong offset, length or connection shows.
static PATTERN: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut state = 0x9e37_79b9_u32;
    let step = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..(3 << 20)).map(step).collect()
});

/// The payload of message `number` of connection `who`, `length` bytes of it (at most 2 MiB).
pub(super) fn payload(who: u32, number: u32, length: usize) -> &'static [u8] {
    let start = (who.wrapping_mul(7919).wrapping_add(number.wrapping_mul(104_729))) as usize % (1 << 20);
    &PATTERN[start..start + length]
}

/// Settings as of a server with `ws`'s defaults.
pub(super) fn settings() -> Settings {
    Settings {
        session: Config::default(),
        close_timeout: Duration::from_secs(30),
        max_pending_pongs: 60,
        tells_at_once: true,
        receive_credit: 256 << 10,
    }
}

/// Goes on until `done`: peers read and write, JavaScript does what it is called for.
pub(super) fn until(js: &mut Js, peers: &mut [Peer], mut done: impl FnMut(&mut Js, &mut [Peer]) -> bool) {
    let begun = Instant::now();
    loop {
        for peer in &mut *peers {
            peer.pump();
        }
        if done(js, peers) {
            return;
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "something was lost: {:?}",
            js.hub.exchange.driver()
        );
        js.step(Duration::from_millis(1));
    }
}

/// Goes on for `time`.
pub(super) fn settle(js: &mut Js, peers: &mut [Peer], time: Duration) {
    let begun = Instant::now();
    until(js, peers, |_, _| begun.elapsed() >= time);
}
