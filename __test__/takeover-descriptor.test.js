'use strict';

// What do the three calls on descriptors do to them?

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { constants } = require('node:os');
const { describe, it } = require('node:test');

const native = require('../lib/native');

const BAD = -constants.errno.EBADF;
const CLOEXEC = 0o2000000;
const NONBLOCK = 0o4000;

const onLinux = { skip: process.platform !== 'linux' };

/**
 * The flags of a descriptor, as the kernel shows them.
 *
 * @param {Number} fd The descriptor
 * @return {Number} Flags
 */
function flagsOf(fd) {
  const info = fs.readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1');

  return parseInt(/flags:\s*(\d+)/.exec(info)[1], 8);
}

describe('dupDescriptor()', onLinux, () => {
  it('makes a duplicate that is close-on-exec and non-blocking', (t) => {
    const fd = fs.openSync('/dev/null');

    t.after(() => fs.closeSync(fd));
    assert.equal(flagsOf(fd) & NONBLOCK, 0);

    const copy = native.dupDescriptor(fd);

    assert.ok(copy >= 0 && copy !== fd);
    assert.equal(flagsOf(copy) & (CLOEXEC | NONBLOCK), CLOEXEC | NONBLOCK);
    assert.equal(native.closeDescriptor(copy), 0);
    assert.equal(native.closeDescriptor(-1), BAD);
  });

  it('says why it cannot', () => {
    assert.equal(native.dupDescriptor(-1), BAD);
  });
});

describe('forgetDescriptor()', onLinux, () => {
  it('takes what the loop does not watch for forgotten', () => {
    assert.equal(native.forgetDescriptor(-1), 0);
  });

  it('is available in a worker', async () => {
    const { Worker } = require('node:worker_threads');
    const code = `require('node:worker_threads').parentPort.postMessage(
      require(${JSON.stringify(require.resolve('../lib/native'))}).forgetDescriptor(-1))`;
    const answer = await new Promise((resolve) => new Worker(code, { eval: true }).once('message', resolve));

    assert.equal(answer, 0);
  });
});
