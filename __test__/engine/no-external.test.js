'use strict';

// Does everything hold where memory cannot be lent to JavaScript? Electron refuses external ArrayBuffers: what both sides
// see is JavaScript's memory there, and large messages are copied.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const channel = require('../../lib/channel/channel');
const native = require('../../lib/base/native');
const { rerun } = require('../support/rerun');

const FILES = ['events', 'memory', 'receive', 'send'];
const MIB = 1048576;

/**
 * Makes a reactor and looks at what it shares with JavaScript.
 *
 * @param {Function} make Makes it
 * @return {Number} How many bytes of it are JavaScript's
 */
function shared(make) {
  const before = process.memoryUsage().arrayBuffers;
  const { ledger, slab } = make();
  const more = process.memoryUsage().arrayBuffers - before;

  assert.deepEqual([ledger.byteLength, slab.byteLength], [32 * MIB, MIB]);
  // The size of the slab in use is its first word.
  assert.equal(new Uint32Array(slab, 0, 1)[0], 16);
  return more;
}

/**
 * Makes a reactor as the host allows it.
 *
 * @return {NativeChannel} The native side of it
 */
function usual() {
  const noop = () => {};
  const functions = { later: noop, output: noop, resource: {}, walk: noop, written: noop };

  return new native.NativeChannel({ driver: 'inline', hasLoop: true, name: 'none' }, functions, []);
}

/**
 * Makes one as in Electron.
 *
 * @return {NativeChannel} The native side of it
 */
function caged() {
  process.env.UPSHIFT_TEST_NO_EXTERNAL = '1';
  try {
    return channel.stream({ deflate: null }).native;
  } finally {
    delete process.env.UPSHIFT_TEST_NO_EXTERNAL;
  }
}

describe('without external ArrayBuffers', () => {
  test('the memory of a reactor is JavaScript’s', () => {
    assert.ok(shared(caged) >= 33 * MIB);
    assert.ok(shared(usual) < MIB);
  });

  for (const [name, env] of [
    ['the loop', { UPSHIFT_DRIVER: 'loop', UPSHIFT_TRANSPORT: 'fd' }],
    ['a thread', { UPSHIFT_DRIVER: 'threads', UPSHIFT_TRANSPORT: 'fd' }],
    ['a stream', { UPSHIFT_TRANSPORT: 'stream' }]
  ]) {
    test(`nothing is different over ${name}`, () => rerun(FILES, { ...env, UPSHIFT_TEST_NO_EXTERNAL: '1' }));
  }
});
