'use strict';

/**
 * Do the tests that packages publish with themselves pass with us in the place of ws, or of the package?
 */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { execFile } = require('node:child_process');
const { it } = require('node:test');

const root = path.resolve(__dirname, '../..');

/** Packages with tests in their tarballs, and what is loaded before them. */
const PACKAGES = [
  ['@fastify/websocket', 'instead-of-ws.js'],
  ['@fastify/websocket', 'instead-of-fastify-websocket.js']
];

/** Runs a test file of a package and resolves with its exit code and output. */
function run(file, preload) {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--require', preload, '--test', '--test-reporter=tap', file],
      { cwd: root, env: { ...process.env, NODE_TEST_CONTEXT: undefined }, maxBuffer: 1 << 26, timeout: 120_000 },
      (err, stdout, stderr) => resolve({ code: err === null ? 0 : err.code, output: stdout + stderr })
    );
  });
}

for (const [name, support] of PACKAGES) {
  const folder = path.join(root, 'node_modules', name, 'test');

  for (const file of fs.readdirSync(folder).filter((one) => one.endsWith('.test.js'))) {
    it(`${name}: ${file}, with ${support}`, async () => {
      const { code, output } = await run(path.join(folder, file), path.join(root, '__test__/support', support));

      assert.equal(code, 0, output.slice(-5000));
      assert.match(output, /^# pass [1-9]/m);
    });
  }
}
