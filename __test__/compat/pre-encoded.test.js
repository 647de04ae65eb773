'use strict';

// Are frames that were encoded by the application written as they are, in order with everything else? Socket.IO frames
// broadcasts once, with `Sender.frame()`, and hands the same frame to `ws._sender.sendFrame()` of each connection.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const ws = require('ws');

const { WebSocket, ownAddition } = require('../support/implementation');
const { onSocket } = require('../support/over');
const { rawPair } = require('../support/serve');

/** @return {Buffer[]} A frame, as socket.io-adapter encodes it */
function frame(data, options) {
  return WebSocket.Sender.frame(Buffer.from(data), {
    readOnly: false,
    mask: false,
    rsv1: false,
    opcode: 1,
    fin: true,
    ...options
  });
}

/** @return {Promise<Array>} The next frames, as opcode, bits and length or text */
async function frames(client, count) {
  const list = [];

  while (list.length < count) {
    const { fin, isMasked, opcode, payload, rsv } = await client.frame();

    list.push([opcode, fin, rsv, isMasked, payload.length < 100 ? payload.toString() : payload.length]);
  }
  return list;
}

describe('ws._sender.sendFrame', () => {
  for (const size of [0, 5, 125, 126, 70, 16383, 16384, 65536, 3000000]) {
    test(`writes a frame of ${size} bytes, and calls back`, async (t) => {
      const { client, socket } = await rawPair(t);
      const list = frame(Buffer.alloc(size, 'x'));
      const written = new Promise((resolve) => socket._sender.sendFrame(list, resolve));
      const { opcode, payload } = await client.frame();

      assert.deepEqual([opcode, payload.equals(Buffer.alloc(size, 'x'))], [1, true]);
      assert.ok(!(await written));
    });
  }

  test('keeps the order with other messages, whatever their size', async (t) => {
    const { client, socket } = await rawPair(t);

    socket.send('1');
    socket._sender.sendFrame(frame('2'));
    socket.send(Buffer.alloc(20000));
    socket._sender.sendFrame(frame(Buffer.alloc(30000)));
    socket.ping('5');
    socket._sender.sendFrame(frame('6'));
    socket.close(1000);
    assert.deepEqual(
      (await frames(client, 7)).map(([opcode, , , , data]) => [opcode, data]),
      [
        [1, '1'],
        [1, '2'],
        [2, 20000],
        [1, 30000],
        [9, '5'],
        [1, '6'],
        [8, '\u0003\ufffd']
      ]
    );
  });

  test('writes bits, masks and opcodes as they are', async (t) => {
    const { client, socket } = await rawPair(t);

    socket._sender.sendFrame(frame('abc', { rsv1: true }));
    socket._sender.sendFrame(frame('def', { mask: true, opcode: 2 }));
    socket._sender.sendFrame(frame('first', { fin: false }));
    socket._sender.sendFrame(frame('last', { opcode: 0 }));
    assert.deepEqual(await frames(client, 4), [
      [1, true, 4, false, 'abc'],
      [2, true, 0, true, 'def'],
      [1, false, 0, false, 'first'],
      [0, true, 0, false, 'last']
    ]);
  });

  test('takes frames in one piece, with text in them, and those of ws', async (t) => {
    const { client, socket } = await rawPair(t);

    socket._sender.sendFrame([Buffer.concat(frame('whole'))]);
    socket._sender.sendFrame([Buffer.concat(frame(Buffer.alloc(70000)))]);
    socket._sender.sendFrame([frame('text')[0], 'text']);
    socket._sender.sendFrame(ws.Sender.frame(Buffer.from('of ws'), { fin: true, opcode: 2 }));
    assert.deepEqual(
      (await frames(client, 4)).map(([opcode, , , , data]) => [opcode, data]),
      [
        [1, 'whole'],
        [1, 70000],
        [1, 'text'],
        [2, 'of ws']
      ]
    );
  });

  test('can write the same frame to many', async (t) => {
    const pairs = await Promise.all(Array.from({ length: 10 }, () => rawPair(t)));
    const list = frame(Buffer.alloc(50000, 'y'));

    for (const { socket } of pairs) socket._sender.sendFrame(list);
    for (const { client } of pairs) assert.deepEqual((await client.frame()).payload, Buffer.alloc(50000, 'y'));
  });

  test('counts as buffered', onSocket, async (t) => {
    const { client, socket } = await rawPair(t);
    const list = frame(Buffer.alloc(8 * 1024 * 1024));

    client.socket.pause();
    socket._sender.sendFrame(list);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(socket.bufferedAmount > 0 && socket.bufferedAmount <= 8 * 1024 * 1024 + 10);
    client.socket.resume();
    assert.equal((await client.frame()).payload.length, 8 * 1024 * 1024);
    socket.send('x');
    await client.frame();
    assert.equal(socket.bufferedAmount, 0);
  });

  test('is a method of one object, which lives as long as the WebSocket', async (t) => {
    const { client, socket } = await rawPair(t);
    const { _sender } = socket;

    assert.ok(_sender);
    assert.equal(socket._sender, _sender);
    client.sendClose(1000);
    await once(socket, 'close');
    assert.equal(socket._sender, _sender);
  });

  test('refuses what is no frame', async (t) => {
    const { client, socket } = await rawPair(t);

    for (const list of [[], [undefined], [5], [null]]) {
      assert.throws(() => socket._sender.sendFrame(list), { name: 'TypeError' }, JSON.stringify(list));
    }
    socket.send('unharmed');
    assert.equal((await client.frame()).payload.toString(), 'unharmed');
  });

  test('calls back with an error once the connection is closed', async (t) => {
    const { client, socket } = await rawPair(t);

    client.sendClose(1000);
    await once(socket, 'close');
    assert.ok((await new Promise((resolve) => socket._sender.sendFrame(frame('late'), resolve))) instanceof Error);
  });

  test('waits behind a Blob that is being read', ownAddition, async (t) => {
    const { client, socket } = await rawPair(t);

    socket.send(new Blob(['blob']));
    socket._sender.sendFrame(frame('behind'));
    assert.deepEqual(
      (await frames(client, 2)).map(([, , , , data]) => data),
      ['blob', 'behind']
    );
  });

  test('respects the limit for slow peers', { ...ownAddition, ...onSocket }, async (t) => {
    const { client, socket } = await rawPair(t, { maxBackpressure: 1000, onBackpressure: 'drop' });
    const list = frame(Buffer.alloc(8 * 1024 * 1024));

    client.socket.pause();
    socket._sender.sendFrame(list);

    const err = await new Promise((resolve) => socket._sender.sendFrame(list, resolve));

    assert.equal(err.code, 'ERR_UPSHIFT_BACKPRESSURE');
  });
});
