//! What does an idle connection cost in Rust? Counted by the allocator of this program, which therefore is a program of
//! its own.
#![cfg(all(unix, feature = "engine", not(feature = "binding")))]

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{Read, Write};
use std::os::fd::IntoRawFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use upshift::engine::crossing::Border;
use upshift::engine::driver::exchange::Driver;
use upshift::engine::hub::Hub;
use upshift::engine::memory::ledger::{Ledger, SLOTS};
use upshift::engine::reactor::{Budget, Look};
use upshift::engine::settings::Settings;
use upshift::proto::session::Config;

/// Connections; each takes two descriptors.
const CONNECTIONS: usize = 400;
/// The promise, with the connection's place in every table.
const MOST: usize = 256;
/// Operation words: attach, and an unfragmented text message.
const ATTACH: u32 = 1 << 8;
const TEXT: u32 = 0x11;

/// The system's allocator, counting the bytes that are in use.
struct Counting(AtomicUsize);

#[global_allocator]
static ALLOCATOR: Counting = Counting(AtomicUsize::new(0));

// SAFETY: forwards every call unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.0.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        self.0.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(memory, layout) }
    }
}

/// Nobody to call: this program dispatches when it likes.
struct Silent;

impl Border for Silent {
    fn signal(&self) {}
}

fn submit(hub: &Hub, id: u32, operation: u32, body: &[u8]) {
    let mut command: Vec<u8> = [id, operation, body.len() as u32]
        .into_iter()
        .flat_map(u32::to_ne_bytes)
        .collect();
    command.extend_from_slice(body);
    command.resize(command.len().next_multiple_of(4), 0);
    assert!(hub.submit(&command, &mut Vec::new(), None).direct);
}

fn attach(hub: &Hub, id: u32, settings: usize, stream: UnixStream) {
    stream.set_nonblocking(true).unwrap();
    let mut body = stream.into_raw_fd().to_ne_bytes().to_vec();
    body.extend((settings as u32).to_ne_bytes());
    body.extend(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    submit(hub, id, ATTACH, &body);
}

/// Turns until there is nothing left to do; the batches come back as JavaScript gives them back.
fn settle(hub: &Hub) {
    while hub.loop_turn(|_| Look::OURS).expect("the loop drives").more || !hub.events.is_empty() {
        while let Some(batch) = hub.events.take() {
            hub.submit(&[], &mut Vec::new(), Some(batch));
        }
    }
}

/// A message in and one out, so that all there is to a connection has been used.
fn exchange(hub: &Hub, peers: &mut [(u32, UnixStream)]) {
    for (_, peer) in &mut *peers {
        peer.write_all(b"\x81\x85\0\0\0\0hello").unwrap();
    }
    settle(hub);
    for (id, peer) in peers {
        submit(hub, *id, TEXT, b"hello");
        let mut bytes = [0; 256];
        let mut length = 0;
        while !bytes[..length].ends_with(b"\x81\x05hello") {
            length += peer.read(&mut bytes[length..]).unwrap();
        }
    }
    settle(hub);
}

#[test]
fn an_idle_connection_fits_into_256_bytes() {
    let hub = Hub::new(Driver::Loop, Budget::default(), Box::new(Silent), Ledger::new()).unwrap();
    let settings = hub.reactor().settings().register(Settings {
        session: Config::default(),
        close_timeout: Duration::from_secs(30),
        max_pending_pongs: 60,
        tells_at_once: true,
        receive_credit: 256 << 10,
    });
    let (mut ours, mut peers): (Vec<_>, Vec<_>) = (Vec::new(), Vec::new());
    for id in 0..=CONNECTIONS {
        let (one, other) = UnixStream::pair().unwrap();
        other.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        ours.push(one);
        peers.push((id as u32, other));
    }
    // The first one brings what all share into being.
    attach(&hub, 0, settings, ours.remove(0));
    exchange(&hub, &mut peers[..1]);
    let before = ALLOCATOR.0.load(Ordering::Relaxed);
    for (id, stream) in (1..).zip(ours.drain(..)) {
        attach(&hub, id, settings, stream);
    }
    exchange(&hub, &mut peers[1..]);
    let grown = ALLOCATOR.0.load(Ordering::Relaxed) - before;
    assert_eq!(hub.reactor().live(), CONNECTIONS + 1);
    let ledger = Ledger::new().arena().size() / SLOTS;
    let each = grown.div_ceil(CONNECTIONS) + ledger;
    println!("{each} bytes, {ledger} of them in the ledger");
    assert!(each <= MOST, "an idle connection takes {each} bytes");
}
