//! Memory for large messages that was used before: fresh pages cost more than the copy into them.

use parking_lot::Mutex;
use std::sync::Arc;

/// Buffers kept.
const KEEP: usize = 64;
/// Bytes kept in all of them.
const KEEP_BYTES: usize = 32 << 20;

#[derive(Default)]
struct Shelf {
    buffers: Vec<Vec<u8>>,
    bytes: usize,
}

/// A shelf of buffers, shared by the reactor that takes and the JavaScript heap whose finalizers give back.
#[derive(Clone, Default)]
pub struct Warm(Arc<Mutex<Shelf>>);

impl Warm {
    /// An empty buffer of at least `capacity` bytes, at most double.
    pub fn take(&self, capacity: usize) -> Vec<u8> {
        let mut kept = self.0.lock();
        let fits = |buffer: &Vec<u8>| buffer.capacity() >= capacity && buffer.capacity() / 2 <= capacity;
        if let Some(at) = kept.buffers.iter().position(fits) {
            let buffer = kept.buffers.swap_remove(at);
            kept.bytes -= buffer.capacity();
            return buffer;
        }
        drop(kept);
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
