'use strict';

// Do streams get their own bytes? Small pieces of output for all of them lie in memory that they share, and a stream may
// do within a write what it likes: send on other connections, or give the memory away.

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { streamPair } = require('../support/stream-pair');

const MESSAGES = 60;

/**
 * Does something before each write of a stream.
 *
 * @param {Duplex} stream The stream
 * @param {Function} action Called with a chunk
 */
function beforeWrites(stream, action) {
  const { _write } = stream;

  stream._write = function (chunk, encoding, callback) {
    const bytes = Buffer.from(chunk);

    action(chunk);
    _write.call(this, bytes, encoding, callback);
  };
}

/**
 * A message that no other looks like.
 *
 * @param {Number} connection The connection
 * @param {Number} number Its number there
 * @return {String} The message
 */
function message(connection, number) {
  return `${connection}/${number} `.padEnd(40 + ((number * 331) % 3000), `${connection}${number} `);
}

test('a write that sends on other connections mixes nothing up, and keeps the order', async (t) => {
  const all = await Promise.all(Array.from({ length: 4 }, () => streamPair(t)));
  const sent = all.map(() => 0);
  const send = (i) => all[i].socket.send(message(i, sent[i]++));

  for (const [i, { stream }] of all.entries()) {
    const next = (i + 1) % all.length;

    beforeWrites(stream, () => {
      if (sent[next] >= MESSAGES) return;
      send(next);
      // Gives it to the stream at once, before what waits its turn.
      assert.ok(all[next].socket._socket);
    });
  }

  while (sent.some((count) => count < MESSAGES)) {
    for (const i of all.keys()) if (sent[i] < MESSAGES) send(i);
    await new Promise(setImmediate);
  }

  for (const [i, { client }] of all.entries()) {
    for (let n = 0; n < sent[i]; n++) {
      assert.equal((await client.frame()).payload.toString(), message(i, n), `message ${n} of connection ${i}`);
    }
  }
});

test('a stream may transfer what it was given', async (t) => {
  const { client, socket, stream } = await streamPair(t);
  let transferred = 0;

  beforeWrites(stream, ({ buffer }) => {
    try {
      structuredClone(buffer, { transfer: [buffer] });
      transferred++;
    } catch (err) {
      // Later versions of Node.js do not transfer memory of addons.
      assert.equal(err.name, 'DataCloneError');
    }
  });
  socket.on('message', (data) => socket.send(data));

  for (let n = 0; n < 20; n++) {
    client.send(1, message(0, n));
    assert.equal((await client.frame()).payload.toString(), message(0, n));
    socket.send(message(1, n));
    assert.equal((await client.frame()).payload.toString(), message(1, n));
  }

  if (process.versions.node.startsWith('20.')) assert.ok(transferred > 0);
});

test('what was sent comes before what the application does with the stream', async (t) => {
  const { client, socket } = await streamPair(t);

  socket.send('the last words');
  socket._socket.end();
  assert.equal((await client.frame()).payload.toString(), 'the last words');
  await client.rest();
});
