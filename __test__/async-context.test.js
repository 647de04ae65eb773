'use strict';

// What does the async context of a run cost where there is no store? A few nanoseconds; the bound is wide, and the fastest
// of several rounds counts, so that only what costs many times as much is found, and not a busy machine.

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { capture, empty, run, runWithin } = require('../lib/base/async-context');

const CALLS = 100_000;
const ROUNDS = 9;

/** The promise is 50. */
const MOST_NS = 250;

/**
 * Measures a way to call a handler.
 *
 * @param {Function} call What `run()` is, or something like it
 * @return {Number} Nanoseconds for one
 */
function costOf(call) {
  const resource = capture();
  const connection = { sum: 0 };
  let least = Infinity;

  assert.equal(resource, empty);
  for (let round = 0; round < ROUNDS; round++) {
    const began = process.hrtime.bigint();

    for (let i = 0; i < CALLS; i++) call(resource, add, connection, 1);
    least = Math.min(least, Number(process.hrtime.bigint() - began) / CALLS);
  }

  assert.equal(connection.sum, ROUNDS * CALLS);
  return least;
}

/** @param {Number} number What a handler does with its message */
function add(number) {
  this.sum += number;
}

for (const [name, call] of Object.entries({ run, runWithin })) {
  test(`a run without a store costs next to nothing: ${name}()`, (t) => {
    // The engine calls in a scope of its own.
    const cost = empty.runInAsyncScope(() => costOf(call));

    t.diagnostic(`${cost.toFixed(1)} ns`);
    assert.ok(cost < MOST_NS, `${cost} ns`);
  });
}
