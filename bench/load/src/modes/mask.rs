//! What does masking cost beside a plain copy of the same bytes? Each way takes its turn within a round, and what is told
//! is the median of the ratios within rounds: a slow moment of the machine meets all of them.

use crate::options::Options;
use crate::report::Report;
use std::hint::black_box;
use std::time::{Duration, Instant};
use upshift::proto::wire::mask::{mask_append, mask_copy, mask_in_place};

/// Payloads: a chat message, a page, the largest read, more than a core's own cache.
const SIZES: [usize; 4] = [64, 4 << 10, 64 << 10, 1 << 20];

/// Rounds per size, of which the median is taken.
const ROUNDS: usize = 25;

const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// What a way to treat bytes took, as a multiple of the plain copy.
type Ratios = Vec<(String, f64)>;

/// Runs it; the time is shared by the sizes.
pub fn run(options: &Options) -> String {
    let turn = options.time / (SIZES.len() * ROUNDS * 4) as u32;
    let (mut copied, mut placed, mut appended): (Ratios, Ratios, Ratios) = Default::default();
    let mut plain = Vec::new();
    for size in SIZES {
        let rounds: Vec<_> = (0..ROUNDS).map(|_| round(size, turn)).collect();
        let name = || size.to_string();
        plain.push((name(), median(rounds.iter().map(|[copy, ..]| copy * 1e9))));
        for (ratios, way) in [&mut copied, &mut placed, &mut appended].into_iter().zip(1..) {
            ratios.push((name(), median(rounds.iter().map(|times| times[way] / times[0]))));
        }
    }
    let mut report = Report::new("mask");
    report
        .map("copy_ns", &plain)
        .map("mask_copy", &copied)
        .map("mask_in_place", &placed)
        .map("mask_append", &appended);
    report.finish()
}

/// How long each way takes for so many bytes, in seconds: the plain copy, then those of `run` in their order.
fn round(size: usize, turn: Duration) -> [f64; 4] {
    let source = vec![0x5a; size];
    let mut target = vec![0; size];
    let mut grown = Vec::with_capacity(size);
    // The clock costs as much as a small payload.
    let calls = (SIZES[2] / size).clamp(1, 16);
    let time = |call: &mut dyn FnMut()| time(turn, calls, call);
    [
        time(&mut || black_box(&mut target[..]).copy_from_slice(black_box(&source))),
        time(&mut || mask_copy(black_box(&source), black_box(&mut target), KEY, 1)),
        time(&mut || mask_in_place(black_box(&mut target), KEY, 1)),
        time(&mut || {
            grown.clear();
            mask_append(black_box(&source), black_box(&mut grown), KEY, 1);
        }),
    ]
}

/// How long one call takes, in seconds, seen over a while with a look at the clock after every so many.
fn time(turn: Duration, calls: usize, call: &mut dyn FnMut()) -> f64 {
    let (began, mut made) = (Instant::now(), 0);
    loop {
        for _ in 0..calls {
            call();
        }
        made += calls;
        let passed = began.elapsed();
        if passed >= turn {
            return passed.as_secs_f64() / made as f64;
        }
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_gets_a_ratio_for_every_way() {
        let options = Options {
            time: Duration::from_millis(40),
            ..Options::default()
        };
        let line = run(&options);
        for name in ["copy_ns", "mask_copy", "mask_in_place", "mask_append"] {
            let (_, rest) = line.split_once(&format!("\"{name}\":{{")).unwrap();
            let (entries, _) = rest.split_once('}').unwrap();
            let values: Vec<f64> = entries
                .split(',')
                .map(|entry| entry.rsplit_once(':').unwrap().1.parse().unwrap())
                .collect();
            assert_eq!(values.len(), SIZES.len(), "{entries}");
            assert!(values.iter().all(|value| *value > 0.0), "{entries}");
        }
    }
}
