'use strict';

/**
 * `npm run test:peers`: does Upshift work with foreign programs? Needs programs that npm cannot install; names those
 * that are missing and fails, because a test that did not run has not passed.
 */

const { existsSync } = require('node:fs');
const { emptyCounts, printCounts, runTests } = require('./node-tests');
const { run } = require('./process');
const { testFiles } = require('./test-files');

/** Exit status of sysexits.h for "a service is unavailable". */
const EX_UNAVAILABLE = 69;

const CHROMIUM = process.env.CHROMIUM || '/usr/bin/chromium';

/** What the tests need, how to see that it is there, where it comes from. */
const PROGRAMS = [
  {
    name: 'Chromium',
    hint: `no ${CHROMIUM}; apt-get install chromium, or set CHROMIUM to its path`,
    found: () => existsSync(CHROMIUM)
  },
  { name: 'strace', hint: 'apt-get install strace', found: () => answers('strace', ['-V']) }
];

/**
 * Does a program start and end well?
 *
 * @param {string} command Program
 * @param {string[]} args Arguments
 * @return {Promise<boolean>} True when it does
 * @private
 */
async function answers(command, args) {
  const { code } = await run(command, args, { capture: true });
  return code === 0;
}

/**
 * Names the programs that are not here.
 *
 * @return {Promise<object[]>} Entries of PROGRAMS
 * @private
 */
async function missingPrograms() {
  const found = await Promise.all(PROGRAMS.map((program) => program.found()));
  return PROGRAMS.filter((_, index) => !found[index]);
}

/**
 * Runs the tests, or says what is missing.
 *
 * @return {Promise<void>}
 * @private
 */
async function main() {
  const missing = await missingPrograms();
  for (const { name, hint } of missing) console.error(`test:peers: ${name} is missing (${hint})`);
  if (missing.length > 0) {
    process.exitCode = EX_UNAVAILABLE;
    return;
  }
  const started = Date.now();
  const counts = emptyCounts();
  const passed = await runTests(testFiles('peers'), { CHROMIUM }, counts);
  printCounts(counts, started);
  if (!passed || counts.tests === 0) process.exitCode = 1;
}

main();
