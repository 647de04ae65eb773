'use strict';

// Does everything hold when the engine has to stop after every single event? The behaviour of connections is tested once
// more with turns of one event, and once with a credit that each message overdraws.

const assert = require('node:assert/strict');
const path = require('node:path');
const { execFile } = require('node:child_process');
const { test } = require('node:test');

const FILES = ['close', 'errors', 'events', 'handlers', 'pause', 'receive', 'send'].map((name) =>
  path.join(__dirname, '..', 'behaviour', `${name}.test.js`)
);

/**
 * Runs the files in processes of their own.
 *
 * @param {Object} env Variables for them
 * @return {Promise<Object>} `{ code, output }`
 */
function run(env) {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--test', '--test-reporter=tap', ...FILES],
      { env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...env }, maxBuffer: 1 << 26 },
      (err, stdout, stderr) => resolve({ code: err === null ? 0 : err.code, output: stdout + stderr })
    );
  });
}

for (const [name, UPSHIFT_DRIVER, value] of [
  ['turns of one event', 'threads', { UPSHIFT_TEST_EVENTS_PER_TURN: '1' }],
  ['a credit of one byte', 'loop', { UPSHIFT_TEST_RECEIVE_CREDIT: '1' }]
]) {
  test(`with ${name} nothing is different`, async () => {
    const { code, output } = await run({ ...value, UPSHIFT_DRIVER, UPSHIFT_TRANSPORT: 'fd' });
    const failed = output.split('\n').filter((line) => /^\s*not ok/.test(line));

    assert.deepEqual([code, failed], [0, []], output.slice(-5000));
    assert.match(output, /^# pass \d{3}/m);
  });
}
