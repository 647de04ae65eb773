'use strict';

/**
 * `npm test`: do all tests pass that need nothing but npm and cargo?
 *
 *     node scripts/test.js            everything
 *     node scripts/test.js --node     without cargo's tests, and without those of ws itself (other versions of Node)
 *     node scripts/test.js --smoke    the behaviour tests, the other upgrades and single files of lib/, each once
 *     node scripts/test.js FILE…      these files, once, in the environment as it is
 */

const { runCargoTests } = require('./cargo-tests');
const { emptyCounts, printCounts, runTests } = require('./node-tests');
const { plan, smoke } = require('./test-files');

/**
 * Decides what to run from the command line.
 *
 * @param {string[]} args Command line
 * @return {{ cargo: boolean, runs: { name: string, files: string[], env: object }[] }} Plan
 * @private
 */
function choose(args) {
  const files = args.filter((arg) => !arg.startsWith('--'));
  if (files.length > 0) return { cargo: false, runs: [{ name: 'given files', files, env: {} }] };
  if (args.includes('--smoke')) return { cargo: false, runs: smoke() };
  if (args.includes('--node')) return { cargo: false, runs: plan().filter(({ env }) => !env.UPSHIFT_TEST_IMPL) };
  return { cargo: true, runs: plan() };
}

/**
 * Runs everything, also after a failure, and prints one account of it.
 *
 * @return {Promise<void>}
 * @private
 */
async function main() {
  const started = Date.now();
  const counts = emptyCounts();
  const bad = [];
  const { cargo, runs } = choose(process.argv.slice(2));
  if (cargo && !(await runCargoTests(counts))) bad.push('cargo test');
  for (const { name, files, env, mostlyWaits } of runs) {
    console.log(`\n▶▶ ${name} (${files.length} files, Node ${process.versions.node})`);
    const began = Date.now();
    if (!(await runTests(files, env, counts, mostlyWaits))) bad.push(name);
    console.log(`▶▶ ${name}: ${((Date.now() - began) / 1000).toFixed(0)} s`);
  }
  console.log(bad.length === 0 ? '\nall runs passed' : `\nfailed: ${bad.join(', ')}`);
  printCounts(counts, started);
  if (bad.length > 0 || counts.tests === 0) process.exitCode = 1;
}

main();
