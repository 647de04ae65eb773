'use strict';

// What do the callbacks of `send()` get when the connection goes before the data is out? Why it went, where that is known,
// and else what a stream says that was destroyed.

const assert = require('node:assert/strict');
const { randomBytes } = require('node:crypto');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { WebSocket, isWs } = require('../support/implementation');
const { onTcp } = require('../support/over');
const { rawPair } = require('../support/serve');

const DESTROYED = { code: 'ERR_STREAM_DESTROYED', message: 'Cannot call write after a stream was destroyed' };
/** What Node.js tells of a write that is under way when its stream is destroyed, since some release of 22. */
const CANCELED = { code: 'ECANCELED', message: 'write ECANCELED' };

const DEFLATE = { headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate' } };

/**
 * Sends more than any buffer holds to a client that does not read, and lets the connection go.
 *
 * @param {Object} pair What `rawPair()` returned
 * @param {Function} end Ends the connection
 * @return {Promise<Error[]>} The errors the callbacks got
 */
async function lose({ client, socket }, end) {
  const outcomes = [];
  const count = 40;

  client.socket.pause();
  for (let i = 0; i < count; i++) socket.send(Buffer.alloc(1024 * 1024), (err) => outcomes.push(err ?? null));
  // Those that fit into the buffers are out.
  await new Promise((resolve) => setTimeout(resolve, 20));
  end();
  await once(socket, 'close');
  assert.equal(outcomes.length, count);

  const errors = outcomes.filter((err) => err !== null);

  assert.ok(errors.length > 0);
  return errors;
}

/**
 * @param {Error[]} errors What callbacks of writes got whose stream was destroyed
 */
function areOfDestroyedStream(errors) {
  for (const { code, message } of errors) {
    assert.deepEqual({ code, message }, code === CANCELED.code ? CANCELED : DESTROYED);
  }
}

describe('the callbacks of send()', () => {
  test('get the error of a destroyed stream after terminate()', onTcp, async (t) => {
    const pair = await rawPair(t);
    const errors = await lose(pair, () => pair.socket.terminate());

    areOfDestroyedStream(errors);
  });

  test('get it when the peer does not close in time', onTcp, async (t) => {
    const pair = await rawPair(t, { closeTimeout: 50 });
    const errors = await lose(pair, () => pair.socket.close());

    areOfDestroyedStream(errors);
  });

  test('get the reason for which the socket was destroyed', onTcp, async (t) => {
    const pair = await rawPair(t);
    const reason = new Error('enough');
    const errors = await lose(pair, () => pair.socket._socket.destroy(reason));

    for (const err of errors) assert.equal(err, reason);
  });

  test('get the error of the socket after a reset', onTcp, async (t) => {
    const pair = await rawPair(t);
    const [first, ...others] = await lose(pair, () => pair.client.socket.resetAndDestroy());

    assert.match(first.message, /^(read|write) ECONNRESET$/);
    assert.equal(first.code, 'ECONNRESET');
    assert.equal(first.message, `${first.syscall} ECONNRESET`);
    assert.equal(typeof first.errno, 'number');
    assert.ok(first.errno < 0);
    for (const err of others) assert.equal(err, first);
  });

  test('are told what had to be compressed when the connection went', onTcp, async (t) => {
    const { client, socket } = await rawPair(t, { perMessageDeflate: true }, DEFLATE);
    const closed = once(socket, 'close');
    const began = Date.now();

    client.socket.resetAndDestroy();
    await once(client.socket, 'close');
    // Nobody but the kernel, and a thread of ours, learns of it as long as we do not return.
    while (Date.now() < began + 50 || (!isWs && isServed(socket))) continue;

    const outcomes = await Promise.all([
      new Promise((resolve) => socket.send(randomBytes(8 * 1024 * 1024), resolve)),
      new Promise((resolve) => socket.send('behind it', resolve))
    ]);

    await closed;
    for (const { code, message } of outcomes) {
      assert.equal(message, 'The socket was closed while data was being compressed');
      assert.equal(code, undefined);
    }
  });

  test('are told what was read of a Blob when the connection went', async (t) => {
    const { socket } = await rawPair(t);
    const told = Promise.all(
      [new Blob(['large']), 'behind it'].map((data) => new Promise((resolve) => socket.send(data, resolve)))
    );

    socket.terminate();
    for (const { code, message } of await told) {
      assert.equal(message, 'The socket was closed while the blob was being read');
      assert.equal(code, undefined);
    }
  });
});

/**
 * @param {WebSocket} socket A WebSocket, the only one there is
 * @return {Boolean} Whether a thread of ours has not found out yet that its connection is gone
 */
function isServed(socket) {
  return socket.transport === 'fd' && WebSocket.stats().connections > 0;
}
