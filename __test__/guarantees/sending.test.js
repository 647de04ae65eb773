'use strict';

// What does `send()` promise beyond a single message? Order, whatever the sizes and however many; callbacks, each once;
// memory that is bounded by what waits; and a `bufferedAmount` that the application can steer by.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { RawClient } = require('../support/raw-client');
const { rawPair } = require('../support/serve');
const { isWs, ownAddition } = require('../support/implementation');

const MIB = 1024 * 1024;

/** Whether somebody else may write what is sent. */
const hasThread = process.env.UPSHIFT_TRANSPORT !== 'stream' && process.env.UPSHIFT_DRIVER !== 'loop';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/**
 * Reads what a client gets, without keeping it.
 *
 * @param {RawClient} client The client
 * @param {Function} onByte Called with each chunk
 */
function stream(client, onByte) {
  client.socket.removeAllListeners('data');
  client.socket.on('data', onByte);
}

describe('a million messages sent in one turn', () => {
  test('arrive in order', async (t) => {
    const { client, socket } = await rawPair(t);
    const count = isWs ? 100_000 : 1_000_000;
    // A frame has ten bytes: two of header, eight of number.
    let rest = Buffer.alloc(0);
    let next = 0;
    let wrong = 0;
    const done = new Promise((resolve) => {
      stream(client, (chunk) => {
        const data = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
        let at = 0;

        for (; at + 10 <= data.length; at += 10) {
          if (data[at] !== 0x82 || data[at + 1] !== 8 || data.readDoubleLE(at + 2) !== next++) wrong++;
        }

        rest = Buffer.from(data.subarray(at));
        if (next >= count) resolve();
      });
    });
    const message = Buffer.alloc(8);

    for (let i = 0; i < count; i++) {
      message.writeDoubleLE(i);
      // Copied before the call returns: ws keeps the Buffer.
      socket.send(isWs ? Buffer.from(message) : message);
    }
    await done;
    assert.equal(wrong, 0);
    assert.equal(next, count);
    assert.equal(socket.bufferedAmount, 0);
  });

  test('take no more memory than they have bytes', ownAddition, async (t) => {
    const { client, socket } = await rawPair(t);
    const message = 'x'.repeat(64);
    const size = 66;
    const count = 1_000_000;

    client.socket.pause();
    // The slab and what the engine needs in any case.
    socket.send(message);
    await turn();

    const before = process.memoryUsage.rss();

    for (let i = 0; i < count; i++) socket.send(message);

    const grown = process.memoryUsage.rss() - before;

    assert.ok(grown < 2 * count * size + 32 * MIB, `${grown / MIB} MiB for ${(count * size) / MIB}`);
    await turn();
    assert.ok(socket.bufferedAmount > (count * size) / 2);
  });
});

describe('send callbacks', () => {
  test('come once each and in order, whatever the sizes', async (t) => {
    const { client, socket } = await rawPair(t);
    const sizes = [0, 10, 200, 5000, 16383, 16384, 70_000, 300_000];
    const called = [];
    const count = 2000;

    stream(client, () => {});
    for (let i = 0; i < count; i++) {
      const size = sizes[(i * 7) % sizes.length];

      socket.send(i % 2 === 0 ? Buffer.alloc(size) : 'x'.repeat(size), (err) => called.push(err ?? i));
      if (i % 100 === 99) await turn();
    }
    while (called.length < count) await turn();
    await turn();
    assert.deepEqual(
      called,
      Array.from({ length: count }, (_, i) => i)
    );
  });

  test('come once each when the connection dies in between', async (t) => {
    const { client, socket } = await rawPair(t);
    const calls = new Map();
    const errors = [];
    const count = 400;

    client.socket.pause();
    for (let i = 0; i < count; i++) {
      socket.send(Buffer.alloc(100_000), (err) => {
        calls.set(i, (calls.get(i) ?? 0) + 1);
        errors.push(err instanceof Error);
      });
      if (i % 10 === 0) await turn();
    }
    client.socket.destroy();
    if (socket.readyState !== socket.CLOSED) await once(socket, 'close');
    while (calls.size < count) await turn();
    await turn();
    assert.ok([...calls.values()].every((times) => times === 1));
    // First those that were written, then those that never will be.
    assert.ok(errors.includes(true));
    assert.deepEqual(errors, [...errors].sort());
    assert.deepEqual(
      [...calls.keys()],
      Array.from({ length: count }, (_, i) => i)
    );
  });
});

describe('bufferedAmount', () => {
  for (const later of ['setImmediate', 'setTimeout']) {
    test(`is 0 again in the next turn when the kernel takes all (${later})`, async (t) => {
      const { client, socket } = await rawPair(t);
      const next = () => new Promise((resolve) => global[later](resolve));
      let received = 0;
      let sent = 0;

      stream(client, (chunk) => (received += chunk.length));
      for (let i = 0; i < 300; i++) {
        const size = [9, 600, 5000, 20_000][i % 4];

        sent += size + (size < 126 ? 2 : 4);
        socket.send(i % 3 === 0 ? Buffer.alloc(size) : 'x'.repeat(size));
        await next();
        assert.equal(socket.bufferedAmount, 0, `turn ${i}`);
        // No more than the kernel holds in any case.
        while (received < sent) await turn();
      }
    });
  }

  test('is 0 after a large message, too, when the kernel takes all, whoever reads', async (t) => {
    const { client, socket } = await rawPair(t);
    const size = 100_000;
    const rounds = 100;
    let received = 0;
    let late = 0;

    stream(client, (chunk) => (received += chunk.length));
    for (let i = 1; i <= rounds; i++) {
      client.socket.pause();
      socket.send(i % 2 === 0 ? Buffer.alloc(size) : 'x'.repeat(size));
      if (socket.bufferedAmount > 0) late++;
      await turn();
      if (socket.bufferedAmount > 0) late++;
      while (socket.bufferedAmount > 0) await turn();

      client.socket.resume();
      while (received < i * (size + 10)) await turn();
    }
    // Only a thread that has not come to it may be late, and one with nothing else to do is so seldom.
    assert.ok(late <= (isWs || !hasThread ? 0 : rounds / 2), `${late} times of ${2 * rounds}`);
  });

  test('of many connections is 0 again in the next turn', async (t) => {
    const { port, wss } = await rawPair(t);
    const clients = await Promise.all(Array.from({ length: 20 }, () => RawClient.open(port)));

    t.after(() => clients.forEach(({ socket }) => socket.destroy()));
    for (const client of clients) stream(client, () => {});
    for (let i = 0; i < 100; i++) {
      let skipped = 0;

      for (const ws of wss.clients) {
        if (ws.bufferedAmount > 0) skipped++;
        else ws.send('x'.repeat(200));
      }
      assert.equal(skipped, 0, `turn ${i}`);
      await turn();
    }
  });

  test('is what the kernel has not taken, and goes back to 0 with one drain', async (t) => {
    const { client, socket } = await rawPair(t);
    let received = 0;
    let drains = 0;
    const size = 100_004 + 6;

    socket.on('drain', () => drains++);
    client.socket.pause();
    for (let i = 0; i < 300; i++) {
      socket.send(Buffer.alloc(100_000));
      await turn();
    }
    // The kernel has taken some of it, and by no means all.
    assert.ok(socket.bufferedAmount > 0 && socket.bufferedAmount <= 300 * size);

    const kept = socket.bufferedAmount;

    await turn();
    assert.equal(socket.bufferedAmount, kept);
    stream(client, (chunk) => (received += chunk.length));
    client.socket.resume();
    while (received < 300 * size) await turn();
    while (socket.bufferedAmount > 0) await turn();
    if (!isWs) {
      while (drains === 0) await turn();
      assert.equal(drains, 1);
    }
  });
});
