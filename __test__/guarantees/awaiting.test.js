'use strict';

// Can messages be awaited, one at a time, and sending too?

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { encode, encodeClose } = require('../support/frames');
const { rawPair } = require('../support/serve');
const { WebSocket, ownAddition } = require('../support/implementation');

describe('for await', ownAddition, () => {
  test('takes messages until the end, text as strings', async (t) => {
    const { client, socket } = await rawPair(t);
    const messages = [];

    client.write(Buffer.concat([encode(1, 'text'), encode(2, 'bytes'), encode(1, ''), encodeClose(1000)]));
    for await (const message of socket) messages.push(message);
    assert.deepEqual(messages, ['text', Buffer.from('bytes'), '']);
    assert.equal(socket.listenerCount('message') + socket.listenerCount('error'), 0);
  });

  test('reads no more while the body works', async (t) => {
    const { client, socket } = await rawPair(t, { receiveCredit: 1 });
    const big = encode(2, Buffer.alloc(1024 * 1024));
    let taken = 0;
    let sent = 0;

    for (let i = 0; i < 40; i++) client.socket.write(big, () => sent++);
    client.sendClose(1000);
    for await (const message of socket) {
      taken++;
      assert.equal(message.length, 1024 * 1024);
      assert.equal(socket.isPaused, true);
      if (taken === 1) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        assert.ok(sent < 40, 'the peer had to wait');
      }
    }
    assert.equal(taken, 40);
  });

  test('can be left and taken up again, and no message is lost', async (t) => {
    const { client, socket } = await rawPair(t);
    const messages = [];

    client.write(Buffer.concat(Array.from({ length: 10 }, (_, i) => encode(1, String(i)))));
    for await (const message of socket) {
      messages.push(message);
      if (messages.length === 3) break;
    }
    assert.equal(socket.readyState, WebSocket.OPEN);
    client.sendClose(1000);
    for await (const message of socket) messages.push(message);
    assert.deepEqual(messages, ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
  });

  test('throws the error of the connection, after the messages before it', async (t) => {
    const { client, socket } = await rawPair(t);
    const messages = [];

    client.write(Buffer.concat([encode(1, 'good'), encode(5, 'bad')]));
    await assert.rejects(
      async () => {
        for await (const message of socket) messages.push(message);
      },
      { code: 'WS_ERR_INVALID_OPCODE' }
    );
    assert.deepEqual(messages, ['good']);
  });

  test('ends at once when the connection is closed', async (t) => {
    const { client, socket } = await rawPair(t);

    client.sendClose(1000);
    await once(socket, 'close');
    for await (const message of socket) assert.fail(message);
  });

  test('answers calls that were made in advance', async (t) => {
    const { client, socket } = await rawPair(t);
    const iterator = socket[Symbol.asyncIterator]();
    const asked = [iterator.next(), iterator.next(), iterator.next()];

    client.write(Buffer.concat([encode(1, 'a'), encode(1, 'b'), encodeClose(1000)]));
    assert.deepEqual(await Promise.all(asked), [
      { done: false, value: 'a' },
      { done: false, value: 'b' },
      { done: true, value: undefined }
    ]);
  });

  test('respects binaryType', async (t) => {
    const { client, socket } = await rawPair(t);

    socket.binaryType = 'arraybuffer';
    client.send(2, 'xyz');
    for await (const message of socket) {
      assert.deepEqual(message, new Uint8Array([120, 121, 122]).buffer);
      break;
    }
  });
});

describe('sendAsync', ownAddition, () => {
  test('resolves when the message was written', async (t) => {
    const { client, socket } = await rawPair(t);

    assert.equal(await socket.sendAsync('text'), undefined);
    await socket.sendAsync('bytes', { binary: true });
    for (const opcode of [1, 2]) assert.equal((await client.frame()).opcode, opcode);
  });

  test('rejects when it cannot be', async (t) => {
    const { client, socket } = await rawPair(t);

    client.sendClose(1000);
    await once(socket, 'close');
    await assert.rejects(socket.sendAsync('late'), { message: 'WebSocket is not open: readyState 3 (CLOSED)' });
    await assert.rejects(socket.sendAsync(Symbol('x')), Error);
  });
});
