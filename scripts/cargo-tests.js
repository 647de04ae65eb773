'use strict';

/**
 * How are the Rust tests run? Without the binding ring: its symbols exist only inside Node.
 */

const { run } = require('./process');

/** The line with which each test program of cargo ends. */
const SUMMARY = /^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/gm;

/** What it says of the tests that failed. */
const FAILURES = /^failures:\n[^]*?^test result: FAILED.*$/gm;

/**
 * Runs the tests of the two inner rings and adds their counts to an account.
 *
 * @param {object} counts Account, as in node-tests.js
 * @param {object} [env] Variables for them
 * @param {string[]} [only] Arguments that choose among them
 * @return {Promise<boolean>} True when all passed
 * @public
 */
async function runCargoTests(counts, env = {}, only = []) {
  const rings = ['--no-default-features', '--features', 'engine'];
  const { code, output } = await run('cargo', ['test', '--locked', '--quiet', ...rings, ...only], { env, tee: true });
  let failed = 0;
  for (const [, passed, bad, ignored] of output.matchAll(SUMMARY)) {
    counts.pass += Number(passed);
    counts.skipped += Number(ignored);
    failed += Number(bad);
    counts.tests += Number(passed) + Number(bad) + Number(ignored);
  }
  for (const [text] of output.matchAll(FAILURES)) counts.failures.push(text);
  counts.fail += code !== 0 && failed === 0 ? 1 : failed;
  return code === 0;
}

module.exports = { runCargoTests };
