'use strict';

/**
 * `npm run nightly`: everything that takes too long for a change to wait for. Goes on after a failure and names all.
 */

const path = require('node:path');
const { runCargoTests } = require('./cargo-tests');
const { nodeFolder } = require('./node-folder');
const { emptyCounts, printCounts, runTests } = require('./node-tests');
const { run, runNode } = require('./process');
const { onEveryPath } = require('./test-files');

/** Cases per property, instead of proptest's 256. */
const PROPERTY_CASES = '20000';

/** Versions of Node of which `.ci/run` sees a part only. */
const OTHER_NODES = ['22', '24'];

/** A shorter run than that of the documentation. */
const BENCHMARK = ['--pairs', '3', '--drivers', 'auto'];

/**
 * Runs all tests in JavaScript on another version of Node.
 *
 * @param {string} major The version
 * @return {Promise<boolean>} Whether they passed; not if there is no such Node
 * @private
 */
async function testOn(major) {
  const folder = await nodeFolder(major);
  if (folder === null) return false;
  const env = { PATH: `${folder}${path.delimiter}${process.env.PATH}` };
  const { code } = await run(path.join(folder, 'node'), ['scripts/test.js', '--node'], { env });
  return code === 0;
}

/**
 * The steps; each resolves with whether it passed.
 *
 * @param {object} counts Account of the tests
 * @return {[string, Function][]} Names and functions
 * @private
 */
function steps(counts) {
  const passed = async (promise) => (await promise).code === 0;
  const attacks = ({ name, files, env }) => [`attacks, ${name}`, () => runTests(files, env, counts)];
  const release = { PROPTEST_CASES: PROPERTY_CASES, CARGO_PROFILE_TEST_OPT_LEVEL: '3' };
  return [
    ['the properties of the rings, many cases', () => runCargoTests(counts, release)],
    ['the models of the switch', () => passed(runNode('scripts/model.js', []))],
    ['the documentation of the crate', () => passed(run('cargo', DOCS, { env: { RUSTDOCFLAGS: '-D warnings' } }))],
    ...onEveryPath(['hostile']).map(attacks),
    ['tests against foreign programs', () => passed(runNode('scripts/test-peers.js', []))],
    ['conformance, all cases', () => passed(runNode('conformance/run.js', ['--full']))],
    ...OTHER_NODES.map((major) => [`tests on Node ${major}`, () => testOn(major)]),
    // A report: without --strict a goal that is missed is named and fails nothing, what does not run at all does.
    ['the benchmark', () => passed(runNode('bench/run.js', BENCHMARK))],
    ['masking beside a copy', () => passed(run('cargo', MASKING))]
  ];
}

const MASKING = ['run', '--release', '--locked', '--quiet', '--manifest-path', 'bench/load/Cargo.toml', '--', 'mask'];
const DOCS = ['doc', '--locked', '--no-deps', '--document-private-items', '--quiet'];

/**
 * Runs all steps.
 *
 * @return {Promise<void>}
 * @private
 */
async function main() {
  const started = Date.now();
  const counts = emptyCounts();
  const failed = [];
  for (const [name, start] of steps(counts)) {
    console.log(`\n▶▶ ${name}`);
    if (!(await start())) failed.push(name);
  }
  console.log(failed.length === 0 ? '\nall steps passed' : `\nfailed: ${failed.join(', ')}`);
  printCounts(counts, started);
  if (failed.length > 0) process.exitCode = 1;
}

main();
