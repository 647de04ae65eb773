//! The peers of the switching test: threads with connections that send, check, and end in every way there is.

use super::super::support::{Peer, payload};
use crate::proto::wire::Opcode;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Messages a connection has under way.
const WINDOW: u32 = 6;
/// Nothing takes this long unless it was lost.
const PATIENCE: Duration = Duration::from_secs(20);

/// The length of message `number` of connection `who`: mostly small, sometimes of every other kind.
pub(super) fn size(who: u32, number: u32) -> usize {
    let dice = who.wrapping_mul(31).wrapping_add(number.wrapping_mul(17)) % 1000;
    match dice {
        0 => 1 << 20,
        1..20 => 70_000,
        20..50 => 16 << 10,
        50..150 => 3000,
        dice => dice as usize % 200,
    }
}

/// A connection to be attached.
pub(super) struct Newcomer {
    pub(super) who: u32,
    pub(super) stream: UnixStream,
}

#[derive(Default)]
struct Shared {
    finish: AtomicBool,
    running: AtomicI64,
    in_flight: AtomicI64,
    messages: AtomicU64,
    names: AtomicU64,
}

/// All threads of peers.
pub(super) struct Clients {
    pub(super) newcomers: Receiver<Newcomer>,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Clients {
    /// `threads` threads with `each` connections.
    pub(super) fn start(threads: i64, each: usize) -> Self {
        let (sender, newcomers) = channel();
        let shared = Arc::new(Shared {
            running: AtomicI64::new(threads),
            ..Shared::default()
        });
        let spawn = |_| {
            let (sender, shared) = (sender.clone(), Arc::clone(&shared));
            std::thread::spawn(move || {
                let done = Done(&shared);
                serve(
                    (0..each).map(|_| Client::new(&shared, &sender)).collect(),
                    &shared,
                    &sender,
                );
                drop(done);
            })
        };
        let threads = (0..threads).map(spawn).collect();
        Self {
            newcomers,
            shared,
            threads,
        }
    }

    /// Messages that have not come back yet.
    pub(super) fn in_flight(&self) -> i64 {
        self.shared.in_flight.load(Ordering::Relaxed)
    }

    /// No new messages: what is under way comes back, then everything ends.
    pub(super) fn finish(&self) {
        self.shared.finish.store(true, Ordering::Relaxed);
    }

    pub(super) fn are_done(&self) -> bool {
        self.shared.running.load(Ordering::Relaxed) == 0
    }

    /// How many messages came back; fails when a thread did.
    pub(super) fn join(self) -> u64 {
        for thread in self.threads {
            thread.join().unwrap();
        }
        self.shared.messages.load(Ordering::Relaxed)
    }
}

/// Says that a thread is done, also when it failed.
struct Done<'a>(&'a Shared);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How a connection ends, by its name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// By the close handshake, after everything came back.
    Handshake,
    /// Half-closed, after everything came back.
    HalfClose,
    /// Dropped with messages under way.
    Abrupt,
}

struct Client {
    peer: Peer,
    who: u32,
    sent: u32,
    received: u32,
    /// How many messages it sends.
    life: u32,
    ending: Ending,
    said_goodbye: bool,
    heard: Instant,
}

impl Client {
    fn new(shared: &Shared, newcomers: &Sender<Newcomer>) -> Self {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let who = shared.names.fetch_add(1, Ordering::Relaxed) as u32;
        newcomers.send(Newcomer { who, stream: ours }).unwrap();
        Self {
            peer: Peer::new(who, theirs),
            who,
            sent: 0,
            received: 0,
            life: 20 + who % 7 * 100,
            ending: [Ending::Handshake, Ending::HalfClose, Ending::Abrupt][who as usize % 3],
            said_goodbye: false,
            heard: Instant::now(),
        }
    }

    /// Sends and checks what it can; false when it is over.
    fn advance(&mut self, shared: &Shared) -> bool {
        self.peer.pump();
        while let Some(frame) = self.peer.next() {
            if frame.opcode == Opcode::Close {
                assert!(self.said_goodbye);
                continue;
            }
            let expected = payload(self.who, self.received, size(self.who, self.received));
            assert!(
                frame.payload == expected,
                "{}: answer {} is not its own",
                self.who,
                self.received
            );
            self.received += 1;
            self.heard = Instant::now();
            shared.in_flight.fetch_sub(1, Ordering::Relaxed);
            shared.messages.fetch_add(1, Ordering::Relaxed);
        }
        let waited = self.heard.elapsed();
        assert!(
            waited < PATIENCE,
            "{}: {} of {} came back",
            self.who,
            self.received,
            self.sent
        );
        if self.peer.ended {
            assert!(self.said_goodbye, "{} was dropped", self.who);
            return false;
        }
        let over = shared.finish.load(Ordering::Relaxed) || self.sent >= self.life;
        if over {
            return self.end(shared);
        }
        while self.sent - self.received < WINDOW && self.sent < self.life {
            let bytes = payload(self.who, self.sent, size(self.who, self.sent));
            shared.in_flight.fetch_add(1, Ordering::Relaxed);
            self.peer.send(Opcode::Binary, bytes);
            self.sent += 1;
        }
        true
    }

    fn end(&mut self, shared: &Shared) -> bool {
        if self.ending == Ending::Abrupt {
            let lost = self.sent - self.received;
            shared.in_flight.fetch_sub(i64::from(lost), Ordering::Relaxed);
            return false;
        }
        if !self.said_goodbye && self.received == self.sent {
            self.said_goodbye = true;
            match self.ending {
                Ending::Handshake => self.peer.send(Opcode::Close, &[3, 232]),
                _ => self.peer.end(),
            }
        }
        true
    }

    fn watched(&self) -> PollFd<'_> {
        let wanted = if self.peer.unsent() > 0 {
            PollFlags::IN | PollFlags::OUT
        } else {
            PollFlags::IN
        };
        PollFd::new(&self.peer.stream, wanted)
    }
}

fn serve(mut clients: Vec<Client>, shared: &Shared, newcomers: &Sender<Newcomer>) {
    while !clients.is_empty() {
        let count = clients.len();
        clients.retain_mut(|client| client.advance(shared));
        if !shared.finish.load(Ordering::Relaxed) {
            clients.extend((clients.len()..count).map(|_| Client::new(shared, newcomers)));
        }
        let mut watched: Vec<_> = clients.iter().map(Client::watched).collect();
        let timeout = Timespec::try_from(Duration::from_millis(5)).unwrap();
        poll(&mut watched, Some(&timeout)).unwrap();
    }
}
