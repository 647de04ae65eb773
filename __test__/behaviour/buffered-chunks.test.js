'use strict';

// In how many pieces may a frame arrive? In `maxBufferedChunks`: so many tiny ones would cost more than they carry.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { encode } = require('../support/frames');
const { clientPair } = require('../support/raw-server');
const { rawPair, record } = require('../support/serve');

const SIZE = 600;

/** Who is under test: how it is connected, and how the frames look that it gets. */
const ROLES = {
  'a server': async (t, options) => {
    const { client, socket } = await rawPair(t, options);

    return { mask: true, peer: client, socket };
  },
  'a client': async (t, options) => ({ mask: false, ...(await clientPair(t, options)) })
};

/**
 * Sends bytes in pieces, each of them when the one before was read.
 *
 * @param {Object} pair The connection
 * @param {Buffer} bytes The bytes
 * @param {Number} count The number of pieces
 */
async function sendInPieces({ peer, socket }, bytes, count) {
  const size = Math.ceil(bytes.length / count);
  const before = socket._socket.bytesRead;

  peer.socket.setNoDelay(true);
  for (let at = 0; at < bytes.length && socket.readyState === socket.OPEN; at += size) {
    const end = Math.min(at + size, bytes.length);

    peer.write(bytes.subarray(at, end));
    while (socket._socket.bytesRead < before + end) await new Promise(setImmediate);
  }
}

for (const [role, connected] of Object.entries(ROLES)) {
  describe(`maxBufferedChunks of ${role}`, () => {
    test('lets as many pieces through, frame after frame', async (t) => {
      const pair = await connected(t, { maxBufferedChunks: 3 });
      const { mask, socket } = pair;
      const messages = record(socket, ['message']);

      for (let sent = 1; sent <= 3; sent++) {
        await sendInPieces(pair, encode(2, Buffer.alloc(SIZE, sent), { mask }), 3);
        while (messages.length < sent) await new Promise(setImmediate);
        assert.deepEqual(messages[sent - 1][1], Buffer.alloc(SIZE, sent));
      }
    });

    test('ends the connection with one more', async (t) => {
      const pair = await connected(t, { closeTimeout: 100, maxBufferedChunks: 3 });
      const { mask, peer, socket } = pair;
      const events = record(socket, ['message', 'error', 'close']);
      const closed = new Promise((resolve) => socket.on('close', resolve));

      await sendInPieces(pair, encode(2, Buffer.alloc(SIZE), { mask }), 4);

      const { opcode, payload } = await peer.frame();

      assert.deepEqual([opcode, payload.readUInt16BE(0)], [8, 1008]);
      await closed;

      const [[, error], [, code]] = events;

      assert.deepEqual(
        events.map(([name]) => name),
        ['error', 'close']
      );
      assert.deepEqual(
        [error.constructor, error.code, error.message, code],
        [RangeError, 'WS_ERR_TOO_MANY_BUFFERED_PARTS', 'Too many buffered chunks', 1006]
      );
    });

    test('of 0 counts nothing', async (t) => {
      const pair = await connected(t, { maxBufferedChunks: 0 });
      const messages = record(pair.socket, ['message']);

      await sendInPieces(pair, encode(2, Buffer.alloc(SIZE), { mask: pair.mask }), 50);
      while (messages.length < 1) await new Promise(setImmediate);
      assert.equal(messages[0][1].length, SIZE);
    });
  });
}
