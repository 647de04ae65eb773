'use strict';

/**
 * Do tests of applications that use the package run under jest and vitest, in each of their isolations?
 */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, it } = require('node:test');
const { stripVTControlCharacters } = require('node:util');
const { execute, installed, root } = require('./support');

/** A test as an application would have it; two files of it run beside each other. */
const TEST = `
  const { WebSocketServer } = require('upshift');
  const WebSocket = require(${JSON.stringify(path.join(root, 'node_modules/ws'))});

  test('echoes', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    server.on('connection', (ws) => ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary })));
    await new Promise((resolve) => server.on('listening', resolve));
    const client = new WebSocket('ws://127.0.0.1:' + server.address().port);
    client.on('open', () => client.send('hello'));
    const data = await new Promise((resolve) => client.on('message', resolve));
    expect(data.toString()).toBe('hello');
    client.close();
    await new Promise((resolve) => server.close(resolve));
  });
`;

const RUNNERS = [
  ['jest', 'jest/bin/jest.js', ['--ci', '--config', '{"transform":{},"testMatch":["**/*.test.cjs"]}']],
  ['vitest in processes', 'vitest/vitest.mjs', ['run', '--globals', '--pool=forks']],
  ['vitest in threads', 'vitest/vitest.mjs', ['run', '--globals', '--pool=threads']],
  ['vitest in vm contexts', 'vitest/vitest.mjs', ['run', '--globals', '--pool=vmThreads']]
];

const cleanups = [];
let cwd;
before(async () => {
  cwd = await installed({ after: (cleanup) => cleanups.push(cleanup) });
  for (const file of ['one.test.cjs', 'two.test.cjs']) fs.writeFileSync(path.join(cwd, file), TEST);
});

after(() => cleanups.forEach((cleanup) => cleanup()));

for (const [name, program, args] of RUNNERS) {
  it(`runs under ${name}`, async () => {
    const cli = path.join(root, 'node_modules', program);
    const env = { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined };
    const { stdout, stderr } = await execute(process.execPath, [cli, ...args], { cwd, env, timeout: 120_000 });
    assert.match(stripVTControlCharacters(stdout + stderr), /Tests:? +2 passed/);
  });
}
