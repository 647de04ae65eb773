'use strict';

// When is the allocator asked to give memory back? After many connections have come or gone, and no more do.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { setTimeout: pause } = require('node:timers/promises');

const native = require('../lib/base/native');
const { noteConnection } = require('../lib/channel/trimming');

const { trimMemory } = native;

test('memory is given back once, when a crowd has come to rest', async (t) => {
  const asked = [];
  let last = 0;
  const come = (count) => {
    for (let i = 0; i < count; i++) noteConnection();
    last = performance.now();
  };

  native.trimMemory = () => asked.push(performance.now() - last);
  t.after(() => (native.trimMemory = trimMemory));

  come(999);
  await pause(1500);
  assert.equal(asked.length, 0, 'a few are not worth it');

  for (let i = 0; i < 15; i++) {
    come(10);
    await pause(200);
  }
  assert.equal(asked.length, 0, 'they still come');

  while (asked.length === 0) await pause(50);
  assert.ok(asked[0] > 900, `asked ${asked[0]} ms after the last one came`);

  come(999);
  await pause(2500);
  assert.equal(asked.length, 1, 'counting begins anew');
});

test('asking is answered, whatever the allocator', async () => {
  await trimMemory();
});
