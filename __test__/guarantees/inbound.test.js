'use strict';

// What happens to a server that does not keep up with its peers? They have to wait; its memory does not grow with what
// they would like to send, and nothing is lost.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { encode } = require('../support/frames');
const { RawClient } = require('../support/raw-client');
const { start } = require('../support/child');

const KIB = 1024;
const MIB = KIB * KIB;
const CONNECTIONS = 10;
/** Offered by each. */
const OFFER = 24 * MIB;

/**
 * @param {ChildProcess} child A process
 * @return {Number} The bytes it has in memory
 */
function memoryOf(child) {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(fs.readFileSync(`/proc/${child.pid}/status`, 'utf8'));

  return Number(kilobytes) * KIB;
}

/**
 * Waits until peers are held back, and watches the memory meanwhile.
 *
 * @param {ChildProcess} child The server
 * @param {RawClient[]} clients Its peers
 * @return {Promise<Object>} The most memory seen, and whether all peers still have something to send
 */
async function watch(child, clients) {
  let most = 0;
  let last = -1;

  for (let still = 0; still < 10;) {
    await new Promise((resolve) => setTimeout(resolve, 50));

    const left = clients.reduce((sum, { socket }) => sum + socket.writableLength, 0);

    still = left === last ? still + 1 : 0;
    last = left;
    most = Math.max(most, memoryOf(child));
  }

  return { most, areWaiting: clients.every(({ socket }) => socket.writableLength > 0) };
}

describe('a server that does not keep up', { skip: process.platform !== 'linux' && 'looks into /proc' }, () => {
  for (const [how, size] of [
    ['paused', 100],
    ['paused', 64 * KIB],
    ['blocked', 100],
    ['blocked', 64 * KIB]
  ]) {
    test(`(${how}, messages of ${size} bytes) holds its peers back`, async (t) => {
      const child = start('slow-server', [how]);
      const [port] = await once(child, 'message');
      const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => RawClient.open(port)));
      const frame = encode(2, Buffer.alloc(size, 1));
      const chunk = Buffer.concat(Array.from({ length: Math.ceil(MIB / size) }, () => frame));

      t.after(() => {
        for (const { socket } of clients) socket.destroy();
        child.kill();
      });
      if (how === 'blocked') {
        const blocked = once(child, 'message');

        clients[0].write(frame);
        assert.equal((await blocked)[0], 'blocked');
      }

      const before = memoryOf(child);

      for (let i = 0; i < OFFER / MIB; i++) for (const client of clients) client.write(chunk);

      const { most, areWaiting } = await watch(child, clients);

      assert.ok(areWaiting, 'everything was taken');
      assert.ok(most - before < CONNECTIONS * 256 * KIB + 32 * MIB, `${(most - before) / MIB} MiB more`);

      const frames = CONNECTIONS * (OFFER / MIB) * Math.ceil(MIB / size) + (how === 'blocked' ? 1 : 0);
      let count = 0;

      child.send('go on');
      while (count < frames * size) {
        child.send('count');
        [count] = await once(child, 'message');
      }
      assert.equal(count, frames * size);
    });
  }
});
