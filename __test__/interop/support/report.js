'use strict';

// Who could do what? Every case of every peer is a cell of the table that `npm run test:peers` prints: it passes, fails,
// or is not possible for a reason. This is how a cell gets its test and its line in the report.

const fs = require('node:fs');
const { test } = require('node:test');

/** The file the lines go to, when somebody collects them. */
const FILE = process.env.INTEROP_REPORT;

/**
 * Notes how a cell went.
 *
 * @param {Object} line `{ peer, version, role, name, result, reason }`
 */
function note(line) {
  if (FILE) fs.appendFileSync(FILE, `${JSON.stringify(line)}\n`);
}

/**
 * Registers the test of a cell.
 *
 * @param {Object} cell `{ peer, role, name }`
 * @param {Function} run What has to work: called with the context of the test, resolves with the version of the peer
 */
function possible({ peer, role, name }, run) {
  test(`${peer} as ${role}: ${name}`, { timeout: 120_000 }, async (t) => {
    try {
      const version = await run(t);

      note({ peer, role, name, version, result: 'ok' });
    } catch (err) {
      note({ peer, role, name, result: 'failed', reason: err.message });
      throw err;
    }
  });
}

/**
 * Notes that there is no test for a cell.
 *
 * @param {Object} cell `{ peer, role, name }`
 * @param {String} reason Why
 */
function impossible(cell, reason) {
  note({ ...cell, result: 'not possible', reason });
}

module.exports = { impossible, possible };
