'use strict';

// When does the alarm of a channel ring? At the earliest moment it was asked for, or next to nothing later; told from the
// timers it sets, since nobody can say when a busy machine lets one ring.

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { Alarm } = require('../lib/base/alarm');

/** How much later than asked for it may ring (ms). */
const LATE = 3;

/**
 * Replaces the timers by ones that never ring.
 *
 * @param {Object} t The test
 * @return {Number[]} The delays of those that are set, the latest last
 */
function watchTimers(t) {
  const set = [];

  t.mock.method(globalThis, 'setTimeout', (ring, ms) => {
    set.push(ms);
    return { unref: () => ms };
  });
  t.mock.method(globalThis, 'clearTimeout', () => {});
  return set;
}

test('rings at the earliest of several moments', (t) => {
  const set = watchTimers(t);
  const alarm = new Alarm(() => {});

  alarm.set(1000);
  alarm.set(2000);
  alarm.set(1000 - LATE - 1);
  assert.deepEqual(set, [1000, 1000 - LATE - 1]);
});

test('is not set anew for a moment that is nearly the same', (t) => {
  const set = watchTimers(t);
  const alarm = new Alarm(() => {});

  for (let i = 0; i < 100; i++) alarm.set(1000);
  assert.deepEqual(set, [1000]);
});

test('can be set again when it has rung', async () => {
  // The alarm alone does not keep the process alive.
  const busy = setInterval(() => {}, 1000);

  await new Promise((resolve) => {
    let rings = 0;
    const alarm = new Alarm(() => (++rings === 3 ? resolve() : alarm.set(1)));

    alarm.set(1);
  });
  clearInterval(busy);
});
