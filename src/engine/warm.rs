//! Memory for large messages that was used before: fresh pages cost more than the copy into them.

use parking_lot::Mutex;
use std::sync::Arc;

/// Buffers kept.
const KEEP: usize = 64;
/// Bytes kept in all of them.
const KEEP_BYTES: usize = 32 << 20;
/// How many times what is needed now a buffer may have.
const AHEAD: usize = 8;

#[derive(Default)]
struct Shelf {
    buffers: Vec<Vec<u8>>,
    bytes: usize,
}

/// A shelf of buffers, shared by the reactor that takes and the JavaScript heap whose finalizers give back.
#[derive(Clone, Default)]
pub struct Warm(Arc<Mutex<Shelf>>);

impl Warm {
    /// An empty buffer of at least `capacity` bytes, for a message that is said to have `length`: one that was used for
    /// such a message, the smallest that will do. A peer that says so falsely holds little of it.
    pub fn take(&self, capacity: usize, length: usize) -> Vec<u8> {
        let most = length
            .min(capacity.saturating_mul(AHEAD))
            .max(capacity.saturating_mul(2));
        let mut kept = self.0.lock();
        let best = (0..kept.buffers.len())
            .filter(|&at| (capacity..=most).contains(&kept.buffers[at].capacity()))
            .min_by_key(|&at| kept.buffers[at].capacity());
        if let Some(at) = best {
            let buffer = kept.buffers.swap_remove(at);
            kept.bytes -= buffer.capacity();
            return buffer;
        }
        // What does not serve leaves, the oldest first: buffers nobody can use would pile up.
        let unused = (!kept.buffers.is_empty()).then(|| kept.buffers.remove(0));
        kept.bytes -= unused.as_ref().map_or(0, Vec::capacity);
        drop(kept);
        drop(unused);
        Vec::with_capacity(capacity)
    }

    /// Takes a buffer back, unless there are enough. The JavaScript thread calls this, so it does not wait for the lock.
    pub fn give(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        let Some(mut kept) = self.0.try_lock() else { return };
        if kept.buffers.len() < KEEP && kept.bytes + buffer.capacity() <= KEEP_BYTES {
            kept.bytes += buffer.capacity();
            kept.buffers.push(buffer);
        }
    }

    /// Lets everything go.
    pub fn cool(&self) {
        let mut kept = self.0.lock();
        kept.buffers = Vec::new();
        kept.bytes = 0;
    }

    /// Bytes kept.
    pub fn held(&self) -> usize {
        self.0.lock().bytes
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
    }

    #[test]
    fn what_serves_nobody_leaves() {
        let warm = Warm::default();
        for _ in 0..10 {
            let first = warm.take(16 << 10, 300_000);
            assert_eq!(first.capacity(), 16 << 10);
            warm.give(Vec::with_capacity(300_000));
        }
        assert_eq!(warm.held(), 300_000);
    }

    #[test]
    fn a_length_alone_gets_no_more_than_its_share() {
        let warm = Warm::default();
        warm.give(Vec::with_capacity(1 << 20));
        assert_eq!(warm.take(128 << 10, 1 << 30).capacity(), 1 << 20);
        warm.give(Vec::with_capacity(1 << 20));
        assert_eq!(warm.take(4096, 1 << 30).capacity(), 4096);
    }
}
