'use strict';

// What does `stats()` tell? The connections there are, what went through them, and where the engine spends its time.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { encode } = require('../support/frames');
const { rawPair } = require('../support/serve');
const { WebSocket, ownAddition } = require('../support/implementation');

/** Who drives what this file tests, as far as the environment decides it. */
const { UPSHIFT_DRIVER, UPSHIFT_TRANSPORT } = process.env;
const PINNED = { loop: ['loop'], threads: ['thread'] }[UPSHIFT_DRIVER] ?? ['loop', 'thread'];
const DRIVERS = UPSHIFT_TRANSPORT === 'stream' ? ['inline'] : PINNED;
const byThread = DRIVERS[0] === 'thread' ? ownAddition : { skip: 'only a thread goes on while JavaScript does not' };

const KIB = 1024;
const MIB = 1024 * KIB;
const turn = () => new Promise((resolve) => setImmediate(resolve));

/**
 * Waits until the figures are as they should be.
 *
 * @param {Function} isSo Tells whether they are
 * @return {Promise<Object>} The figures then
 */
async function settled(isSo) {
  for (;;) {
    const stats = WebSocket.stats();

    if (isSo(stats)) return stats;
    await turn();
  }
}

/**
 * Waits for the same without letting JavaScript go on.
 *
 * @param {Function} isSo Tells whether they are
 * @return {Object} The figures then
 */
function settledMeanwhile(isSo) {
  for (;;) {
    const stats = WebSocket.stats();

    if (isSo(stats)) return stats;
  }
}

/**
 * Waits until a figure has a value.
 *
 * @param {String} name The figure
 * @param {Number} value The value
 * @return {Promise<Object>} The figures then
 */
function until(name, value) {
  return settled((stats) => stats[name] === value);
}

describe('stats()', ownAddition, () => {
  test('counts connections, messages and bytes', async (t) => {
    const { client, socket } = await rawPair(t);
    const before = await until('connections', 1);

    socket.on('message', (data) => socket.send(data));
    client.write(Buffer.concat(Array.from({ length: 10 }, () => encode(2, Buffer.alloc(100)))));
    for (let i = 0; i < 10; i++) await client.frame();

    const after = await until('messagesIn', before.messagesIn + 10);

    assert.equal(after.messagesOut - before.messagesOut, 10);
    assert.equal(after.bytesIn - before.bytesIn, 10 * 106);
    assert.equal(after.bytesOut - before.bytesOut, 10 * 102);

    const closed = once(socket, 'close');

    client.sendClose();
    await closed;
    await until('connections', 0);
  });

  test('has an entry per reactor, of which the totals are made', async (t) => {
    await rawPair(t);

    const { reactors, ...total } = await until('connections', 1);

    assert.ok(reactors.length >= 1);
    for (const name of ['connections', 'messagesIn', 'messagesOut', 'bytesIn', 'bytesOut']) {
      assert.equal(
        total[name],
        reactors.reduce((sum, reactor) => sum + reactor[name], 0),
        name
      );
    }
    for (const { driver } of reactors) assert.ok(DRIVERS.includes(driver), `${driver} instead of ${DRIVERS}`);
  });

  test('has the figures that its types list', async (t) => {
    await rawPair(t);

    const types = fs.readFileSync(path.join(__dirname, '..', '..', 'types', 'engine.d.ts'), 'utf8');
    const [, figures] = /interface Figures \{([^}]*)\}/.exec(types);
    const listed = [...figures.matchAll(/^ +(\w+): number;$/gm)].map(([, name]) => name);
    const { reactors, ...total } = await until('connections', 1);

    assert.deepEqual(Object.keys(total).sort(), listed.sort());
    for (const { driver, ...reactor } of reactors) {
      assert.ok(DRIVERS.includes(driver), driver);
      assert.deepEqual(Object.keys(reactor).sort(), listed);
    }
  });
});

describe('the calls that stats() counts', ownAddition, () => {
  test('are those that were made', async (t) => {
    const { client, socket } = await rawPair(t);
    const before = await until('connections', 1);

    socket.on('message', (data) => socket.send(data));
    for (let i = 0; i < 10; i++) {
      client.send(2, 'x');
      await client.frame();
    }

    const after = await until('messagesOut', before.messagesOut + 10);
    const [receives, sends, turns, slabs] = ['receives', 'sends', 'turns', 'slabs'].map(
      (name) => after[name] - before[name]
    );

    if (DRIVERS[0] === 'inline') {
      assert.deepEqual([receives, sends], [0, 0], 'a stream makes its own');
    } else {
      assert.ok(receives >= 10 && receives <= 20, `${receives} reads`);
      assert.equal(sends, 10);
      assert.ok(turns >= 10, `${turns} turns`);
      // The event loop itself tells of a socket that is read again and again.
      assert.ok(after.polls - before.polls >= (DRIVERS.includes('loop') ? 1 : 10));
    }
    assert.ok(slabs >= 10, `${slabs} slabs`);
    assert.deepEqual([after.queued, after.starved], [0, 0]);
    if (DRIVERS.length === 1) assert.equal(after.switches, 0, 'the driver was told to stay');
  });

  test('are those of one thread to wake the other', byThread, async (t) => {
    const { client, socket } = await rawPair(t);
    const before = await until('connections', 1);

    client.send(2, 'x');
    await once(socket, 'message');

    // More than JavaScript writes itself: for a thread that sleeps, as it does sooner or later.
    for (let woken = 0; woken === 0;) {
      socket.send(Buffer.alloc(1000));
      await client.frame();
      await new Promise((resolve) => setTimeout(resolve, 5));
      woken = WebSocket.stats().wakes - before.wakes;
    }

    assert.ok(WebSocket.stats().signals > before.signals);
  });

  test('wait for JavaScript when it has no time', byThread, async (t) => {
    const { client, socket } = await rawPair(t, { receiveCredit: 20_000 });
    // What the thread told of the handshake has come.
    const before = await settled((stats) => stats.connections === 1 && stats.queued === 0 && stats.starved === 0);
    const received = [];

    socket.on('message', (data) => received.push(data.length));
    for (let i = 0; i < 4; i++) client.send(2, Buffer.alloc(10_000));

    const { memory } = settledMeanwhile(({ queued, starved }) => queued === 1 && starved === 1);

    assert.ok(memory - before.memory >= 20_000, `${memory - before.memory} bytes`);
    while (received.length < 4) await turn();
    await settled(({ queued, starved }) => queued === 0 && starved === 0);
  });
});

describe('the memory that stats() tells of', ownAddition, () => {
  test('has the part of a message that has come', async (t) => {
    const { client, socket } = await rawPair(t);
    const { bytesIn, memory: before } = await until('connections', 1);
    const half = 4 * MIB;

    client.write(encode(2, Buffer.alloc(2 * half)).subarray(0, half));

    const { memory } = await settled((stats) => stats.bytesIn - bytesIn === half);

    assert.ok(memory - before >= half - KIB && memory - before <= 2 * half + MIB, `${memory - before} bytes`);

    const closed = once(socket, 'close');

    socket.terminate();
    await closed;
    await settled((stats) => stats.memory <= before);
  });

  test('has the messages that are kept for a WebSocket that is paused', async (t) => {
    for (const binaryType of ['nodebuffer', 'arraybuffer', 'fragments', 'blob']) {
      const { client, socket } = await rawPair(t);
      const { memory: before } = await until('connections', 1);
      const received = [];

      socket.binaryType = binaryType;
      socket.on('message', (data) => {
        received.push(data);
        if (received.length === 1) socket.pause();
      });
      client.write(Buffer.concat(Array.from({ length: 10 }, () => encode(2, Buffer.alloc(1000)))));
      await settled(({ memory }) => received.length === 1 && memory - before >= 9000);
      socket.resume();
      while (received.length < 10) await turn();
      socket.terminate();
      await once(socket, 'close');
      await settled(({ connections, memory }) => connections === 0 && memory <= before);
    }
  });

  test('has the output that the kernel has not taken', async (t) => {
    const { client, socket } = await rawPair(t);
    const { memory: before } = await until('connections', 1);
    const waits = (stats) => stats.memory - before;

    client.socket.pause();
    for (let i = 0; i < 8; i++) socket.send(Buffer.alloc(2 * MIB));
    for (let i = 0; i < 100; i++) socket.send(Buffer.alloc(1000));

    // A stream of Node.js takes it all, and holds it.
    if (socket.transport === 'stream') await settled((stats) => waits(stats) < MIB);
    else await settled((stats) => socket.bufferedAmount > 4 * MIB && waits(stats) >= socket.bufferedAmount);

    const closed = once(socket, 'close');

    socket.terminate();
    await closed;
    await settled((stats) => waits(stats) <= 0);
  });

  test('has what the small messages of a connection share', async (t) => {
    const { client, socket } = await rawPair(t);
    const { memory: before } = await until('connections', 1);
    const received = once(socket, 'message');

    client.send(2, Buffer.alloc(100));
    await received;
    assert.ok(WebSocket.stats().memory - before >= 4 * KIB);
    socket.terminate();
    await once(socket, 'close');
    await settled(({ memory }) => memory <= before);
  });
});
