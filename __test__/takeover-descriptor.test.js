'use strict';

// What do the three calls on descriptors do to them?

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { describe, it } = require('node:test');

const native = require('../lib/base/native');

const BAD = -os.constants.errno.EBADF;
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

/**
 * Two connected sockets.
 *
 * @param {TestContext} t The test
 * @param {(Object|String)} where What `listen()` takes
 * @return {Promise<Object>} `{ near, far }`; `near` is the accepted one
 */
async function pair(t, where) {
  const server = net.createServer().listen(where);

  await once(server, 'listening');

  const address = server.address();
  const far = net.connect(typeof address === 'string' ? address : { host: where.host, port: address.port });
  const [near] = await once(server, 'connection');

  t.after(() => {
    near.destroy();
    far.destroy();
    server.close();
  });

  return { near, far };
}

describe('takeDescriptor()', onLinux, () => {
  const ends = new Float64Array(2);

  it('makes a duplicate that is close-on-exec, and stays non-blocking', async (t) => {
    const { near } = await pair(t, { host: '127.0.0.1', port: 0 });
    const copy = native.takeDescriptor(near._handle.fd, ends);

    assert.ok(copy >= 0 && copy !== near._handle.fd);
    assert.equal(flagsOf(copy) & (CLOEXEC | NONBLOCK), CLOEXEC | NONBLOCK);
    assert.equal(native.closeDescriptor(copy), 0);
    assert.equal(native.closeDescriptor(-1), BAD);
  });

  it('packs IPv4 addresses', async (t) => {
    const { near } = await pair(t, { host: '127.0.0.1', port: 0 });

    native.closeDescriptor(native.takeDescriptor(near._handle.fd, ends));
    assert.deepEqual([...ends], [0x7f000001 * 65536 + near.remotePort, 0x7f000001 * 65536 + near.localPort]);
  });

  for (const [what, where] of Object.entries({
    'of IPv6': { host: '::1', port: 0 },
    'of a Unix socket': path.join(os.tmpdir(), `upshift-ends-${process.pid}.sock`)
  })) {
    it(`leaves addresses ${what} to the handle`, async (t) => {
      const { near } = await pair(t, where);

      native.closeDescriptor(native.takeDescriptor(near._handle.fd, ends));
      assert.deepEqual([...ends], [-1, -1]);
    });
  }

  it('says why it cannot', () => {
    assert.equal(native.takeDescriptor(-1, ends), BAD);
  });
});

describe('forgetDescriptor()', onLinux, () => {
  it('takes what the loop does not watch for forgotten', () => {
    assert.equal(native.forgetDescriptor(-1), 0);
  });

  it('is available in a worker', async () => {
    const { Worker } = require('node:worker_threads');
    const code = `require('node:worker_threads').parentPort.postMessage(
      require(${JSON.stringify(require.resolve('../lib/base/native'))}).forgetDescriptor(-1))`;
    const answer = await new Promise((resolve) => new Worker(code, { eval: true }).once('message', resolve));

    assert.equal(answer, 0);
  });
});
