'use strict';

// What does a reactor leave behind that could not be started for want of descriptors? Nothing: the next attempt may come
// with each connection.

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');
const { promisify } = require('node:util');

const FIXTURE = path.join(__dirname, '..', 'fixtures', 'no-descriptors.js');

for (const driver of ['loop', 'threads']) {
  test(`an attempt that fails leaves no handle behind: driver ${driver}`, async () => {
    // More descriptors than that would only take longer to use up.
    const command = `ulimit -n 100; exec "$0" "$1" ${driver}`;
    const { stdout } = await promisify(execFile)('sh', ['-c', command, process.execPath, FIXTURE]);
    const reports = JSON.parse(stdout);

    assert.ok(reports.length >= 2, stdout);
    for (const report of reports) assert.deepEqual(report, { failed: 100, left: 0 });
  });
}
