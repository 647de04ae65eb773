//! How the engine reaches the JavaScript thread, and how often either calls the other.

use super::sync::AtomicU64;

/// How the engine asks the JavaScript thread to dispatch.
pub trait Border: Send + Sync {
    /// Something is in the queue of events; at most one request is outstanding.
    fn signal(&self);
}

/// How often the two threads called each other.
#[derive(Default)]
pub struct Crossings {
    /// Wake-ups of the driver.
    pub wakes: AtomicU64,
    /// Requests to dispatch.
    pub signals: AtomicU64,
    /// Slabs taken.
    pub slabs: AtomicU64,
    /// Changes of driver.
    pub switches: AtomicU64,
    /// Those with work under way: mail, connections to serve, or events that JavaScript had not seen.
    pub busy_switches: AtomicU64,
}
