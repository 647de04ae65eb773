'use strict';

/**
 * `npm run test:peers`: does Upshift work with foreign programs? Needs programs that npm cannot install; names those
 * that are missing and fails, because a test that did not run has not passed. Ends with a table: which peer can do what
 * with us.
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { emptyCounts, printCounts, runTests } = require('./node-tests');
const { CHROMIUM, buildPeers, missingPrograms } = require('./peer-programs');
const { readReport, table } = require('./peer-table');
const { PATHS, onEveryPath, testFiles } = require('./test-files');

/** Exit status of sysexits.h for "a service is unavailable". */
const EX_UNAVAILABLE = 69;

/**
 * Runs the interop tests on every path and prints their table.
 *
 * @param {object} counts Account
 * @return {Promise<boolean>} True when all passed
 * @private
 */
async function runInterop(counts) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'upshift-interop-'));
  const report = path.join(folder, 'report');
  let passed = true;
  for (const { name, files, env } of onEveryPath(
    ['interop'],
    PATHS.filter(({ pinned }) => pinned)
  )) {
    console.log(`\n▶▶ interop, ${name}`);
    if (!(await runTests(files, { ...env, INTEROP_REPORT: report }, counts))) passed = false;
  }
  console.log(`\n${table(readReport(report))}\n`);
  fs.rmSync(folder, { recursive: true });
  return passed;
}

/**
 * Builds what has to be built and runs all tests.
 *
 * @return {Promise<boolean>} True when all passed
 * @private
 */
async function runAll() {
  const started = Date.now();
  const counts = emptyCounts();
  const isBuilt = await buildPeers();
  const passed = [isBuilt, await runTests(testFiles('peers'), { CHROMIUM }, counts), await runInterop(counts)];
  printCounts(counts, started);
  return passed.every(Boolean) && counts.tests > 0;
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
  if (!(await runAll())) process.exitCode = 1;
}

main();
