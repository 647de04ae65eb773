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

/** Packages with tests in their tarballs, which files have to do with WebSockets, and what is loaded before them. */
const PACKAGES = [
  ['@fastify/http-proxy', /^(socket|websocket|ws-)/, ['instead-of-ws.js']],
  ['@fastify/websocket', /\.test\.js$/, ['instead-of-ws.js']],
  ['@fastify/websocket', /\.test\.js$/, ['instead-of-fastify-websocket.js']],
  ['koa-websocket', /^test\.js$/, ['instead-of-ws.js', 'as-mocha.js']]
];

/** Runs a test file of a package, in the folder of the package, and resolves with its exit code and output. */
function run(folder, file, supports) {
  const preloads = supports.flatMap((support) => ['--require', path.join(root, '__test__/support', support)]);

  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [...preloads, '--test', '--test-reporter=tap', path.join('test', file)],
      { cwd: folder, env: { ...process.env, NODE_TEST_CONTEXT: undefined }, maxBuffer: 1 << 26, timeout: 120_000 },
      (err, stdout, stderr) => resolve({ code: err === null ? 0 : err.code, output: stdout + stderr })
    );
  });
}

for (const [name, pattern, supports] of PACKAGES) {
  const folder = path.join(root, 'node_modules', name);

  for (const file of fs.readdirSync(path.join(folder, 'test')).filter((one) => pattern.test(one))) {
    it(`${name}: ${file}, with ${supports[0]}`, async () => {
      const { code, output } = await run(folder, file, supports);

      assert.equal(code, 0, output.slice(-5000));
      assert.match(output, /^# pass [1-9]/m);
    });
  }
}
