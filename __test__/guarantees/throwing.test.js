'use strict';

// What does a handler that throws break, where the process survives it? Nothing: everything else is still delivered,
// once and in order.

const assert = require('node:assert/strict');
const { before, describe, test } = require('node:test');

const { isWs } = require('../support/implementation');
const { report } = require('../support/child');

// An exception in a handler of ws leaves its receiver stuck for good.
describe('handlers that throw', { skip: isWs && 'ws loses the connection' }, () => {
  let seen;

  before(async () => {
    seen = await report('throwing');
  });

  test('leave every other message of the batch its delivery, once and in order', () => {
    const expected = Array.from({ length: seen.messages }, (_, i) => {
      return `${i % 10 === 4 ? 'ping' : i % 10 === 5 ? 'pong' : 'message'} ${i}`;
    });

    assert.equal(seen.all.length, 9);
    for (const { received } of seen.all) assert.equal(received.join(), [...expected, 'close'].join());
  });

  test('are reported, each once', () => {
    const expected = seen.all.flatMap(({ thrown }, i) => Array.from({ length: thrown }, (_, k) => `${i}/${k + 1}`));
    const others = [...seen.called.map((i) => `callback ${i}`), ...seen.failed.map((_, i) => `late ${i}`)];

    for (const { thrown } of seen.all) assert.equal(thrown, seen.messages / 3 + 1);
    assert.deepEqual([...seen.errors].sort(), [...expected, ...others].sort());
  });

  test('do the callbacks of send() no harm', () => {
    assert.deepEqual(seen.called, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual(seen.failed, [true, true, true]);
  });
});
