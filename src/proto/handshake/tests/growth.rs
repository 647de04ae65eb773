//! Does the work grow no faster than the input? A peer chooses how long a field is.

use std::time::{Duration, Instant};

/// Units of the shorter input.
const UNITS: usize = 25_000;

/// How many times as long the longer one is; the work may grow by as much, and by nearly four times that where memory is
/// farther away. Squared, it would be sixteen times that.
const LONGER: usize = 16;
const MOST: u32 = 4 * LONGER as u32 - 1;

/// What says nothing: so little time cannot be the square of anything.
const NOTHING: Duration = Duration::from_millis(2);

/// How often a busy machine may be in the way.
const ATTEMPTS: u32 = 20;

/// Has an input of some thousand units read, and one of many times as many.
pub(in crate::proto::handshake) fn assert_linear<T>(input: impl Fn(usize) -> String, read: impl Fn(&str) -> T) {
    let time = |units| {
        let text = input(units);
        // The fastest of several: a busy machine makes some of them slow, but none fast.
        let times = (0..5).map(|_| {
            let began = Instant::now();
            let _read = read(&text);
            began.elapsed()
        });
        times.min().unwrap_or_default()
    };
    // What is linear is seen to be so once the machine has a moment for it; what is not never is.
    for attempt in 1.. {
        let (short, long) = (time(UNITS), time(UNITS * LONGER));
        if long <= short * MOST || long <= NOTHING {
            return;
        }
        assert!(
            attempt < ATTEMPTS,
            "{long:?} for {LONGER} times what takes {short:?}: {:?}…",
            input(3)
        );
    }
}

#[test]
#[should_panic(expected = "times what takes")]
fn what_grows_with_the_square_is_found() {
    let all_with_all = |text: &str| {
        let some = &text.as_bytes()[..text.len() / 100];
        some.iter().filter(|one| some.iter().all(|other| other == *one)).count()
    };
    assert_linear(|units| "a".repeat(units), all_with_all);
}
