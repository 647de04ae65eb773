'use strict';

// What does a message hold on to, and what does it show? Only bytes of its own connection, and at most a small piece of
// memory besides its own.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { MessageChannel } = require('node:worker_threads');

const { encode } = require('../support/frames');
const { RawClient } = require('../support/raw-client');
const { rawPair, serve } = require('../support/serve');
const { ownAddition } = require('../support/implementation');

const SIZES = [1, 10, 64, 65, 100, 500, 1024, 3000, 4096, 5000, 16384, 70000];

describe('the memory of a message', ownAddition, () => {
  test("never shows another connection's bytes", async (t) => {
    const { port, wss } = await serve(t);
    const letters = 'abcdefgh';
    const wrong = [];
    let received = 0;

    wss.on('connection', (socket, req) => {
      const letter = req.url.slice(1);
      const own = new Set([0, letter.charCodeAt(0)]);

      socket.on('message', (data) => {
        received++;
        if (!data.equals(Buffer.alloc(data.length, letter))) wrong.push(`content of ${letter}`);
        if (new Uint8Array(data.buffer).some((byte) => !own.has(byte))) wrong.push(`memory of ${letter}`);
      });
    });

    const clients = await Promise.all([...letters].map((letter) => RawClient.open(port, { path: `/${letter}` })));

    t.after(() => clients.forEach((client) => client.socket.destroy()));
    for (let round = 0; round < 15; round++) {
      for (const [i, client] of clients.entries()) {
        const size = SIZES[(round + i) % SIZES.length];

        client.write(
          Buffer.concat([encode(2, Buffer.alloc(size, letters[i])), encode(2, Buffer.alloc(30, letters[i]))])
        );
      }
    }
    while (received < 15 * 2 * letters.length) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(wrong, []);
  });

  test('is little more than the message, or at most 16 KiB', async (t) => {
    const { client, socket } = await rawPair(t);
    const kept = [];

    socket.on('message', (data) => kept.push(data));
    for (const size of SIZES) {
      client.send(2, Buffer.alloc(size, 'x'));
      client.send(2, Buffer.alloc(size, 'y'));
    }
    while (kept.length < 2 * SIZES.length) await once(socket, 'message');
    for (const data of kept) {
      const held = data.buffer.byteLength;

      assert.ok(held <= Math.max(16384, data.length + 8), `${held} bytes for ${data.length}`);
    }
  });

  test('can be given to another thread, and later messages are unharmed', async (t) => {
    const { client, socket } = await rawPair(t);
    const { port1, port2 } = new MessageChannel();
    const expected = Array.from({ length: 100 }, (_, i) => `message ${i} ${'.'.repeat(i * 3)}`);
    const received = [];

    t.after(() => port1.close());
    socket.on('message', (data) => {
      received.push(data.toString());
      // Detaches the memory the message lies in.
      port1.postMessage(data, [data.buffer]);
    });
    for (const [i, text] of expected.entries()) {
      client.send(2, text);
      if (i % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    while (received.length < 100) await once(socket, 'message');
    assert.deepEqual(received, expected);
    port2.close();
  });
});
