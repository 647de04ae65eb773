'use strict';

// What happens to a peer that does not read? `maxBackpressure` limits what waits for it, `onBackpressure` says what
// happens then, `'drain'` tells when it reads again.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { OVER } = require('../support/over');
const { rawPair } = require('../support/serve');
const { WebSocketServer, ownAddition } = require('../support/implementation');

const MIB = 1048576;
/** TLS says one turn later what the kernel has taken, so what is sent within a turn counts there. */
const inTurn = OVER === 'tls' ? { skip: 'not over TLS' } : {};

const turn = () => new Promise((resolve) => setImmediate(resolve));

/**
 * Sends until the limit is passed.
 *
 * @param {WebSocket} socket A WebSocket whose peer does not read
 * @return {Promise<Object>} `{ err, sent }`: the error of the message that was refused, and how many were not
 */
async function overfill(socket) {
  for (let sent = 0; sent < 100; sent++) {
    let err;

    socket.send(Buffer.alloc(MIB), (reason) => {
      err = reason;
    });
    await turn();
    if (err) return { err, sent };
  }

  return assert.fail('100 MiB were taken');
}

describe('maxBackpressure', ownAddition, () => {
  test('is not there by default', async (t) => {
    const { client, socket } = await rawPair(t);

    client.socket.pause();
    for (let i = 0; i < 100; i++) socket.send(Buffer.alloc(MIB));
    assert.ok(socket.bufferedAmount > 90 * MIB);
    assert.equal(socket.readyState, socket.OPEN);
  });

  test("ends the connection with onBackpressure: 'terminate', the default", async (t) => {
    const { client, socket } = await rawPair(t, { maxBackpressure: 4 * MIB });
    const closed = once(socket, 'close');

    client.socket.pause();

    const { err, sent } = await overfill(socket);

    assert.equal(err.code, 'ERR_UPSHIFT_BACKPRESSURE');
    assert.ok(sent >= 4, `${sent}`);
    assert.equal((await closed)[0], 1006);
  });

  test("closes the WebSocket with onBackpressure: 'close'", async (t) => {
    const { client, socket } = await rawPair(t, { maxBackpressure: 4 * MIB, onBackpressure: 'close' });

    client.socket.pause();

    const { sent } = await overfill(socket);

    assert.equal(socket.readyState, socket.CLOSING);
    client.socket.resume();
    for (let i = 0; i < sent; i++) assert.equal((await client.frame()).payload.length, MIB);

    const frame = await client.frame();

    assert.equal(frame.opcode, 8);
    assert.equal(frame.payload.readUInt16BE(0), 1008);
  });

  test("drops the message with onBackpressure: 'drop'", async (t) => {
    const { client, socket } = await rawPair(t, { maxBackpressure: 4 * MIB, onBackpressure: 'drop' });

    client.socket.pause();

    const { sent } = await overfill(socket);
    const drained = once(socket, 'drain');

    assert.equal(socket.readyState, socket.OPEN);
    client.socket.resume();
    for (let i = 0; i < sent; i++) assert.equal((await client.frame()).payload.length, MIB);
    await drained;
    assert.equal(socket.bufferedAmount, 0);
    socket.send('after the gap');
    assert.equal((await client.frame()).payload.toString(), 'after the gap');
  });

  test('lets a message through that is larger than itself', async (t) => {
    const { client, socket } = await rawPair(t, { maxBackpressure: 1000 });

    socket.send(Buffer.alloc(MIB));
    assert.equal((await client.frame()).payload.length, MIB);
    assert.equal(socket.readyState, socket.OPEN);
  });

  test('does not strike a peer that reads', async (t) => {
    const { client, socket } = await rawPair(t, { maxBackpressure: 1000 });
    const size = 300;

    for (let i = 0; i < 200; i++) {
      socket.send(Buffer.alloc(size));
      await client.frame();
    }
    assert.equal(socket.readyState, socket.OPEN);
  });

  test('does not count what was not offered to the peer yet', inTurn, async (t) => {
    const { client, socket } = await rawPair(t, { maxBackpressure: 1000 });

    // All in one turn, and small enough for any socket buffer.
    for (let i = 0; i < 100; i++) socket.send(Buffer.alloc(100));
    for (let i = 0; i < 100; i++) assert.equal((await client.frame()).payload.length, 100);
  });

  test('lets pings and the close frame through', async (t) => {
    const { client, socket } = await rawPair(t, { maxBackpressure: 4 * MIB, onBackpressure: 'drop' });

    client.socket.pause();

    const { sent } = await overfill(socket);

    socket.ping('p');
    socket.close(1000);
    client.socket.resume();
    for (let i = 0; i < sent; i++) await client.frame();
    assert.equal((await client.frame()).opcode, 9);
    assert.equal((await client.frame()).opcode, 8);
  });

  test('only knows three answers', () => {
    assert.throws(() => new WebSocketServer({ noServer: true, onBackpressure: 'explode' }), {
      name: 'TypeError',
      message: 'The "onBackpressure" option must be one of terminate, close, drop'
    });
  });
});

describe("'drain'", ownAddition, () => {
  test('comes when what was stuck has gone out', async (t) => {
    const { client, socket } = await rawPair(t);
    let drains = 0;

    socket.on('drain', () => drains++);
    socket.send('not stuck');
    await client.frame();
    assert.equal(drains, 0);

    client.socket.pause();
    for (let i = 0; i < 32; i++) socket.send(Buffer.alloc(MIB));
    await turn();
    assert.ok(socket.bufferedAmount > 0);

    const drained = once(socket, 'drain');

    client.socket.resume();
    await drained;
    assert.equal(socket.bufferedAmount, 0);
    for (let i = 0; i < 32; i++) await client.frame();
    assert.equal(drains, 1);
  });
});
