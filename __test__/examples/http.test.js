'use strict';

// Does examples/http.js echo, keep its limits, and end?

const assert = require('assert');
const { test } = require('node:test');

const { encode } = require('../support/frames');
const { RawClient } = require('../support/raw-client');
const { Client, Example, refusal, within } = require('./support/example');
const { freePort } = require('../../scripts/free-port');

test('it echoes text and bytes beside an ordinary page', async (t) => {
  const example = await Example.start(t, 'http.js');
  assert.match(await (await fetch(example.url)).text(), /ordinary page/);
  const client = await Client.open(t, example.ws('/echo'));
  client.send('hello');
  assert.strictEqual(await client.next(), 'hello');
  client.send(Buffer.from([0, 255]));
  assert.deepStrictEqual(await client.next(), Buffer.from([0, 255]));
  await example.interrupt();
  assert.deepStrictEqual(await client.close(), { code: 1001, reason: 'The server is going away' });
});

test('other paths and too long messages are refused, and cost nobody else anything', async (t) => {
  const example = await Example.start(t, 'http.js');
  const other = await Client.open(t, example.ws('/echo'));
  assert.strictEqual((await refusal(example.ws('/'))).status, 400);
  const loud = await Client.open(t, example.ws('/echo'));
  loud.send('x'.repeat(64 * 1024 + 1));
  assert.strictEqual((await loud.close()).code, 1009);
  await example.print(/a peer: Max payload size exceeded/);
  other.send('still here');
  assert.strictEqual(await other.next(), 'still here');
});

test('who asks for more than he reads is dropped', async (t) => {
  const example = await Example.start(t, 'http.js');
  const slow = await RawClient.open(Number(new URL(example.url).port), { path: '/echo' });
  const message = encode(2, Buffer.alloc(60_000));
  slow.socket.pause();
  // It reads nothing, so the server gets rid of no more than what the kernel takes; then of nothing.
  slow.socket.on('error', () => {});
  const send = () => {
    while (!slow.socket.destroyed && slow.socket.write(message));
  };
  slow.socket.on('drain', send);
  send();
  await within(slow.closed, () => 'the end of the slow reader');
  await example.interrupt();
});

test('PORT says where it listens', async (t) => {
  const port = await freePort();
  const example = await Example.start(t, 'http.js', { PORT: String(port) });
  assert.strictEqual(Number(new URL(example.url).port), port);
});
