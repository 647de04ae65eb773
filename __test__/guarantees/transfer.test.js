'use strict';

// What can be given to another thread? What was received and what was sent, as soon as the call returned; nothing that
// concerns others goes with it.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { rawPair } = require('../support/serve');
const { ownAddition } = require('../support/implementation');

const SIZES = [1, 64, 65, 1000, 4096, 4097, 16383, 16384, 100_000, 1_000_000];

/**
 * Takes the memory of a view away.
 *
 * @param {ArrayBuffer} buffer The memory
 * @return {ArrayBuffer} Where it is now
 */
function transfer(buffer) {
  const moved = structuredClone(buffer, { transfer: [buffer] });

  assert.equal(buffer.byteLength, 0);
  return moved;
}

/**
 * Checks what a client gets.
 *
 * @param {RawClient} client The client
 * @param {Number} size How many bytes are expected
 * @param {Number} value Each of them
 */
async function expectFrame(client, size, value) {
  const { payload } = await client.frame();

  assert.equal(payload.length, size);
  assert.ok(payload.equals(Buffer.alloc(size, value)), `${size} bytes of ${value}`);
}

describe("a message with binaryType 'arraybuffer'", () => {
  test('can be transferred, whatever its size', async (t) => {
    const { client, socket } = await rawPair(t);

    socket.binaryType = 'arraybuffer';
    for (const [i, size] of SIZES.entries()) {
      const message = once(socket, 'message');

      client.send(2, Buffer.alloc(size, i + 1));

      const [data] = await message;

      assert.equal(data.byteLength, size);
      assert.ok(Buffer.from(transfer(data)).equals(Buffer.alloc(size, i + 1)));
    }
  });
});

describe('a message', () => {
  test('is copied by structuredClone() without anything else', ownAddition, async (t) => {
    const { client, socket } = await rawPair(t);
    const clones = [];

    socket.on('message', (data) => clones.push(structuredClone(data)));
    for (const size of SIZES) client.send(2, Buffer.alloc(size, 7));
    while (clones.length < SIZES.length) await once(socket, 'message');
    for (const [i, clone] of clones.entries()) {
      assert.ok(Buffer.from(clone).equals(Buffer.alloc(SIZES[i], 7)));
      assert.ok(clone.buffer.byteLength <= Math.max(16384, SIZES[i]));
      assert.ok(new Uint8Array(clone.buffer).every((byte) => byte === 0 || byte === 7));
    }
  });
});

describe('memory that was sent', () => {
  test('can be transferred at once', async (t) => {
    const { client, socket } = await rawPair(t);

    for (const [i, size] of SIZES.entries()) {
      const data = new Uint8Array(size).fill(i + 1);

      socket.send(data);
      transfer(data.buffer);
      await expectFrame(client, size, i + 1);
    }
  });

  test('can be transferred at once in a handler', async (t) => {
    const { client, socket } = await rawPair(t);

    socket.on('message', (request) => {
      const data = new Uint8Array(Number(request)).fill(5);

      socket.send('before');
      socket.send(data.buffer);
      transfer(data.buffer);
      socket.send('after');
    });
    for (const size of SIZES) {
      client.send(1, String(size));
      assert.equal((await client.frame()).payload.toString(), 'before');
      await expectFrame(client, size, 5);
      assert.equal((await client.frame()).payload.toString(), 'after');
    }
  });

  // ws leaves shared memory to the peer as it is when the kernel takes it.
  test('can be changed at once when it is shared', ownAddition, async (t) => {
    const { client, socket } = await rawPair(t);

    for (const size of SIZES) {
      const data = new Uint8Array(new SharedArrayBuffer(size)).fill(1);

      socket.send(data);
      data.fill(2);
      await expectFrame(client, size, 1);
    }
  });

  test('can be resized at once when it is resizable', ownAddition, async (t) => {
    const { client, socket } = await rawPair(t);

    for (const size of SIZES) {
      const buffer = new ArrayBuffer(size, { maxByteLength: 2 * size });
      const data = new Uint8Array(buffer).fill(3);

      socket.send(data);
      buffer.resize(0);
      await expectFrame(client, size, 3);
    }
  });
});
