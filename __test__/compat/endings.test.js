'use strict';

// In which order does an application hear of the end? Every way a connection can end, and what is emitted, with which
// arguments, in which state: the same over every path, and as in ws.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const { encode, encodeClose } = require('../support/frames');
const { onTcp } = require('../support/over');
const { rawPair } = require('../support/serve');

const EVENTS = ['message', 'ping', 'pong', 'error', 'close'];
const CLEAN = [['close', 1000, '']];
const BROKEN = [['close', 1006, '']];
const BAD = encode(5, 'reserved');
const FAILED = [
  ['error', 'WS_ERR_INVALID_OPCODE'],
  ['close', 1006, '']
];

/** What a listener is told, as far as it can be compared. */
const TOLD = {
  close: (code, reason) => [code, reason.toString()],
  error: ({ code }) => [code],
  message: (data) => [data.toString()],
  ping: (data) => [data.toString()],
  pong: (data) => [data.toString()]
};

/** Name: what happens, what is told, and options of the test. */
const ENDINGS = {
  'the peer closes': [({ client }) => client.sendClose(1000), CLEAN],
  'the peer closes with a reason': [({ client }) => client.sendClose(4001, 'bye'), [['close', 4001, 'bye']]],
  'the peer closes without a code': [({ client }) => client.sendClose(), [['close', 1005, '']]],
  'the application closes': [
    async ({ client, socket }) => {
      socket.close(1001, 'going');
      await client.frame();
      client.sendClose(1001, 'away');
    },
    [['close', 1001, 'away']]
  ],
  'the application closes, the peer with another code': [
    async ({ client, socket }) => {
      socket.close(4000);
      await client.frame();
      client.sendClose(4999);
    },
    [['close', 4999, '']]
  ],
  'the application terminates': [({ socket }) => socket.terminate(), BROKEN],
  'the application destroys the socket': [({ socket }) => socket._socket.destroy(), BROKEN],
  'the application destroys the socket with an error': [
    ({ socket }) => {
      socket._socket.on('error', () => {});
      socket._socket.destroy(new Error('mine'));
    },
    BROKEN
  ],
  'the application ends the socket': [({ socket }) => socket._socket.end(), BROKEN],
  'the application ends the socket, and the peer has something to say': [
    async ({ client, socket }) => {
      client.endsToo = false;
      socket._socket.end();
      while (!client.ended) await sleep(1);
      client.write(Buffer.concat([encode(1, 'a'), encodeClose(1001, 'bye')]));
      client.socket.end();
    },
    [
      ['message', 'a'],
      ['close', 1001, 'bye']
    ]
  ],
  'the peer ends the connection': [({ client }) => client.socket.end(), BROKEN],
  'the peer resets the connection': [({ client }) => client.socket.resetAndDestroy(), BROKEN, onTcp],
  'the peer breaks the protocol': [
    async ({ client }) => {
      client.write(BAD);
      await client.frame();
      client.socket.end();
    },
    FAILED
  ],
  'the peer breaks the protocol and closes': [
    async ({ client }) => {
      client.write(BAD);
      await client.frame();
      client.sendClose(1002);
    },
    FAILED
  ],
  'the peer breaks the protocol behind messages': [
    ({ client }) => {
      client.write(Buffer.concat([encode(1, 'a'), encode(9, 'p'), encode(10, 'q'), BAD]));
      client.socket.end();
    },
    [['message', 'a'], ['ping', 'p'], ['pong', 'q'], ...FAILED]
  ],
  'the application closes in a handler': [
    ({ client, socket }) => {
      socket.once('message', () => socket.close(4000));
      client.write(Buffer.concat([encode(1, 'a'), encode(1, 'b'), encodeClose(1000)]));
    },
    [['message', 'a'], ['message', 'b'], ...CLEAN]
  ],
  'the peer closes a paused connection': [
    async ({ client, socket }) => {
      socket.pause();
      client.send(1, 'a');
      client.sendClose(1000);
      await sleep(20);
      socket.resume();
    },
    [['message', 'a'], ...CLEAN]
  ],
  'the peer ends a paused connection': [
    async ({ client, socket }) => {
      socket.pause();
      client.send(1, 'a');
      client.socket.end();
      await sleep(20);
      socket.resume();
    },
    [['message', 'a'], ...BROKEN]
  ],
  'the socket times out': [({ socket }) => socket._socket.setTimeout(10, () => socket.terminate()), BROKEN, onTcp],
  'the peer never answers': [({ socket }) => socket.close(), BROKEN]
};

describe('when', () => {
  for (const [name, [act, expected, options = {}]] of Object.entries(ENDINGS)) {
    test(name, options, async (t) => {
      const pair = await rawPair(t, { closeTimeout: 100 });
      const { socket } = pair;
      const told = [];
      const closed = new Promise((resolve) => {
        for (const event of EVENTS) socket.on(event, (...args) => told.push([event, ...TOLD[event](...args)]));
        socket.on('close', () => {
          assert.equal(socket.readyState, 3);
          assert.equal(socket._socket.destroyed, true);
          resolve();
        });
      });

      await act(pair);
      await closed;
      await sleep(5);
      assert.deepEqual(told, expected);
    });
  }
});

describe('after close()', () => {
  test('everything that is sent comes back, and counts as buffered', async (t) => {
    const { client, socket } = await rawPair(t);
    const messages = [];

    socket.close();
    for (const send of ['send', 'ping', 'pong']) {
      const args = send === 'send' ? ['abc'] : ['abc', false];

      socket[send](...args, (err) => messages.push(err.message));
    }
    // Over TLS the close frame may still be there.
    assert.ok(socket.bufferedAmount >= 9);
    await client.frame();
    assert.deepEqual(messages, Array(3).fill('WebSocket is not open: readyState 2 (CLOSING)'));
  });

  test('pause(), resume(), terminate() and close() are harmless', async (t) => {
    const { client, socket } = await rawPair(t);
    const closed = new Promise((resolve) => socket.on('close', resolve));

    client.sendClose(1000);
    assert.equal(await closed, 1000);
    for (const method of ['pause', 'resume', 'terminate', 'close']) assert.equal(socket[method](), undefined);
    assert.equal(socket.isPaused, false);
  });
});
