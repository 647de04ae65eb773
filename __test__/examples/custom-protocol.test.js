'use strict';

// Does the server of examples/custom-protocol send back what it gets, at the pace of who reads it, and does the client say
// what went wrong?

const assert = require('assert');
const { randomBytes } = require('crypto');
const { once } = require('events');
const { setTimeout: pause } = require('timers/promises');
const { test } = require('node:test');

const { requestUpgrade } = require('../..');
const { Example, refusal, within } = require('./support/example');

/**
 * Opens the protocol.
 *
 * @param {TestContext} t The test
 * @param {Example} server The server
 * @return {Promise<Duplex>} The socket
 */
async function open(t, server) {
  const { stream } = await requestUpgrade(server.url, { protocol: 'echo/1' });
  t.after(() => stream.destroy());
  stream.on('error', () => {});
  return stream;
}

test('the client gets back what it sends, to the end', async (t) => {
  const server = await Example.start(t, 'custom-protocol/server.js');
  const client = Example.run('custom-protocol/client.js', [server.url]);
  t.after(() => client.kill());
  client.child.stdin.write('hello');
  await client.print(/^hello$/);
  client.child.stdin.end(' and goodbye\n');
  await client.succeed();
  assert.strictEqual(client.output, 'hello and goodbye\n');
  await server.interrupt();
});

test('the client says what else it was answered', async (t) => {
  const server = await Example.start(t, 'custom-protocol/server.js');
  const client = Example.run('custom-protocol/client.js', [new URL('/other', server.url).href]);
  t.after(() => client.kill());
  const { code } = await within(client.ended, () => 'its end');
  assert.strictEqual(code, 1);
  assert.match(client.errors, /^.*200.*\nAn ordinary page\./);
});

test('Ctrl-C ends either of them', async (t) => {
  const server = await Example.start(t, 'custom-protocol/server.js');
  const clients = [1, 2].map(() => Example.run('custom-protocol/client.js', [server.url]));
  t.after(() => Promise.all(clients.map((client) => client.kill())));
  for (const client of clients) {
    client.child.stdin.write('x');
    await client.print(/^x$/);
  }
  await clients[0].interrupt();
  await server.interrupt();
  await within(clients[1].ended, () => 'the end of the client');
});

test('who does not ask for it gets an ordinary answer', async (t) => {
  const server = await Example.start(t, 'custom-protocol/server.js');
  const plain = await fetch(server.url);
  assert.deepStrictEqual([plain.status, plain.headers.get('upgrade')], [426, 'echo/1']);
  assert.strictEqual((await refusal(server.ws())).status, 426);
  assert.match(await (await fetch(new URL('/', server.url))).text(), /ordinary page/);
  const other = await requestUpgrade(server.url, { protocol: 'echo/2' }).catch((err) => err);
  assert.strictEqual(other.response.statusCode, 426);
  other.response.resume();
});

test('who does not read is not read, and loses nothing', async (t) => {
  const server = await Example.start(t, 'custom-protocol/server.js');
  const stream = await open(t, server);
  const chunk = randomBytes(1024 * 1024);
  let sent = 0;
  let moves = true;
  stream.pause();
  // The kernel keeps some megabytes for each direction; the server is to keep next to none.
  for (; moves && sent < 64; sent++) {
    if (!stream.write(chunk)) moves = await Promise.race([once(stream, 'drain'), pause(1000, false)]);
  }
  assert.ok(!moves, 'it took all that there was');
  stream.end();
  let at = 0;
  for await (const part of stream) {
    for (let offset = 0; offset < part.length;) {
      const from = at % chunk.length;
      const size = Math.min(part.length - offset, chunk.length - from);
      assert.ok(part.subarray(offset, offset + size).equals(chunk.subarray(from, from + size)), `different at ${at}`);
      offset += size;
      at += size;
    }
  }
  assert.strictEqual(at, sent * chunk.length);
});

test('who says nothing is not waited for', async (t) => {
  const server = await Example.start(t, 'custom-protocol/server.js', { IDLE_MS: '300' });
  const stream = await open(t, server);
  stream.resume();
  await within(once(stream, 'close'), () => 'its end');
  await server.interrupt();
});

test('one more than there is room for', async (t) => {
  const server = await Example.start(t, 'custom-protocol/server.js', { SOCKETS: '1' });
  await open(t, server);
  const err = await requestUpgrade(server.url, { protocol: 'echo/1' }).catch((refusal) => refusal);
  assert.strictEqual(err.response.statusCode, 503);
  assert.strictEqual(Buffer.concat(await err.response.toArray()).toString(), 'Too many connections');
});
