'use strict';

// By how much can `maxBackpressure` be passed? It depends on whether somebody has looked what the kernel takes: told from
// channels that know exactly as much as each test says.

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { admits } = require('../lib/websocket/backpressure');

const MIB = 1048576;

/**
 * Counts the bytes that are admitted when nothing goes out.
 *
 * @param {Number} maxBackpressure The limit
 * @param {Number} size The size of each message
 * @param {Function} stuckAmount What the channel knows of what was sent
 * @return {Number} How many
 */
function admitted(maxBackpressure, size, stuckAmount) {
  let isOpen = true;
  const ws = {
    bufferedAmount: 0,
    _$channel: { stuckAmount },
    _$config: { maxBackpressure, onBackpressure: 'terminate' },
    terminate: () => (isOpen = false)
  };

  while (admits(ws)) ws.bufferedAmount += size;
  assert.ok(!isOpen);
  return ws.bufferedAmount;
}

test('by one message when the kernel has been asked', () => {
  for (const limit of [1000, 1_000_000, 64 * MIB]) {
    assert.equal(
      admitted(limit, 1000, (ws) => ws.bufferedAmount),
      Math.floor(limit / 1000) * 1000 + 1000
    );
  }
});

test('by what the kernel may take when a thread is too busy to ask it', () => {
  const unknown = () => 0;

  assert.equal(admitted(64 * MIB, MIB, unknown), (64 + 4 + 1) * MIB);
  assert.equal(admitted(4 * MIB, MIB, unknown), (4 + 4 + 1) * MIB);
  assert.equal(admitted(1000, 100, unknown), 1000 + 3000 + 100);
});
