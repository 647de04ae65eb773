'use strict';

// What does `pause()` do? Nothing is delivered and, after a bounded amount, nothing is read, so that TCP holds the peer
// back; nothing is lost either.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { encode } = require('../support/frames');
const { rawPair, record } = require('../support/serve');
const { WebSocket } = require('../support/implementation');
const { onTcp } = require('../support/over');

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Waits until a client's socket takes nothing any more.
 *
 * @param {net.Socket} socket The socket
 * @return {Promise<Number>} How many bytes it has left
 */
async function stuck(socket) {
  for (let last = -1; ;) {
    if (socket.writableLength === last) return last;

    last = socket.writableLength;
    await sleep(100);
  }
}

describe('pause()', () => {
  test('stops messages until resume()', async (t) => {
    const { client, socket } = await rawPair(t);
    const events = record(socket, ['message']);

    assert.equal(socket.isPaused, false);
    socket.pause();
    assert.equal(socket.isPaused, true);
    client.write(Buffer.concat([encode(1, 'one'), encode(2, Buffer.alloc(30000)), encode(1, 'three')]));
    await sleep(50);
    assert.equal(events.length, 0);
    socket.resume();
    assert.equal(socket.isPaused, false);
    while (events.length < 3) await once(socket, 'message');
    assert.equal(events[0][1].toString(), 'one');
    assert.equal(events[2][1].toString(), 'three');
  });

  test('pushes back on the peer, and nothing is lost', async (t) => {
    const { client, socket } = await rawPair(t);
    const chunk = Buffer.alloc(65536, 'pushed back ');
    const count = 512;
    let received = 0;

    socket.pause();
    for (let i = 0; i < count; i++) client.send(2, chunk);

    const left = await stuck(client.socket);

    assert.ok(left > 16 * 1048576, `${left} of 32 MiB are still with the peer`);
    socket.on('message', (data) => {
      assert.ok(data.equals(chunk));
      received++;
    });
    socket.resume();
    while (received < count) await once(socket, 'message');
    assert.equal(client.socket.writableLength, 0);
  });

  test('lets sends and the closing handshake go on', async (t) => {
    const { client, socket } = await rawPair(t);

    socket.pause();
    socket.send('while paused');
    assert.equal((await client.frame()).payload.toString(), 'while paused');
    socket.close(1000);
    assert.equal((await client.frame()).opcode, 8);
    client.sendClose(1000);
    socket.resume();
    assert.equal((await once(socket, 'close'))[0], 1000);
  });

  test('does not keep what was received from being delivered before the end', async (t) => {
    const { client, socket } = await rawPair(t);
    const events = record(socket, ['message']);
    const closed = once(socket, 'close');

    socket.pause();
    client.write(encode(1, 'last words'));
    await sleep(50);
    socket.resume();
    socket.pause();
    client.socket.end();
    await sleep(20);
    socket.resume();
    assert.equal((await closed)[0], 1006);
    assert.deepEqual(
      events.map(([, data]) => data.toString()),
      ['last words']
    );
  });

  test("does not hide that the peer's connection was reset", onTcp, async (t) => {
    const { client, socket } = await rawPair(t);
    const events = record(socket, ['message', 'close']);

    socket.on('message', () => assert.equal(socket.readyState, WebSocket.CLOSING));
    socket.pause();
    client.send(1, 'last words');
    await sleep(50);
    client.socket.resetAndDestroy();
    await once(socket, 'close');
    assert.deepEqual(
      events.map(([name, value]) => [name, value.toString()]),
      [
        ['message', 'last words'],
        ['close', '1006']
      ]
    );
  });

  test('does not keep terminate() from working', async (t) => {
    const { socket } = await rawPair(t);

    socket.pause();
    socket.terminate();
    assert.equal((await once(socket, 'close'))[0], 1006);
  });

  test('and resume() do nothing afterwards', async (t) => {
    const { socket } = await rawPair(t);

    socket.terminate();
    await once(socket, 'close');
    socket.pause();
    assert.equal(socket.isPaused, false);
    socket.resume();
    assert.equal(socket.readyState, WebSocket.CLOSED);
  });
});

describe('a handler that blocks', () => {
  test('pushes back on the peer', async (t) => {
    const { client, socket } = await rawPair(t);
    const count = 2000;
    let received = 0;
    let most = 0;

    socket.on('message', () => {
      received++;
      if (received % 100 === 0) {
        const end = performance.now() + 5;

        while (performance.now() < end);
        most = Math.max(most, client.socket.writableLength);
      }
    });
    for (let i = 0; i < count; i++) client.send(2, Buffer.alloc(8192));
    while (received < count) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(most > 0);
  });
});
