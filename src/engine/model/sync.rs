//! Loom's locks and atomics in the shape of `parking_lot`'s and std's.
//!
//! Loom takes sequentially consistent accesses for acquire and release only; fences around them give them back what they
//! are, as the litmus test of the model shows.

use loom::sync;
use loom::sync::atomic::fence;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::Ordering;

/// A lock that is never poisoned.
#[derive(Default)]
pub struct Mutex<T>(sync::Mutex<T>);

/// Its guard; empty only while a condition is waited for.
pub struct MutexGuard<'a, T>(Option<sync::MutexGuard<'a, T>>);

impl<T> Mutex<T> {
    /// An open one.
    pub fn new(value: T) -> Self {
        Self(sync::Mutex::new(value))
    }

    /// Waits for it.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard(self.0.lock().ok())
    }

    /// Takes it if it is free.
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        self.0.try_lock().ok().map(|guard| MutexGuard(Some(guard)))
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().expect("locked")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.as_mut().expect("locked")
    }
}

/// A condition.
#[derive(Default)]
pub struct Condvar(sync::Condvar);

impl Condvar {
    /// One nobody waits for.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets go of the lock until notified.
    pub fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        let held = guard.0.take().expect("locked");
        guard.0 = self.0.wait(held).ok();
    }

    /// Wakes one that waits.
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    /// Wakes all.
    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}

/// A sequentially consistent access is one between fences.
fn access<T>(ordering: Ordering, access: impl FnOnce() -> T) -> T {
    let around = || {
        if ordering == Ordering::SeqCst {
            fence(Ordering::SeqCst);
        }
    };
    around();
    let result = access();
    around();
    result
}

macro_rules! atomic {
    ($name:ident, $value:ty) => {
        /// An atomic as std's.
        #[derive(Default)]
        pub struct $name(loom::sync::atomic::$name);

        impl $name {
            /// With a first value.
            pub fn new(value: $value) -> Self {
                Self(loom::sync::atomic::$name::new(value))
            }

            /// The value.
            pub fn load(&self, ordering: Ordering) -> $value {
                access(ordering, || self.0.load(ordering))
            }

            /// Another value.
            pub fn store(&self, value: $value, ordering: Ordering) {
                access(ordering, || self.0.store(value, ordering));
            }

            /// Another value for the old one.
            pub fn swap(&self, value: $value, ordering: Ordering) -> $value {
                access(ordering, || self.0.swap(value, ordering))
            }
        }
    };
}

atomic!(AtomicBool, bool);
atomic!(AtomicU8, u8);
