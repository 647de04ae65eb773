//! Where do masking keys come from? (RFC 6455 section 5.3)
//!
//! "The masking key needs to be unpredictable; thus, the masking key MUST be derived from a strong source of entropy". The
//! system's own generator is one, but asking it for four bytes costs as much as a small frame does. So each thread asks
//! for many keys at once and gives each out one time.
#![forbid(unsafe_code)]

use std::cell::RefCell;

/// Bytes of the keys a thread fetches at once: 256 keys.
const POOL: usize = 1024;

/// The keys of one thread.
struct Pool {
    /// What the system gave; the first `left` bytes were not given out yet.
    bytes: [u8; POOL],
    /// A multiple of four.
    left: usize,
}

thread_local! {
    static KEYS: RefCell<Pool> = const { RefCell::new(Pool { bytes: [0; POOL], left: 0 }) };
}

/// A key nobody can predict, and nobody else gets.
pub fn random_key() -> [u8; 4] {
    // A thread that is ending has no pool any more.
    KEYS.try_with(|keys| keys.borrow_mut().next())
        .unwrap_or_else(|_| fetch())
}

impl Pool {
    /// Takes a key, and fetches more of them when there is none.
    fn next(&mut self) -> [u8; 4] {
        // Without entropy there is nothing better to do than send: the zeros are a valid key, and the failure is the system's.
        if self.left == 0 && getrandom::fill(&mut self.bytes).is_ok() {
            self.left = POOL;
        }
        let fresh = self.bytes.get_mut(..self.left).unwrap_or_default();
        let Some((rest, key)) = fresh.split_last_chunk_mut() else {
            return [0; 4];
        };
        self.left = rest.len();
        std::mem::take(key)
    }
}

/// A key of its own.
fn fetch() -> [u8; 4] {
    let mut key = [0; 4];
    let _ = getrandom::fill(&mut key);
    key
}
