//! Keys nobody can predict.

use crate::proto::wire::random_key;
use std::collections::HashSet;

/// More than a thread fetches at once.
const MANY: usize = 2000;

#[test]
fn each_key_is_given_out_once() {
    let keys: HashSet<_> = (0..MANY).map(|_| random_key()).collect();
    // Two of them may be equal by chance, hardly ten.
    assert!(keys.len() > MANY - 10, "{} of {MANY} differ", keys.len());
}

#[test]
fn every_bit_of_a_key_varies() {
    let (mut ones, mut zeros) = (0, 0);
    for _ in 0..MANY {
        let key = u32::from_ne_bytes(random_key());
        ones |= key;
        zeros |= !key;
    }
    assert_eq!((ones, zeros), (u32::MAX, u32::MAX));
}

#[test]
fn threads_share_no_keys() {
    let here: HashSet<_> = (0..MANY).map(|_| random_key()).collect();
    let there = std::thread::spawn(|| (0..MANY).map(|_| random_key()).collect::<HashSet<_>>());
    let there = there.join().expect("no panic");
    assert!(here.intersection(&there).count() < 10);
}
