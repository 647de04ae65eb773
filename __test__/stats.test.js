'use strict';

// What do figures say before there is anything to count? All of them are there from the start, so that a program may
// look at them, and subtract, at any time.

const assert = require('assert');
const { once } = require('events');
const { test } = require('node:test');

const WebSocket = require('..');
const { FdChannel } = require('../lib/channel/fd-channel');

const { WebSocketServer, stats } = WebSocket;

test('every total is 0 before the first connection, and none comes later', async () => {
  const { reactors, ...before } = stats();

  assert.deepStrictEqual(reactors, []);
  assert.ok(Object.values(before).every((value) => value === 0));

  const wss = new WebSocketServer({ host: '127.0.0.1', port: 0 });

  await once(wss, 'listening');

  const client = new WebSocket(`ws://127.0.0.1:${wss.address().port}`);

  await once(client, 'open');

  const { reactors: some, ...after } = stats();

  assert.ok(some.length > 0);
  assert.deepStrictEqual(Object.keys(before).sort(), Object.keys(after).sort());
  client.close();
  await once(client, 'close');
  wss.close();
});

test('a reactor that was at work whenever it was asked has them all', () => {
  const channel = new FdChannel({ driver: 'loop', hasLoop: true, name: 'busy' });
  const { reactors, ...total } = stats();

  channel.native.stats = () => null;

  const { driver, ...figures } = channel.stats();

  assert.strictEqual(driver, 'loop');
  assert.deepStrictEqual(Object.keys(figures).sort(), Object.keys(total).sort());
  assert.ok(Object.values(figures).every((value) => value === 0));
  assert.ok(reactors.every((reactor) => Object.keys(figures).every((name) => name in reactor)));
});
