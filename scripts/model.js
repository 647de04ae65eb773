'use strict';

/**
 * `npm run test:model`: is the switch between the drivers right in every order in which two threads can take their steps?
 * Builds the crate with loom's locks and atomics in place of the real ones and runs the tests in modules named `model`.
 */

const { emptyCounts, printCounts } = require('./node-tests');
const { runCargoTests } = require('./cargo-tests');

/** A target folder of its own: another set of flags would rebuild the other one each time. */
const ENV = { CARGO_TARGET_DIR: 'target/loom', RUSTFLAGS: '--cfg loom' };

/**
 * Runs the models.
 *
 * @return {Promise<void>}
 * @private
 */
async function main() {
  const started = Date.now();
  const counts = emptyCounts();
  const passed = await runCargoTests(counts, ENV, ['--release', '--lib', 'model::']);
  printCounts(counts, started);
  if (!passed || counts.tests === 0) process.exitCode = 1;
}

main();
