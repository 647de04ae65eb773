'use strict';

// What becomes of what streams bring while it is enough for one turn of the event loop? It waits, with its end, and nothing
// of it is lost or overtakes.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { test } = require('node:test');

const { stats } = require('../..');
const { encode } = require('../support/frames');
const { streamPair } = require('../support/stream-pair');
const { burn } = require('../support/turns');

/** So many messages take ten times as long as a turn may. */
const MANY = 1200;

/**
 * @param {Number} from The number of the first message
 * @param {Number} count How many
 * @param {Number} [size=0] So many bytes are behind the number of each
 * @return {Buffer} The messages
 */
function numbered(from, count, size = 0) {
  return Buffer.concat(Array.from({ length: count }, (_, i) => encode(1, `${from + i} ${'x'.repeat(size)}`)));
}

/**
 * Makes two connections over streams: what the second one brings right after `flood()` has to wait.
 *
 * @param {TestContext} t The test
 * @return {Promise<Object>} What `streamPair()` tells of the second one, `flood()`, and `seen`, the numbers of its messages
 */
async function behindFlood(t) {
  const first = await streamPair(t);
  const second = await streamPair(t);
  const seen = [];

  // Both read.
  await new Promise(setImmediate);
  first.socket.on('message', () => burn(0.1));
  second.socket.on('message', (data) => seen.push(parseInt(data)));
  return { ...second, flood: () => first.peer.write(numbered(0, MANY)), seen };
}

/**
 * @param {Number} count How many
 * @return {Number[]} That many numbers
 */
const range = (count) => Array.from({ length: count }, (_, i) => i);

test('it comes in order, and a stream that brings much stops until then', async (t) => {
  const { flood, peer, seen, stream } = await behindFlood(t);
  const held = [];

  stream.on('data', () => held.push([seen.length, stream.isPaused(), stats().memory >= 20_000]));
  flood();
  peer.write(numbered(0, 20, 1000));
  process.nextTick(() => peer.write(numbered(20, 20, 1000)));
  while (seen.length < 40) await new Promise(setImmediate);
  assert.deepEqual(seen, range(40));
  assert.deepEqual(held[0], [0, true, true]);
  assert.equal(stream.isPaused(), false);
  peer.write(numbered(40, 1));
  while (seen.length < 41) await new Promise(setImmediate);
});

test('nothing of it is lost when the stream goes', async (t) => {
  const { flood, peer, seen, socket, stream } = await behindFlood(t);
  const states = new Set();

  socket.on('message', () => states.add(socket.readyState));
  stream.on('data', () => process.nextTick(() => stream.destroy()));
  flood();
  peer.write(numbered(0, MANY));

  const [code] = await once(socket, 'close');

  assert.deepEqual(seen, range(MANY));
  assert.equal(code, 1006);
  // It was gone before the first of them.
  assert.deepEqual([...states], [socket.CLOSING]);
});

test('nor is the rest of what was begun with', async (t) => {
  const { peer, socket, stream } = await streamPair(t);
  const seen = [];

  await new Promise(setImmediate);
  socket.on('message', (data) => {
    seen.push(parseInt(data));
    burn(0.1);
  });
  stream.on('data', () => process.nextTick(() => stream.destroy()));
  peer.write(numbered(0, 2 * MANY));
  await once(stream, 'close');
  assert.ok(seen.length < MANY, `${seen.length} messages`);
  await once(socket, 'close');
  assert.deepEqual(seen, range(2 * MANY));
});

test('its end comes behind it', async (t) => {
  const { flood, peer, seen, socket, stream } = await behindFlood(t);
  const end = once(stream, 'end').then(() => seen.length);

  flood();
  peer.end(numbered(0, MANY));
  await once(socket, 'close');
  assert.equal(await end, 0);
  assert.deepEqual(seen, range(MANY));
});

test('a paused connection takes none of it', async (t) => {
  const { flood, peer, seen, socket, stream } = await behindFlood(t);

  stream.once('data', () => socket.pause());
  flood();
  peer.write(numbered(0, 20, 1000));
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
  assert.deepEqual(seen, []);
  assert.equal(stream.isPaused(), true);
  socket.resume();
  while (seen.length < 20) await new Promise(setImmediate);
  assert.deepEqual(seen, range(20));
  assert.equal(stream.isPaused(), false);
});

test('a dropped connection takes none of it, and ends', async (t) => {
  const { flood, peer, seen, socket, stream } = await behindFlood(t);

  stream.once('data', () => socket.terminate());
  flood();
  peer.write(numbered(0, 20, 1000));

  const [code] = await once(socket, 'close');

  assert.deepEqual([code, seen], [1006, []]);
});

test('the ticks of each chunk come before the next one', async (t) => {
  const { flood, peer, socket, stream } = await behindFlood(t);
  const log = [];
  let chunks = 0;

  socket.on('message', (data) => {
    const number = parseInt(data);

    log.push(`message ${number}`);
    process.nextTick(() => log.push(`tick ${number}`));
    Promise.resolve().then(() => log.push(`microtask ${number}`));
  });
  stream.on('data', () => {
    if (chunks++ === 0) process.nextTick(() => peer.write(numbered(2, 1)));
    assert.deepEqual(log, []);
  });
  flood();
  peer.write(numbered(0, 2));
  while (log.length < 9) await new Promise(setImmediate);
  assert.equal(chunks, 2);
  assert.deepEqual(log, [
    ...['message 0', 'message 1', 'tick 0', 'tick 1', 'microtask 0', 'microtask 1'],
    ...['message 2', 'tick 2', 'microtask 2']
  ]);
});
