'use strict';

// Does examples/authorization let in who has the token, and tell everybody else why not?

const assert = require('assert');
const net = require('net');
const { once } = require('events');
const { test } = require('node:test');

const { Client, Example, refusal, within } = require('./support/example');

/**
 * Runs the client until it ends by itself.
 *
 * @param {String} url The server
 * @param {String} token The token
 * @return {Promise<Object>} Its exit code and what it said
 */
async function fail(url, token) {
  const client = Example.run('authorization/client.js', [url], { TOKEN: token });
  try {
    const { code } = await within(client.ended, () => 'the end of the client');
    return { code, errors: client.errors };
  } finally {
    await client.kill();
  }
}

test('the client comes in with its token, and leaves cleanly', async (t) => {
  const server = await Example.start(t, 'authorization/server.js', { TOKEN: 'swordfish' });
  const client = Example.run('authorization/client.js', [server.url], { TOKEN: 'swordfish' });
  t.after(() => client.kill());
  await client.print(/^hello Ali\nAli said open sesame\n$/);
  await client.interrupt();
  await server.interrupt();
});

test('the client says why it was refused', async (t) => {
  const server = await Example.start(t, 'authorization/server.js');
  const { code, errors } = await fail(server.url, 'wrong');
  assert.strictEqual(code, 1);
  assert.match(errors, /^refused: 401 Unauthorized \(Bearer realm="example"\)\n/);
  await server.interrupt();
  assert.match((await fail(server.url, 'sesame')).errors, /ECONNREFUSED/);
});

test('only this header, with this token, comes in', async (t) => {
  const server = await Example.start(t, 'authorization/server.js');
  const wrong = [
    'Bearer',
    'Bearer ',
    'Bearer wrong',
    'Basic sesame',
    'sesame',
    'Bearer sesame2',
    'Bearer sesame sesame'
  ];
  for (const headers of [{}, ...wrong.map((Authorization) => ({ Authorization }))]) {
    const answer = await refusal(server.url, { headers });
    assert.deepStrictEqual([headers, answer.status], [headers, 401]);
    assert.strictEqual(answer.headers['www-authenticate'], 'Bearer realm="example"');
  }
  const client = await Client.open(t, server.url, { headers: { Authorization: 'bearer  sesame' } });
  assert.strictEqual(await client.next(), 'hello Ali');
});

test('Ctrl-C ends a client that waits for an answer', async (t) => {
  const silent = net.createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const client = Example.run('authorization/client.js', [`ws://127.0.0.1:${silent.address().port}/`]);
  t.after(async () => {
    await client.kill();
    silent.close();
  });
  const [socket] = await once(silent, 'connection');
  client.child.kill('SIGINT');
  await within(client.ended, () => 'the end of the client');
  socket.destroy();
  assert.match(client.errors, /WebSocket was closed before the connection was established/);
});
