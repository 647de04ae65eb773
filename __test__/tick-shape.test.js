'use strict';

// Is the shape of what `process.nextTick()` makes kept alive? See lib/base/tick-shape.js.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { test } = require('node:test');

/** Prints whether V8 sees the same shape in an object of nextTick() and in the one that is kept, behind a full collection. */
const PROGRAM = `
  const { createHook } = require('node:async_hooks');
  const { kept } = require('./lib/base/tick-shape');
  let tick;
  const hook = createHook({ init: (id, type, trigger, resource) => type === 'TickObject' && (tick = resource) });
  gc();
  hook.enable();
  process.nextTick(() => console.log(%HaveSameMap(tick, kept)));
  hook.disable();
`;

/** Later ones have a property more, whose symbol cannot be had, or a class, which keeps the shape itself. */
const skip = !process.version.startsWith('v20.') && 'for Node.js 20';

test('the shape of what process.nextTick() makes stays alive', { skip }, () => {
  const flags = ['--allow-natives-syntax', '--expose-gc', '-e', PROGRAM];

  assert.equal(execFileSync(process.execPath, flags, { cwd: `${__dirname}/..`, encoding: 'utf8' }), 'true\n');
});
