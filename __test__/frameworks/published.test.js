'use strict';

/**
 * Do the tests that packages publish with themselves pass with us in the place of ws?
 */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { execFile } = require('node:child_process');
const { it } = require('node:test');

const root = path.resolve(__dirname, '../..');
const preload = path.join(root, '__test__/support/instead-of-ws.js');

/** Packages with tests in their tarballs. */
const PACKAGES = ['@fastify/websocket'];

/** Runs a test file of a package and resolves with its exit code and output. */
function run(file) {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--require', preload, '--test', '--test-reporter=tap', file],
      { cwd: root, env: { ...process.env, NODE_TEST_CONTEXT: undefined }, maxBuffer: 1 << 26, timeout: 120_000 },
      (err, stdout, stderr) => resolve({ code: err === null ? 0 : err.code, output: stdout + stderr })
    );
  });
}

for (const name of PACKAGES) {
  const folder = path.join(root, 'node_modules', name, 'test');

  for (const file of fs.readdirSync(folder).filter((one) => one.endsWith('.test.js'))) {
    it(`${name}: ${file}`, async () => {
      const { code, output } = await run(path.join(folder, file));

      assert.equal(code, 0, output.slice(-5000));
      assert.match(output, /^# pass [1-9]/m);
    });
  }
}
