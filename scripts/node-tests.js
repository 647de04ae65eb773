'use strict';

/**
 * How is one set of test files run, and how are several runs added up into one closing account?
 */

const os = require('node:os');
const { stripVTControlCharacters } = require('node:util');
const { run } = require('./process');

/** What is counted. */
const COUNTED = ['tests', 'pass', 'fail', 'cancelled', 'skipped', 'todo'];

/** The lines with which Node's own reporter ends a run. */
const SUMMARY = /^ℹ (tests|pass|fail|cancelled|skipped|todo) (\d+)$/;

/** The line behind which it repeats what failed, with everything that is known about it. */
const FAILURES = /^✖ failing tests:$/m;

/** No test, and no file of tests, may take longer (ms). */
const TIMEOUT = 300_000;

/**
 * Makes an empty account.
 *
 * @return {object} Account: how many there are of each kind, and `failures`, what is to be said about those that failed
 * @public
 */
function emptyCounts() {
  return { ...Object.fromEntries(COUNTED.map((key) => [key, 0])), failures: [] };
}

/**
 * Which options does this version of Node take for a run of tests?
 *
 * @param {boolean} mostlyWaits Whether the tests wait for sockets and timers most of the time
 * @return {string[]} Options
 * @private
 */
function options(mostlyWaits) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const hasThem = major > 20 || minor >= 11;
  const given = ['--test', '--test-reporter=spec'];
  if (hasThem) given.push(`--test-timeout=${TIMEOUT}`);
  // Node would leave a core to itself; of those that wait, one file more than there are cores keeps all of them busy.
  if (hasThem && mostlyWaits) given.push(`--test-concurrency=${os.availableParallelism() + 1}`);
  return given;
}

/**
 * Reads the summary at the end of what a run printed.
 *
 * @param {string} output Everything it printed
 * @return {object} Account of this run
 * @private
 */
function readSummary(output) {
  const counts = emptyCounts();
  const text = stripVTControlCharacters(output);
  for (const line of text.split('\n')) {
    const match = SUMMARY.exec(line);
    // Tests may print such lines too: the last one is the runner's.
    if (match !== null) counts[match[1]] = Number(match[2]);
  }
  const failures = FAILURES.exec(text);
  if (failures !== null) counts.failures.push(text.slice(failures.index).trim());
  return counts;
}

/**
 * Runs test files and adds their counts to an account.
 *
 * @param {string[]} files Files
 * @param {object} env Variables for them
 * @param {object} counts Account
 * @param {boolean} [mostlyWaits=false] Whether several files may run at once, since they mostly wait
 * @return {Promise<boolean>} True when all passed
 * @public
 */
async function runTests(files, env, counts, mostlyWaits = false) {
  // Without files Node would look for some itself.
  if (files.length === 0) {
    counts.fail++;
    return false;
  }

  const { code, output } = await run(process.execPath, [...options(mostlyWaits), ...files], { env, tee: true });
  const here = readSummary(output);
  // A run that ended badly without a failed test (a crash, a file that could not be loaded) is a failure too.
  if (code !== 0 && here.fail + here.cancelled === 0) here.fail = 1;
  for (const key of COUNTED) counts[key] += here[key];
  counts.failures.push(...here.failures);
  return code === 0;
}

/**
 * Prints the closing lines, as Node's reporter does, and before them what failed: where only the end of the output is at hand,
 * that is what one wants to read.
 *
 * @param {object} counts Account
 * @param {number} started When the whole run began (ms)
 * @public
 */
function printCounts(counts, started) {
  for (const text of counts.failures) console.log(`\n${text}`);
  for (const key of COUNTED) console.log(`ℹ ${key} ${counts[key]}`);
  console.log(`ℹ duration_ms ${Date.now() - started}`);
}

module.exports = { emptyCounts, printCounts, runTests };
