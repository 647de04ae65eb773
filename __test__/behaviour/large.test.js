'use strict';

// Do large messages come back as they were, byte by byte? Random ones: in a pattern, a piece that has moved would not show.

const assert = require('node:assert/strict');
const { randomBytes } = require('node:crypto');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { encode } = require('../support/frames');
const { clientPair } = require('../support/raw-server');
const { rawPair } = require('../support/serve');

const SIZE = 16 * 1024 * 1024;
/** Sizes of fragments, in turn: below and above what is copied, and no multiple of anything. */
const FRAGMENTS = [64, 4096, 65_536, 1_000_003];

/**
 * Cuts a message into frames.
 *
 * @param {Buffer} data The message
 * @param {Number[]} sizes The sizes of its fragments, in turn
 * @return {Buffer[]} The frames
 */
function cut(data, sizes) {
  const frames = [];

  for (let at = 0, i = 0; at < data.length; at += sizes[i++ % sizes.length]) {
    const end = Math.min(at + sizes[i % sizes.length], data.length);

    frames.push(encode(at === 0 ? 2 : 0, data.subarray(at, end), { fin: end === data.length }));
  }

  return frames;
}

describe('16 MiB come back as they were', () => {
  for (const [name, sizes] of [
    ['in one frame', [SIZE]],
    ['in fragments', FRAGMENTS]
  ]) {
    test(name, async (t) => {
      const { client, socket } = await rawPair(t);
      const data = randomBytes(SIZE);

      socket.on('message', (message, isBinary) => socket.send(message, { binary: isBinary }));
      for (const frame of cut(data, sizes)) client.write(frame);

      const { fin, opcode, payload } = await client.frame();

      assert.deepEqual([fin, opcode, payload.length], [true, 2, SIZE]);
      assert.ok(payload.equals(data));
    });
  }

  test('to a client, which masks them', async (t) => {
    const { peer, socket } = await clientPair(t);
    const data = randomBytes(SIZE);
    const copy = Buffer.from(data);

    socket.send(data);

    const { isMasked, payload } = await peer.frame();

    assert.equal(isMasked, true);
    assert.ok(payload.equals(copy));
    assert.ok(data.equals(copy));
    peer.send(2, payload, { mask: false });
    assert.ok((await once(socket, 'message'))[0].equals(copy));
  });
});
