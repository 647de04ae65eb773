//! `stats()` of one reactor, as numbers for JavaScript.

use super::channel::Channel;
use napi_derive::napi;
use std::sync::atomic::Ordering;

/// Running totals of one reactor since its start.
#[napi(object, object_from_js = false)]
pub struct ReactorStats {
    /// Live connections.
    pub connections: f64,
    /// Connections attached.
    pub attached: f64,
    /// Messages received.
    pub messages_in: f64,
    /// Their payload bytes.
    pub payload_in: f64,
    /// Messages sent.
    pub messages_out: f64,
    /// Their payload bytes.
    pub payload_out: f64,
    /// Bytes read.
    pub bytes_in: f64,
    /// Bytes written.
    pub bytes_out: f64,
    /// Receive calls.
    pub receives: f64,
    /// Send calls.
    pub sends: f64,
    /// Looks at the readiness set.
    pub polls: f64,
    /// Turns.
    pub turns: f64,
    /// Connections not read for want of credit.
    pub starved: f64,
    /// Batches of events in existence.
    pub batches: f64,
    /// Batches waiting to be dispatched.
    pub queued: f64,
    /// Wake-ups of the driver.
    pub wakes: f64,
    /// Requests to dispatch made of the JavaScript thread by the I/O thread.
    pub signals: f64,
    /// Slabs of commands taken.
    pub slabs: f64,
    /// Changes of driver.
    pub switches: f64,
    /// Those with work under way.
    pub busy_switches: f64,
    /// Compressed messages received.
    pub inflated: f64,
    /// Compressed messages sent.
    pub deflated: f64,
    /// Compressors in existence.
    pub compressors: f64,
    /// Bytes held for connections, as far as Rust holds them.
    pub memory: f64,
}

impl ReactorStats {
    /// What the counters say; nothing when the reactor is busy.
    #[expect(clippy::cast_precision_loss, reason = "JavaScript has no other number")]
    pub(crate) fn read(channel: &Channel) -> Option<Self> {
        let hub = &channel.hub;
        let reactor = hub.try_reactor()?;
        let counters = *reactor.counters();
        let (tally, compressors) = (reactor.pool().tally, reactor.pool().compressors());
        let walked = channel
            .current
            .borrow()
            .as_ref()
            .map_or(0, |walked| walked.batch.held());
        let (live, starved, held) = (reactor.live(), reactor.starved(), hub.held(&reactor) + walked);
        drop(reactor);
        let (made, queued) = hub.events.depth();
        let crossings = &hub.crossings;
        let total = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed) as f64;
        Some(Self {
            connections: live as f64,
            attached: counters.attached as f64,
            messages_in: counters.messages_in as f64,
            payload_in: counters.payload_in as f64,
            messages_out: counters.messages_out as f64,
            payload_out: counters.payload_out as f64,
            bytes_in: counters.bytes_in as f64,
            bytes_out: counters.bytes_out as f64,
            receives: counters.receives as f64,
            sends: counters.sends as f64,
            polls: counters.polls as f64,
            turns: counters.turns as f64,
            starved: starved as f64,
            batches: f64::from(made),
            queued: queued as f64,
            wakes: total(&crossings.wakes),
            signals: total(&crossings.signals),
            slabs: total(&crossings.slabs),
            switches: total(&crossings.switches),
            busy_switches: total(&crossings.busy_switches),
            inflated: tally.inflated as f64,
            deflated: tally.deflated as f64,
            compressors: compressors as f64,
            memory: held as f64,
        })
    }
}
