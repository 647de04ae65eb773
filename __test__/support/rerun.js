'use strict';

// How is a part of the suite run once more, in a process where something is different?

const assert = require('node:assert/strict');
const path = require('node:path');
const { execFile } = require('node:child_process');

/**
 * Runs tests of behaviour in a process of their own, and fails if one of them does.
 *
 * @param {String[]} names The names of their files, without endings
 * @param {Object} env Variables for the process
 */
async function rerun(names, env) {
  const files = names.map((name) => path.join(__dirname, '..', 'behaviour', `${name}.test.js`));
  const { code, output } = await new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--test', '--test-reporter=tap', ...files],
      { env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...env }, maxBuffer: 1 << 26 },
      (err, stdout, stderr) => resolve({ code: err === null ? 0 : err.code, output: stdout + stderr })
    );
  });
  const failed = output.split('\n').filter((line) => /^\s*not ok/.test(line));

  assert.deepEqual([code, failed], [0, []], output.slice(-5000));
  assert.match(output, /^# pass \d{2,3}/m);
}

module.exports = { rerun };
