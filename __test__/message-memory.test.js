'use strict';

// How much memory do the messages of connections share? At most so much for all of them together, and none for one that has
// become quiet; told from the timers it sets, since nobody can say when a busy machine lets one ring.

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { MessageMemory } = require('../lib/channel/message-memory');

/** All that connections share on one channel. */
const MOST = 64 * 1024 * 1024;
const LENGTH = 1000;

/**
 * Replaces the timers by ones that ring when the test wants them to.
 *
 * @param {TestContext} t The test
 * @return {Function} Lets those ring that are set, and returns how many these were
 */
function holdTimers(t) {
  let set = [];

  t.mock.method(globalThis, 'setTimeout', (ring, ms, ...args) => {
    const timer = { unref: () => timer };

    assert.ok(ms > 0);
    set.push(() => ring(...args));
    return timer;
  });

  return () => {
    const due = set;

    set = [];
    for (const ring of due) ring();
    return due.length;
  };
}

/** @return {Object} As much of a WebSocket as there has to be */
const connection = () => ({ _$memory: null });

/**
 * Has a message copied.
 *
 * @param {MessageMemory} memory The memory
 * @param {Object} ws Its connection
 * @return {Number} How much memory it lies in
 */
function receive(memory, ws) {
  const data = memory.copy(ws, new ArrayBuffer(LENGTH), 0, LENGTH);

  assert.equal(data.length, LENGTH);
  return data.buffer.byteLength;
}

test('all that is shared is bounded, and beyond it each message has memory of its own', (t) => {
  holdTimers(t);

  const memory = new MessageMemory();
  const first = connection();
  const size = receive(memory, first);

  assert.ok(size > LENGTH);
  for (let i = size; i < MOST; i += size) assert.equal(receive(memory, connection()), size);
  assert.equal(memory.pooled, MOST);

  const late = connection();

  assert.equal(receive(memory, late), LENGTH);
  assert.equal(memory.pooled, MOST);
  // There is room again.
  memory.drop(first);
  assert.equal(receive(memory, late), size);
  assert.equal(memory.pooled, MOST);
});

test('what a connection shares grows with use, within that bound', (t) => {
  holdTimers(t);

  const memory = new MessageMemory();
  const ws = connection();
  const sizes = Array.from({ length: 40 }, () => receive(memory, ws));

  assert.ok(sizes.at(-1) > sizes[0]);
  assert.equal(memory.pooled, sizes.at(-1));
});

test('a connection that has become quiet gives it up', (t) => {
  const ring = holdTimers(t);
  const memory = new MessageMemory();
  const [quiet, busy] = [connection(), connection()];

  receive(memory, quiet);

  const size = receive(memory, busy);

  // Used since the last look.
  assert.equal(ring(), 1);
  assert.equal(memory.pooled, 2 * size);
  receive(memory, busy);
  assert.equal(ring(), 1);
  assert.deepEqual([quiet._$memory, memory.pooled], [null, size]);
  assert.equal(ring(), 1);
  assert.deepEqual([busy._$memory, memory.pooled], [null, 0]);
  // Nobody looks where nothing is, until there is something again.
  assert.equal(ring(), 0);
  receive(memory, quiet);
  assert.equal(memory.pooled, size);
  assert.equal(ring(), 1);
});
