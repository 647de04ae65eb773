//! Memory for large messages that was used before: fresh pages cost more than the copy into them.

use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// Buffers kept: what a collection of V8's young objects gives back at once.
const KEEP: usize = 512;
/// Bytes kept in all of them. What lies here can be taken, and more come: `advances` bounds what lengths alone can take.
const KEEP_BYTES: usize = 32 << 20;
/// How many times what is needed now a buffer may have: a full read begins a message of 1 MiB.
const AHEAD: usize = 16;

/// The buffers by their capacity; of equal ones the one used last goes first.
#[derive(Default)]
struct Shelf {
    buffers: BTreeMap<usize, Vec<Vec<u8>>>,
    count: usize,
    bytes: usize,
    /// Nobody is there to take any.
    is_cold: bool,
}

impl Shelf {
    fn take(&mut self, least: usize, most: usize) -> Option<Vec<u8>> {
        let (&capacity, equal) = self.buffers.range_mut(least..=most).next()?;
        let buffer = equal.pop();
        if equal.is_empty() {
            self.buffers.remove(&capacity);
        }
        self.count -= usize::from(buffer.is_some());
        self.bytes -= buffer.as_ref().map_or(0, Vec::capacity);
        buffer
    }

    fn give(&mut self, buffer: Vec<u8>) {
        if !self.is_cold && self.count < KEEP && self.bytes + buffer.capacity() <= KEEP_BYTES {
            self.count += 1;
            self.bytes += buffer.capacity();
            self.buffers.entry(buffer.capacity()).or_default().push(buffer);
        }
    }
}

/// Nothing is kept.
const COLD: u8 = 0;
/// Nothing was taken since somebody asked.
const RESTING: u8 = 1;
/// Something was.
const USED: u8 = 2;

#[derive(Default)]
struct Inner {
    shelf: Mutex<Shelf>,
    state: AtomicU8,
}

/// A shelf of buffers, shared by the reactor that takes and the JavaScript heap whose finalizers give back.
#[derive(Clone, Default)]
pub struct Warm(Arc<Inner>);

impl Warm {
    /// An empty buffer of at least `capacity` bytes, for a message that is said to have `length`: one that was used for
    /// such a message, the smallest that will do. A peer that says so falsely holds little of it.
    pub fn take(&self, capacity: usize, length: usize) -> Vec<u8> {
        let most = length
            .min(capacity.saturating_mul(AHEAD))
            .max(capacity.saturating_mul(2));
        self.0.state.store(USED, Ordering::Relaxed);
        let mut kept = self.0.shelf.lock();
        kept.is_cold = false;
        if let Some(buffer) = kept.take(capacity, most) {
            return buffer;
        }
        // What does not serve leaves, one each time: buffers nobody can use would pile up.
        let unused = kept.take(0, usize::MAX);
        drop(kept);
        drop(unused);
        Vec::with_capacity(capacity)
    }

    /// Takes a buffer back, unless there are enough. The JavaScript thread calls this, so it does not wait for the lock.
    pub fn give(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        if buffer.capacity() > 0
            && let Some(mut kept) = self.0.shelf.try_lock()
        {
            kept.give(buffer);
        }
    }

    /// Lets everything go, and what still comes back: the last messages are collected after their connections.
    pub fn cool(&self) {
        self.0.state.store(COLD, Ordering::Relaxed);
        *self.0.shelf.lock() = Shelf {
            is_cold: true,
            ..Shelf::default()
        };
    }

    /// Whether anything is kept, or would be.
    pub fn is_warm(&self) -> bool {
        self.0.state.load(Ordering::Relaxed) != COLD
    }

    /// Called once in a while: cools down if nothing was taken since the last time.
    pub fn rest(&self) {
        if self.0.state.load(Ordering::Relaxed) == USED {
            self.0.state.store(RESTING, Ordering::Relaxed);
        } else {
            self.cool();
        }
    }

    /// Bytes kept.
    pub fn held(&self) -> usize {
        self.0.shelf.lock().bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_gets_the_memory_of_one_like_it() {
        let warm = Warm::default();
        for capacity in [1 << 20, 300_000, 400_000] {
            warm.give(Vec::with_capacity(capacity));
        }
        // A read's worth has arrived of 300,000 bytes.
        assert_eq!(warm.take(128 << 10, 300_000).capacity(), 300_000);
        assert_eq!(warm.take(128 << 10, 1 << 20).capacity(), 400_000);
        assert_eq!(warm.held(), 1 << 20);
        // The header belongs to the first read.
        assert_eq!(warm.take((128 << 10) - 28, 1 << 20).capacity(), 1 << 20);
    }

    #[test]
    fn what_serves_nobody_leaves() {
        let warm = Warm::default();
        for _ in 0..10 {
            let first = warm.take(16 << 10, 400_000);
            assert_eq!(first.capacity(), 16 << 10);
            warm.give(Vec::with_capacity(400_000));
        }
        assert_eq!(warm.held(), 400_000);
    }

    #[test]
    fn a_length_alone_gets_no_more_than_its_share() {
        let warm = Warm::default();
        warm.give(Vec::with_capacity(1 << 20));
        assert_eq!(warm.take(128 << 10, 1 << 30).capacity(), 1 << 20);
        warm.give(Vec::with_capacity(1 << 20));
        assert_eq!(warm.take(4096, 1 << 30).capacity(), 4096);
    }

    #[test]
    fn what_comes_back_to_a_cold_shelf_is_not_kept() {
        let warm = Warm::default();
        let [late, early] = [(); 2].map(|()| warm.take(1 << 20, 1 << 20));
        warm.give(early);
        warm.cool();
        warm.give(late);
        assert_eq!(warm.held(), 0);
        let next = warm.take(1 << 20, 1 << 20);
        warm.give(next);
        assert_eq!(warm.held(), 1 << 20);
    }

    #[test]
    fn what_nobody_took_for_a_while_goes() {
        let warm = Warm::default();
        assert!(!warm.is_warm());
        let buffer = warm.take(1 << 20, 1 << 20);
        warm.give(buffer);
        warm.rest();
        assert_eq!((warm.is_warm(), warm.held()), (true, 1 << 20));
        warm.rest();
        assert_eq!((warm.is_warm(), warm.held()), (false, 0));
        // JavaScript collects it long after the last message.
        warm.give(Vec::with_capacity(1 << 20));
        assert_eq!(warm.held(), 0);
    }
}
