'use strict';

/**
 * `npm run test:peers`: does Upshift work with foreign programs? Needs programs that npm cannot install; names those
 * that are missing and fails, because a test that did not run has not passed. Ends with a table: which peer can do what
 * with us.
 *
 *     node scripts/test-peers.js                everything, foreign WebSockets on each pinned path
 *     … --path=loop                             these on this path only (loop, threads, stream; several are possible)
 *     … --smoke                                 the other upgrades, which know the version of Node, and no WebSockets
 *     … --smoke --path=loop                     both
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { emptyCounts, printCounts, runTests } = require('./node-tests');
const { CHROMIUM, buildPeers, missingPrograms } = require('./peer-programs');
const { readReport, table } = require('./peer-table');
const { onEveryPath, pinnedPaths, quickPeers, testFiles } = require('./test-files');

/** Exit status of sysexits.h for "a service is unavailable". */
const EX_UNAVAILABLE = 69;

/**
 * Runs the interop tests on some paths and prints their table.
 *
 * @param {{ name: string, env: object }[]} paths The paths
 * @param {object} counts Account
 * @return {Promise<boolean>} True when all passed
 * @private
 */
async function runInterop(paths, counts) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'upshift-interop-'));
  const report = path.join(folder, 'report');
  let passed = true;
  for (const { name, files, env } of onEveryPath(['interop'], paths)) {
    console.log(`\n▶▶ interop, ${name}`);
    if (!(await runTests(files, { ...env, INTEROP_REPORT: report }, counts))) passed = false;
  }
  console.log(`\n${table(readReport(report))}\n`);
  fs.rmSync(folder, { recursive: true });
  return passed;
}

/**
 * Builds what has to be built and runs the tests.
 *
 * @param {string[]} args Command line
 * @return {Promise<boolean>} True when all passed
 * @private
 */
async function runAll(args) {
  const started = Date.now();
  const counts = emptyCounts();
  const isBuilt = await buildPeers();
  const isSmoke = args.includes('--smoke');
  const paths = pinnedPaths(args, !isSmoke);
  const passed = [isBuilt, await runTests(isSmoke ? quickPeers() : testFiles('peers'), { CHROMIUM }, counts)];
  if (paths.length > 0) passed.push(await runInterop(paths, counts));
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
  if (!(await runAll(process.argv.slice(2)))) process.exitCode = 1;
}

main();
