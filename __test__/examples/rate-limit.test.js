'use strict';

// Does examples/rate-limit keep its three bounds, per address, and forget what has passed?

const assert = require('assert');
const { test } = require('node:test');

const addressOf = require('../../examples/rate-limit/address');
const { Client, Example, refusal } = require('./support/example');

test('so many connections at once, and one more when one has gone', async (t) => {
  const example = await Example.start(t, 'rate-limit/server.js', { CONNECTIONS: '2' });
  const first = await Client.open(t, example.ws());
  await Client.open(t, example.ws());
  const { status, headers } = await refusal(example.ws());
  assert.deepStrictEqual([status, headers['retry-after']], [429, '10']);
  first.ws.close();
  await first.close();
  for (;;) {
    // The server sees the end of a socket a moment later than its client.
    const again = await Client.open(t, example.ws()).catch(() => null);
    if (again !== null) break;
  }
  await example.interrupt();
});

test('other addresses have connections of their own', async (t) => {
  const example = await Example.start(t, 'rate-limit/server.js', { CONNECTIONS: '1' });
  await Client.open(t, example.ws());
  assert.strictEqual((await refusal(example.ws())).status, 429);
  await Client.open(t, example.ws(), { localAddress: '127.0.0.2' });
  const forwarded = { headers: { 'X-Forwarded-For': '203.0.113.7' } };
  assert.strictEqual((await refusal(example.ws(), forwarded)).status, 429);
});

test('so many handshakes, refused ones among them', async (t) => {
  const example = await Example.start(t, 'rate-limit/server.js', { HANDSHAKES: '2', CONNECTIONS: '0' });
  const answers = [];
  for (let i = 0; i < 3; i++) answers.push((await refusal(example.ws())).status);
  assert.deepStrictEqual(answers, [429, 429, 429]);
  await example.interrupt();
  const other = await Example.start(t, 'rate-limit/server.js', { HANDSHAKES: '2' });
  const clients = [await Client.open(t, other.ws()), await Client.open(t, other.ws())];
  assert.strictEqual((await refusal(other.ws())).status, 429);
  clients[0].send('still open');
  assert.strictEqual(await clients[0].next(), 'still open');
});

test('so many messages, in all connections of an address together', async (t) => {
  const example = await Example.start(t, 'rate-limit/server.js', { MESSAGES: '10' });
  const [loud, second] = [await Client.open(t, example.ws()), await Client.open(t, example.ws())];
  const quiet = await Client.open(t, example.ws(), { localAddress: '127.0.0.3' });
  for (let i = 0; i < 5; i++) second.send(`${i}`);
  for (let i = 0; i < 5; i++) assert.strictEqual(await second.next(), `${i}`);
  for (let i = 0; i < 100; i++) loud.send(`${i}`);
  assert.deepStrictEqual(await loud.close(), { code: 1008, reason: 'Too many messages' });
  assert.ok(loud.messages.length >= 4 && loud.messages.length < 50, `${loud.messages.length} were answered`);
  quiet.send('mine');
  assert.strictEqual(await quiet.next(), 'mine');
});

test('who has many addresses has one limit', () => {
  const of = (remoteAddress) => addressOf({ socket: { remoteAddress } });
  const expected = {
    '203.0.113.7': '203.0.113.7',
    '::ffff:203.0.113.7': '203.0.113.7',
    '2001:db8:1:2:3:4:5:6': '2001:db8:1:2',
    '2001:DB8:1:2::9': '2001:db8:1:2',
    '2001:db8::9': '2001:db8:0:0',
    '2001:db8:0:1::': '2001:db8:0:1',
    '::1': '0:0:0:0',
    'fe80::1%eth0': 'fe80:0:0:0'
  };
  for (const [address, key] of Object.entries(expected)) assert.strictEqual(of(address), key);
  // A socket that is gone already.
  assert.strictEqual(of(undefined), '');
});
