'use strict';

// How many automatic pongs may wait for a peer to take them? As many as `maxPendingAutoPongs` says, counting those of one
// read; the next ping is the end of the connection.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { encode } = require('../support/frames');
const { WebSocket } = require('../support/implementation');
const { onTcp } = require('../support/over');
const { clientPair } = require('../support/raw-server');
const { rawPair } = require('../support/serve');

/**
 * @param {Number} count A number
 * @param {Object} [how] As for `encode()`
 * @return {Buffer} That many pings
 */
function pings(count, how) {
  return Buffer.concat(Array.from({ length: count }, (_, i) => encode(9, `${i}`, how)));
}

/**
 * Waits for pongs, in order.
 *
 * @param {RawClient} client Who gets them
 * @param {Number} count How many
 */
async function expectPongs(client, count) {
  for (let i = 0; i < count; i++) {
    const { opcode, payload } = await client.frame();

    assert.deepEqual([opcode, payload.toString()], [10, `${i}`]);
  }
}

/** A class with a `pong()` of its own. */
class Own extends WebSocket {
  pong(...args) {
    super.pong(...args);
  }
}

describe('automatic pongs', () => {
  for (const [name, options] of [
    ['', {}],
    [' by a class of its own', { WebSocket: Own }]
  ]) {
    test(`answer as many pings as may come at once${name}`, async (t) => {
      const { client, socket } = await rawPair(t, options);

      client.write(Buffer.concat([pings(60), encode(1, 'after them')]));
      await once(socket, 'message');
      await expectPongs(client, 60);
      assert.equal(socket.readyState, WebSocket.OPEN);
    });

    test(`end with one ping too many${name}`, async (t) => {
      const { client, socket } = await rawPair(t, { maxPendingAutoPongs: 2, ...options });
      const errors = [];

      socket.on('error', (err) => errors.push(err));
      client.write(pings(3));

      const [code, reason] = await once(socket, 'close');

      assert.deepEqual([code, reason.length, errors], [1006, 0, []]);
      await client.closed;
    });

    test(`are not limited by 0${name}`, async (t) => {
      const { client, socket } = await rawPair(t, { maxPendingAutoPongs: 0, ...options });

      client.write(pings(500));
      await expectPongs(client, 500);
      assert.equal(socket.readyState, WebSocket.OPEN);
    });

    test(`do not wait once the peer has taken them${name}`, async (t) => {
      const { client, socket } = await rawPair(t, { maxPendingAutoPongs: 1, ...options });

      for (let i = 0; i < 20; i++) {
        client.write(pings(1));
        await expectPongs(client, 1);
      }
      assert.equal(socket.readyState, WebSocket.OPEN);
    });
  }

  test('do not wait for each other where events come one by one', async (t) => {
    const { client, socket } = await rawPair(t, { allowSynchronousEvents: false, maxPendingAutoPongs: 2 });

    client.write(pings(50));
    await expectPongs(client, 50);
    assert.equal(socket.readyState, WebSocket.OPEN);
  });

  test('end with one ping too many to a peer that does not read', onTcp, async (t) => {
    const { client, socket } = await rawPair(t, { maxPendingAutoPongs: 3 });
    let count = 0;

    client.socket.pause();
    socket.send(Buffer.alloc(16 * 1024 * 1024));
    socket.on('ping', () => {
      if (++count < 3) client.write(pings(1));
      else client.write(encode(1, 'still open'));
    });
    client.write(pings(1));
    await once(socket, 'message');
    assert.equal(socket.readyState, WebSocket.OPEN);

    const closed = once(socket, 'close');

    client.write(pings(1));
    assert.equal((await closed)[0], 1006);
  });

  for (const [name, options] of [
    ['', {}],
    [' that chooses its masks', { generateMask: (key) => key.fill(1) }]
  ]) {
    test(`of a client end with one ping too many${name}`, async (t) => {
      const { peer, socket } = await clientPair(t, { maxPendingAutoPongs: 2, ...options });

      peer.write(pings(2, { mask: false }));
      await expectPongs(peer, 2);
      peer.write(pings(3, { mask: false }));
      assert.equal((await once(socket, 'close'))[0], 1006);
    });
  }
});
