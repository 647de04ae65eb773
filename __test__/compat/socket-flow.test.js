'use strict';

// What do `pause()` and `resume()` of a WebSocket's socket do? They stop the messages and let them come again, and push back
// on the peer, as those of the WebSocket do: there is one state, whoever changes it.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { encode } = require('../support/frames');
const { RawClient } = require('../support/raw-client');
const { onHttp1, onTcp } = require('../support/over');
const { rawPair, serve, wsPair } = require('../support/serve');

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Collects the messages of a WebSocket as text.
 *
 * @param {WebSocket} socket The WebSocket
 * @return {String[]} The list, filled as they come
 */
function texts(socket) {
  const list = [];

  socket.on('message', (data) => list.push(data.toString()));
  return list;
}

/**
 * Waits until a list has so many entries.
 *
 * @param {Array} list The list
 * @param {Number} count How many
 */
async function filled(list, count) {
  while (list.length < count) await sleep(1);
}

describe('pause() of the socket', () => {
  for (const perMessageDeflate of [false, true]) {
    test(`stops messages until resume()${perMessageDeflate ? ', compressed ones too' : ''}`, async (t) => {
      const { client, socket } = await wsPair(t, { perMessageDeflate }, { perMessageDeflate });
      const { _socket } = socket;
      const received = texts(socket);

      assert.equal(_socket.isPaused(), false);
      assert.equal(_socket.pause(), _socket);
      assert.deepEqual([_socket.isPaused(), socket.isPaused], [true, false]);
      for (const text of ['one', 'two'.repeat(1000), 'three']) client.send(text);
      await sleep(50);
      assert.deepEqual(received, []);
      socket.send('is not held up');
      assert.equal(String((await once(client, 'message'))[0]), 'is not held up');
      assert.equal(_socket.resume(), _socket);
      assert.deepEqual([_socket.isPaused(), socket.isPaused], [false, false]);
      await filled(received, 3);
      assert.deepEqual(received, ['one', 'two'.repeat(1000), 'three']);
    });
  }

  test('pushes back on the peer, and nothing is lost', async (t) => {
    const { client, socket } = await rawPair(t);
    const chunk = Buffer.alloc(65536, 'pushed back ');
    const count = 512;
    let received = 0;
    let last = -1;

    socket._socket.pause();
    for (let i = 0; i < count; i++) client.send(2, chunk);
    while (client.socket.writableLength !== last) {
      last = client.socket.writableLength;
      await sleep(100);
    }

    assert.ok(last > 16 * 1048576, `${last} of 32 MiB are still with the peer`);
    socket.on('message', (data) => {
      assert.ok(data.equals(chunk));
      received++;
    });
    socket._socket.resume();
    while (received < count) await once(socket, 'message');
  });

  test('holds in the connection handler', async (t) => {
    const running = await serve(t);
    const received = [];

    running.wss.on('connection', (socket) => {
      socket._socket.pause();
      socket.on('message', (data) => received.push(data.toString()));
    });

    const [[socket], client] = await Promise.all([once(running.wss, 'connection'), RawClient.open(running.port)]);

    client.send(1, 'early');
    await sleep(50);
    assert.deepEqual(received, []);
    socket._socket.resume();
    await filled(received, 1);
    assert.deepEqual(received, ['early']);
  });

  test('and resume() in the connection handler lose nothing', async (t) => {
    const running = await serve(t);
    const received = [];

    running.wss.on('connection', (socket) => {
      socket._socket.pause();
      socket._socket.resume();
      setTimeout(() => socket.on('message', (data) => received.push(data.toString())), 0);
    });

    const client = await RawClient.open(running.port);

    await sleep(20);
    client.send(1, 'late');
    await filled(received, 1);
    assert.deepEqual(received, ['late']);
  });

  for (const allowSynchronousEvents of [true, false]) {
    const name = allowSynchronousEvents ? '' : ' (allowSynchronousEvents: false)';

    test(`in a handler lets nothing come that was read later${name}`, async (t) => {
      const { client, socket } = await rawPair(t, { allowSynchronousEvents });
      const received = texts(socket);
      const read = ['one', 'two', 'three'];

      socket.once('message', () => socket._socket.pause());
      client.write(Buffer.concat(read.map((text) => encode(1, text))));
      await filled(received, 1);
      await sleep(20);
      client.send(1, 'four');
      await sleep(50);
      // With ws what came with it still comes.
      assert.ok(!received.includes('four'));
      socket._socket.resume();
      await filled(received, 4);
      assert.deepEqual(received, [...read, 'four']);
    });
  }

  test('before the handshake holds after it', onHttp1, async (t) => {
    const { port, server, wss } = await serve(t, { noServer: true });
    const received = [];

    server.on('upgrade', (req, stream, head) => {
      stream.pause();
      setTimeout(() => wss.handleUpgrade(req, stream, head, (ws) => wss.emit('connection', ws, req)), 20);
    });
    wss.on('connection', (socket) => socket.on('message', (data) => received.push(data.toString())));

    const client = await RawClient.connect(port);
    const connected = once(wss, 'connection');

    client.write(RawClient.request());
    await sleep(10);
    client.send(1, 'meanwhile');

    const [socket] = await connected;

    await client.head();
    client.send(1, 'afterwards');
    await sleep(50);
    assert.deepEqual(received, []);
    assert.deepEqual([socket._socket.isPaused(), socket.isPaused], [true, false]);
    socket._socket.resume();
    await filled(received, 2);
    assert.deepEqual(received, ['meanwhile', 'afterwards']);
  });
});

describe('the socket and its WebSocket', () => {
  test('have one state: pause() of the one, resume() of the other', async (t) => {
    const { client, socket } = await rawPair(t);
    const { _socket } = socket;
    const received = texts(socket);

    socket.pause();
    assert.deepEqual([socket.isPaused, _socket.isPaused()], [true, true]);
    client.send(1, 'one');
    await sleep(30);
    assert.deepEqual(received, []);
    _socket.resume();
    await filled(received, 1);
    // What was asked of the WebSocket last.
    assert.deepEqual([socket.isPaused, _socket.isPaused()], [true, false]);

    _socket.pause();
    client.send(1, 'two');
    await sleep(30);
    assert.deepEqual(received, ['one']);
    socket.resume();
    await filled(received, 2);
    assert.deepEqual([socket.isPaused, _socket.isPaused()], [false, false]);

    socket.pause();
    _socket.pause();
    _socket.pause();
    socket.resume();
    client.send(1, 'three');
    await filled(received, 3);
    assert.equal(_socket.isPaused(), false);
  });

  test('a listener of data does not let a paused one flow', async (t) => {
    const { client, socket } = await rawPair(t);
    const received = texts(socket);

    socket.pause();
    socket._socket.on('data', () => {});
    client.send(1, 'one');
    await sleep(30);
    assert.deepEqual(received, []);
    socket.resume();
    await filled(received, 1);
  });
});

describe('a socket that is paused', () => {
  test('does not tell of the closing handshake', async (t) => {
    const { client, socket } = await rawPair(t);
    const received = texts(socket);
    const closed = once(socket, 'close');

    socket._socket.pause();
    client.send(1, 'last words');
    client.sendClose(1000);
    await sleep(50);
    assert.equal(socket.readyState, socket.OPEN);
    socket._socket.resume();
    assert.equal((await closed)[0], 1000);
    assert.deepEqual(received, ['last words']);
  });

  test('does not keep terminate() from working', async (t) => {
    const { client, socket } = await rawPair(t);
    const closed = once(socket, 'close');

    socket._socket.pause();
    socket.terminate();
    assert.equal((await closed)[0], 1006);
    await client.closed;
    // Nothing is left to be stopped.
    assert.equal(socket._socket.pause(), socket._socket);
    assert.equal(socket._socket.resume(), socket._socket);
  });

  test("does not hide that the peer's connection was reset", onTcp, async (t) => {
    const { client, socket } = await rawPair(t);
    const received = texts(socket);
    const closed = once(socket, 'close');

    socket._socket.pause();
    client.send(1, 'last words');
    await sleep(50);
    client.socket.resetAndDestroy();
    assert.equal((await closed)[0], 1006);
    assert.deepEqual(received, ['last words']);
  });
});
