'use strict';

// Does `createWebSocketStream()` make a stream that behaves as that of ws? Both ends, either way of ending, errors, and
// backpressure in both directions.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { Duplex, Readable, pipeline } = require('node:stream');
const { finished } = require('node:stream/promises');
const { describe, test } = require('node:test');

const { WebSocket, ownAddition } = require('../support/implementation');
const { onHttp1 } = require('../support/over');
const { clientPair } = require('../support/raw-server');
const { rawPair, record, wsPair } = require('../support/serve');

const { createWebSocketStream } = WebSocket;
const EVENTS = ['end', 'finish', 'error', 'close'];

/** @return {Promise<void>} Resolved when the event loop has turned */
function turn() {
  return new Promise((resolve) => setTimeout(resolve, 20));
}

describe('createWebSocketStream', () => {
  test('makes a Duplex without objects, whatever it is asked', async (t) => {
    const { socket } = await rawPair(t);
    const duplex = createWebSocketStream(socket, { objectMode: true, readableHighWaterMark: 7 });

    assert.ok(duplex instanceof Duplex);
    assert.equal(duplex.readableObjectMode, false);
    assert.equal(duplex.writableObjectMode, false);
    assert.equal(duplex.readableHighWaterMark, 7);
    assert.equal(createWebSocketStream(socket, { readableObjectMode: true }).readableObjectMode, true);
  });

  test('sends chunks as binary, and text that is not decoded as text', async (t) => {
    const { client, socket } = await rawPair(t);
    const duplex = createWebSocketStream(socket, { decodeStrings: false });

    duplex.write(Buffer.from('bytes'));
    duplex.write('text');

    const frames = [await client.frame(), await client.frame()];

    assert.deepEqual(
      frames.map(({ opcode, payload }) => [opcode, payload.toString()]),
      [
        [2, 'bytes'],
        [1, 'text']
      ]
    );
  });

  test('decodes text with its encoding', async (t) => {
    const { client, socket } = await rawPair(t);

    createWebSocketStream(socket).write('616263', 'hex');

    const { opcode, payload } = await client.frame();

    assert.deepEqual([opcode, payload.toString()], [2, 'abc']);
  });

  test('hands messages out', async (t) => {
    const { client, socket } = await rawPair(t);
    const duplex = createWebSocketStream(socket, { readableObjectMode: true });
    const chunks = record(duplex, ['data']);

    client.send(1, 'text');
    client.send(2, 'bytes');
    client.send(2, '');
    client.sendClose(1000);
    await once(duplex, 'end');
    assert.deepEqual(chunks, [
      ['data', 'text'],
      ['data', Buffer.from('bytes')],
      ['data', Buffer.alloc(0)]
    ]);
  });

  test('hands bytes out', async (t) => {
    const { client, socket } = await rawPair(t);
    const duplex = createWebSocketStream(socket, { encoding: 'utf8' });
    let text = '';

    duplex.on('data', (chunk) => (text += chunk));
    for (const part of ['a', 'b', 'ç']) client.send(1, part);
    client.sendClose(1000);
    await once(duplex, 'end');
    assert.equal(text, 'abç');
  });

  test('ends the connection with its writable side', async (t) => {
    const { client, socket } = await rawPair(t);
    const duplex = createWebSocketStream(socket);
    const events = record(duplex, EVENTS);

    duplex.resume();
    duplex.end('last');
    assert.equal((await client.frame()).payload.toString(), 'last');
    assert.deepEqual([(await client.frame()).opcode, events], [8, []]);
    client.sendClose();
    await once(duplex, 'close');
    assert.deepEqual(events, [['finish'], ['end'], ['close']]);
    assert.equal(socket.readyState, WebSocket.CLOSED);
  });

  test('finishes before the WebSocket is closed', async (t) => {
    for (const extensions of [null, 'permessage-deflate']) {
      const request = { headers: { 'Sec-WebSocket-Extensions': extensions } };
      const { client, socket } = await rawPair(t, { perMessageDeflate: true }, request);
      const duplex = createWebSocketStream(socket);
      const events = record(duplex, EVENTS);

      socket.on('close', () => events.push(['closed']));
      duplex.resume();
      duplex.end('last');
      await client.frame();
      await client.frame();
      client.sendClose(1000);
      await once(duplex, 'close');
      assert.deepEqual(events, [['finish'], ['closed'], ['end'], ['close']]);
    }
  });

  test('finishes although the peer takes its time', onHttp1, async (t) => {
    const { client, socket } = await rawPair(t);
    const duplex = createWebSocketStream(socket);
    const events = record(duplex, EVENTS);

    client.endsToo = false;
    duplex.resume();
    duplex.end('last');
    await client.frame();
    await client.frame();
    client.sendClose(1000);
    await once(duplex, 'finish');
    await client.rest();
    assert.deepEqual([events, socket.readyState], [[['finish']], WebSocket.CLOSING]);
    client.socket.end();
    await once(duplex, 'close');
    assert.deepEqual(events, [['finish'], ['end'], ['close']]);
  });

  test('finishes when the peer has closed first', onHttp1, async (t) => {
    const { client, socket } = await rawPair(t);
    const duplex = createWebSocketStream(socket);
    const events = record(duplex, EVENTS);

    client.endsToo = false;
    duplex.resume();
    client.sendClose(1000);
    assert.equal((await client.frame()).opcode, 8);
    await client.rest();
    duplex.end();
    await once(duplex, 'finish');
    assert.deepEqual([events, socket.readyState], [[['finish']], WebSocket.CLOSING]);
    client.socket.end();
    await once(duplex, 'close');
    assert.deepEqual(events, [['finish'], ['end'], ['close']]);
  });

  test('of a client finishes before the WebSocket is closed, whoever ends first', async (t) => {
    for (const isServerFirst of [true, false]) {
      const { peer, socket } = await clientPair(t);
      const duplex = createWebSocketStream(socket);
      const events = record(duplex, EVENTS);

      socket.on('close', () => events.push(['closed']));
      peer.endsToo = false;
      duplex.resume();
      duplex.end('last');
      await peer.frame();
      await peer.frame();
      peer.send(8, '', { mask: false });
      if (isServerFirst) peer.socket.end();
      await once(duplex, 'finish');
      if (!isServerFirst) peer.socket.end();
      await once(duplex, 'close');
      assert.deepEqual(events, [['finish'], ['closed'], ['end'], ['close']]);
    }
  });

  test('finishes although our side could not end', ownAddition, async (t) => {
    const { client, socket } = await rawPair(t, { closeTimeout: 50 });
    const duplex = createWebSocketStream(socket);
    const events = record(duplex, EVENTS);

    client.endsToo = false;
    duplex.resume();
    duplex.end('last');
    await once(duplex, 'close');
    assert.deepEqual(events, [['finish'], ['end'], ['close']]);
  });

  test('ends its readable side with the connection, and waits for the other one', async (t) => {
    const { client, socket } = await rawPair(t);
    const duplex = createWebSocketStream(socket);
    const events = record(duplex, EVENTS);

    duplex.resume();
    client.sendClose(1000);
    await once(duplex, 'end');
    await turn();
    assert.deepEqual(events, [['end']]);
    assert.equal(duplex.destroyed, false);
    duplex.end();
    await once(duplex, 'close');
    assert.deepEqual(events, [['end'], ['finish'], ['close']]);
  });

  test('ends both sides at once without allowHalfOpen', async (t) => {
    const { client, socket } = await rawPair(t);
    const duplex = createWebSocketStream(socket, { allowHalfOpen: false });
    const events = record(duplex, EVENTS);

    duplex.resume();
    client.sendClose(1000);
    await once(duplex, 'close');
    assert.deepEqual(events.map(([name]) => name).sort(), ['close', 'end', 'finish']);
  });

  test('does not end before its messages are read', async (t) => {
    const { client, socket } = await rawPair(t);
    const duplex = createWebSocketStream(socket);
    const events = record(duplex, EVENTS);

    client.send(2, 'unread');
    client.sendClose(1000);
    await once(socket, 'close');
    duplex.end();
    await turn();
    assert.ok(!events.some(([name]) => name === 'end' || name === 'close'));
    assert.equal(duplex.read().toString(), 'unread');
    duplex.read();
    await once(duplex, 'close');
    assert.deepEqual(events.map(([name]) => name).sort(), ['close', 'end', 'finish']);
  });

  test('terminates the connection when it is destroyed', async (t) => {
    const { client, socket } = await rawPair(t);
    const duplex = createWebSocketStream(socket);
    const events = record(duplex, EVENTS);

    socket.on('close', (code) => events.push(['ws', code]));
    duplex.destroy();
    await once(duplex, 'close');
    assert.equal((await client.rest()).length, 0);
    assert.deepEqual(events, [['ws', 1006], ['close']]);
  });

  test('is destroyed with an error', async (t) => {
    const { socket } = await rawPair(t);
    const duplex = createWebSocketStream(socket);
    const events = record(duplex, EVENTS);
    const reason = new Error('reason');

    duplex.destroy(reason);
    await turn();
    assert.deepEqual(events, [['error', reason], ['close']]);
  });

  test('emits its close when the connection is closed already', async (t) => {
    const { client, socket } = await rawPair(t);
    const duplex = createWebSocketStream(socket);
    const events = record(duplex, EVENTS);

    client.sendClose(1000);
    await once(socket, 'close');
    duplex.destroy();
    await once(duplex, 'close');
    assert.deepEqual(events, [['close']]);
  });

  test('has the error of the connection, whose close frame is sent', async (t) => {
    const { client, socket } = await rawPair(t);
    const duplex = createWebSocketStream(socket);
    const events = record(duplex, EVENTS);

    client.send(5, 'reserved');
    assert.equal((await client.frame()).payload.readUInt16BE(), 1002);
    client.socket.end();
    await turn();
    assert.deepEqual(
      events.map(([name, err]) => [name, err?.code]),
      [
        ['error', 'WS_ERR_INVALID_OPCODE'],
        ['close', undefined]
      ]
    );
    assert.equal(duplex.destroyed, true);
  });

  test('fails on what is written too late', async (t) => {
    const { client, socket } = await rawPair(t);
    const duplex = createWebSocketStream(socket);

    client.sendClose(1000);
    await once(socket, 'close');

    const failed = once(duplex, 'error');
    const told = new Promise((resolve) => duplex.write('late', resolve));

    assert.equal((await told).message, 'WebSocket is not open: readyState 3 (CLOSED)');
    assert.equal((await failed)[0].message, 'WebSocket is not open: readyState 3 (CLOSED)');
    assert.equal(duplex.destroyed, true);
  });

  test('passes errors of its own side on to who listens', async (t) => {
    const { socket } = await rawPair(t);
    const duplex = createWebSocketStream(socket);
    const failed = once(duplex, 'error');

    duplex.emit('error', new Error('mine'));
    assert.equal((await failed)[0].message, 'mine');
    assert.equal(duplex.destroyed, true);
  });

  test('throws errors nobody listens to', async (t) => {
    const { socket } = await rawPair(t);
    const duplex = createWebSocketStream(socket);

    assert.throws(() => duplex.emit('error', new Error('mine')), { message: 'mine' });
    assert.equal(duplex.destroyed, true);
  });

  test('pauses the connection when its reader has enough', async (t) => {
    const { client, socket } = await rawPair(t);
    const duplex = createWebSocketStream(socket, { readableHighWaterMark: 10 });

    client.send(2, Buffer.alloc(20, 'a'));
    await once(duplex, 'readable');
    assert.equal(socket.isPaused, true);
    client.send(2, Buffer.alloc(5, 'b'));
    await turn();
    assert.equal(duplex.readableLength, 20);
    duplex.read();
    assert.equal(socket.isPaused, false);
    await once(duplex, 'readable');
    assert.equal(duplex.read().toString(), 'bbbbb');
  });

  test('calls back when the peer has room', async (t) => {
    const { client, socket } = await rawPair(t);
    const duplex = createWebSocketStream(socket);
    const chunk = Buffer.alloc(4 * 1024 * 1024);
    let written = 0;

    client.socket.pause();
    for (let i = 0; i < 4; i++) duplex.write(chunk, () => written++);
    await turn();
    assert.ok(written < 4 && duplex.writableNeedDrain);
    client.socket.resume();
    await once(duplex, 'drain');
    assert.equal(written, 4);
  });

  test('works in a pipeline, both ways', async (t) => {
    const { client, socket } = await wsPair(t);
    const parts = Array.from({ length: 200 }, (_, i) => Buffer.alloc(i * 100, i));
    const echoed = createWebSocketStream(socket);
    const duplex = createWebSocketStream(client);
    const received = [];

    pipeline(echoed, echoed, () => {});
    duplex.on('data', (chunk) => received.push(chunk));
    Readable.from(parts).pipe(duplex, { end: false });
    while (Buffer.concat(received).length < Buffer.concat(parts).length) await once(duplex, 'data');
    duplex.end();
    await finished(duplex);
    assert.deepEqual(Buffer.concat(received), Buffer.concat(parts));
  });

  test('can be iterated over', async (t) => {
    const { client, socket } = await rawPair(t);
    const chunks = [];

    for (const text of ['a', 'b', 'c']) client.send(1, text);
    client.sendClose(1000);
    for await (const chunk of createWebSocketStream(socket, { readableObjectMode: true })) chunks.push(chunk);
    assert.deepEqual(chunks, ['a', 'b', 'c']);
  });
});
