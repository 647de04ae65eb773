//! All client connections of a run in one readiness set.

use crate::Outcome;
use crate::options::Options;
use crate::peer::Peer;
use mio::{Events, Poll, Token};
use std::time::{Duration, Instant};

/// So many upgrades are under way at a time: enough to keep the server busy, too few to overflow its backlog.
const OPENING_AT_ONCE: usize = 256;

/// Connections, the set they are watched in and the buffer they read into.
pub struct Swarm {
    /// The readiness set.
    pub poll: Poll,
    /// What was ready at the last wait.
    pub events: Events,
    /// The connections; their index is their token.
    pub peers: Vec<Peer>,
    /// Where reads land.
    pub scratch: Vec<u8>,
}

impl Swarm {
    /// No connection yet.
    pub fn new() -> Outcome<Self> {
        let (poll, events) = (Poll::new()?, Events::with_capacity(1024));
        Ok(Self {
            poll,
            events,
            peers: Vec::new(),
            scratch: vec![0; 256 * 1024],
        })
    }

    /// One more connection whose upgrade request is on its way.
    pub fn connect(&mut self, options: &Options) -> Outcome<()> {
        let mut peer = Peer::connect(options, self.poll.registry(), Token(self.peers.len()))?;
        peer.flush()?;
        self.peers.push(peer);
        Ok(())
    }

    /// Waits for something to be ready.
    pub fn wait(&mut self, timeout: Duration) -> Outcome<()> {
        match self.poll.poll(&mut self.events, Some(timeout)) {
            Err(problem) if problem.kind() != std::io::ErrorKind::Interrupted => Err(problem.into()),
            _ => Ok(()),
        }
    }

    /// Opens all connections of the run; how long that took.
    pub fn open(options: &Options) -> Outcome<(Self, Duration)> {
        let (mut swarm, start, mut opened) = (Self::new()?, Instant::now(), 0);
        while opened < options.conns {
            while swarm.peers.len() < options.conns && swarm.peers.len() - opened < OPENING_AT_ONCE {
                swarm.connect(options)?;
            }
            opened += swarm.take_responses(opened)?;
        }
        Ok((swarm, start.elapsed()))
    }

    /// One wait for answers; how many upgrades were completed.
    fn take_responses(&mut self, opened: usize) -> Outcome<usize> {
        self.wait(Duration::from_secs(10))?;
        if self.events.is_empty() {
            return Err(format!("no answer for ten seconds after {opened} connections").into());
        }
        let mut completed = 0;
        for event in &self.events {
            let peer = &mut self.peers[event.token().0];
            if event.is_readable() && !peer.open {
                let alive = peer.fill(&mut self.scratch)?;
                completed += usize::from(peer.take_response()?);
                if !alive && !peer.open {
                    return Err(format!("closed during the handshake after {opened} connections").into());
                }
            }
        }
        Ok(completed)
    }
}
