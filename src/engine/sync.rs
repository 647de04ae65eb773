//! The locks and atomics of everything that both threads touch: `parking_lot` and std, or loom's when it models them.

#[cfg(not(loom))]
pub use {
    parking_lot::{Condvar, Mutex, MutexGuard},
    std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering},
};

#[cfg(loom)]
pub use self::modelled::{Condvar, Mutex, MutexGuard};
#[cfg(loom)]
pub use loom::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
