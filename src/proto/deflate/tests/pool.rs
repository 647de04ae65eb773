//! Few compressors for many connections: who finds its own again, and what goes when nobody needs it.

use crate::proto::deflate::{End, Kind, Pool, Tuning};

/// The usual kind.
const KIND: Kind = Kind {
    bits: 15,
    tuning: Tuning {
        level: 6,
        mem_level: 8,
        strategy: 0,
    },
};

/// The length of a message that the owner's compressor may know.
fn send(pool: &mut Pool, owner: u64, message: &[u8]) -> usize {
    let mut compressor = pool.take(KIND, owner);
    let mut packed = Vec::new();
    pool.compress(&mut compressor, message, End::Message, &mut packed);
    let length = packed.len();
    pool.put_payload(packed);
    pool.give(compressor, owner);
    length
}

/// A message that only repeats what is in itself a little.
fn message() -> Vec<u8> {
    (0u32..500).map(|at| ((at * at * 7919) >> 5) as u8).collect()
}

#[test]
fn an_owner_finds_its_own_again() {
    let mut pool = Pool::default();
    let first = send(&mut pool, 1, &message());
    assert_eq!(send(&mut pool, 2, &message()), first, "another's memory is no help");
    assert!(send(&mut pool, 1, &message()) < first / 4);
    assert_eq!(pool.compressors(), 2);
}

#[test]
fn one_serves_all_who_remember_nothing() {
    let mut pool = Pool::default();
    let first = send(&mut pool, 0, &message());
    for _ in 0..100 {
        assert_eq!(send(&mut pool, 0, &message()), first);
    }
    assert_eq!(pool.compressors(), 1);
}

#[test]
fn thousands_share_a_bounded_number() {
    let mut pool = Pool::default();
    for owner in 1..5000 {
        send(&mut pool, owner, b"hello hello hello");
    }
    assert!(pool.compressors() <= 64 && pool.held() < 24 << 20, "{}", pool.held());
    let fresh = send(&mut pool, 1, &message());
    assert!(
        send(&mut pool, 1, &message()) < fresh / 4,
        "it has one of its own again"
    );
}

#[test]
fn what_is_not_used_goes_with_the_second_sweep() {
    let mut pool = Pool::default();
    send(&mut pool, 1, &message());
    assert!(pool.sweep(), "used since the last one");
    send(&mut pool, 2, &message());
    assert!(pool.sweep());
    assert_eq!(pool.compressors(), 1);
    assert!(!pool.sweep() && !pool.is_warm());
    assert_eq!(pool.held(), 0);
}

#[test]
fn who_ends_leaves_its_compressor_to_others() {
    let mut pool = Pool::default();
    let first = send(&mut pool, 1, &message());
    pool.disown(1);
    assert_eq!(send(&mut pool, 2, &message()), first);
    assert_eq!(pool.compressors(), 1);
}
