//! The locks and atomics of everything that both threads touch: `parking_lot` and std, or loom's when it models them.

#[cfg(not(loom))]
pub use {
    parking_lot::{Condvar, Mutex, MutexGuard},
    std::sync::atomic::{AtomicBool, AtomicU8},
};

#[cfg(loom)]
pub use super::model::sync::{AtomicBool, AtomicU8, Condvar, Mutex, MutexGuard};

/// For totals only, which order nothing: no business of a model's.
pub use std::sync::atomic::AtomicU64;
pub use std::sync::atomic::Ordering;
