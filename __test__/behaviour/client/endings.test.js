'use strict';

// In which order does a client hear of the end, and of what breaks its limits? As compat/endings.test.js asks for the
// server's side; the frames of the other end are not masked, and the server is the one to end the connection first.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const { encode } = require('../../support/frames');
const { onTcp } = require('../../support/over');
const { clientPair } = require('../../support/raw-server');

const BROKEN = [['close', 1006, '']];

/** What a listener is told, as far as it can be compared. */
const TOLD = {
  close: (code, reason) => [code, reason.toString()],
  error: ({ code, constructor }) => [code, constructor.name],
  message: (data, isBinary) => [data.toString(), isBinary],
  ping: (data) => [data.toString()],
  pong: (data) => [data.toString()]
};

/** @return {Buffer} A frame as a server sends it */
function plain(opcode, payload, how) {
  return encode(opcode, payload, { ...how, mask: false });
}

/** @return {Buffer} A close frame of a server */
function close(code, reason = '') {
  return plain(8, code === undefined ? '' : Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]));
}

/** Name: what happens, what is told, options of the test. */
const ENDINGS = {
  'the server closes': [({ peer }) => peer.write(close(1000)), [['close', 1000, '']]],
  'the server closes with a reason': [({ peer }) => peer.write(close(4001, 'bye')), [['close', 4001, 'bye']]],
  'the server closes without a code': [({ peer }) => peer.write(close()), [['close', 1005, '']]],
  'the application closes': [
    async ({ peer, socket }) => {
      socket.close(1001, 'going');
      assert.deepEqual((await peer.frame()).payload.subarray(2).toString(), 'going');
      peer.write(close(1001, 'away'));
      peer.socket.end();
    },
    [['close', 1001, 'away']]
  ],
  'the application closes, and messages were on their way': [
    async ({ peer, socket }) => {
      socket.close();
      await peer.frame();
      peer.write(Buffer.concat([plain(1, 'late'), plain(9, 'ping'), close(1000)]));
      peer.socket.end();
    },
    [
      ['message', 'late', false],
      ['ping', 'ping'],
      ['close', 1000, '']
    ]
  ],
  'the application terminates': [({ socket }) => socket.terminate(), BROKEN],
  'the application destroys the socket': [({ socket }) => socket._socket.destroy(), BROKEN],
  'the application ends the socket': [({ socket }) => socket._socket.end(), BROKEN],
  'the server ends the connection': [({ peer }) => peer.socket.end(), BROKEN],
  'the server resets the connection': [({ peer }) => peer.socket.resetAndDestroy(), BROKEN, onTcp],
  'the server ends it behind messages': [
    ({ peer }) => {
      peer.write(Buffer.concat([plain(1, 'a'), plain(2, 'b'), plain(10, 'q')]));
      peer.socket.end();
    },
    [['message', 'a', false], ['message', 'b', true], ['pong', 'q'], ...BROKEN]
  ],
  'the server ends it within a message': [
    ({ peer }) => {
      peer.write(plain(1, 'whole').subarray(0, 4));
      peer.socket.end();
    },
    BROKEN
  ],
  'the server never answers a close frame': [({ socket }) => socket.close(), BROKEN],
  'the server does not end what was closed': [
    async ({ peer, socket }) => {
      peer.endsToo = false;
      socket.close(4000);
      await peer.frame();
      peer.write(close(4000));
    },
    [['close', 4000, '']]
  ]
};

/** Name: options, what the server sends, the code and the class of the error, the code of our close frame. */
const BREACHES = {
  'a masked frame': [{}, encode(1, 'a'), 'WS_ERR_UNEXPECTED_MASK', 'RangeError', 1002],
  'an opcode that is reserved': [{}, plain(5, ''), 'WS_ERR_INVALID_OPCODE', 'RangeError', 1002],
  'a bit that is reserved': [{}, plain(1, '', { rsv: 2 }), 'WS_ERR_UNEXPECTED_RSV_2_3', 'RangeError', 1002],
  'a compressed message nobody agreed on': [
    {},
    plain(1, '', { rsv: 4 }),
    'WS_ERR_UNEXPECTED_RSV_1',
    'RangeError',
    1002
  ],
  'a control frame in pieces': [{}, plain(9, '', { fin: false }), 'WS_ERR_EXPECTED_FIN', 'RangeError', 1002],
  'a close code that does not exist': [{}, close(1005), 'WS_ERR_INVALID_CLOSE_CODE', 'RangeError', 1002],
  'text that is none': [{}, plain(1, Buffer.from([0xff])), 'WS_ERR_INVALID_UTF8', 'Error', 1007],
  'more than maxPayload': [
    { maxPayload: 10 },
    plain(2, Buffer.alloc(11)),
    'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
    'RangeError',
    1009
  ],
  'more than maxPayload in pieces': [
    { maxPayload: 10 },
    Buffer.concat([plain(2, Buffer.alloc(6), { fin: false }), plain(0, Buffer.alloc(5))]),
    'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
    'RangeError',
    1009
  ],
  'more than maxFragments': [
    { maxFragments: 2 },
    Buffer.concat([1, 0, 0].map((opcode) => plain(opcode, 'a', { fin: false }))),
    'WS_ERR_TOO_MANY_BUFFERED_PARTS',
    'RangeError',
    1008
  ]
};

/** @return {Promise<Array>} All that a client is told until its end */
function telling(socket) {
  const told = [];

  for (const event of Object.keys(TOLD)) socket.on(event, (...args) => told.push([event, ...TOLD[event](...args)]));
  return new Promise((resolve) => socket.on('close', () => resolve(told)));
}

describe('a client, when', () => {
  for (const [name, [act, expected, where = {}]] of Object.entries(ENDINGS)) {
    test(name, where, async (t) => {
      const pair = await clientPair(t, { closeTimeout: 100 });
      const all = telling(pair.socket);

      await act(pair);
      assert.deepEqual(await all, expected);
      assert.equal(pair.socket.readyState, 3);
      assert.equal(pair.socket._socket.destroyed, true);
    });
  }

  for (const [name, [options, bytes, code, type, closeCode]] of Object.entries(BREACHES)) {
    test(`the server sends ${name}`, async (t) => {
      const { peer, socket } = await clientPair(t, { closeTimeout: 100, ...options });
      const all = telling(socket);

      peer.write(Buffer.concat([plain(1, 'before'), bytes, plain(1, 'behind')]));

      const frame = await peer.frame();

      assert.deepEqual([frame.opcode, frame.isMasked, frame.payload.readUInt16BE(0)], [8, true, closeCode]);
      peer.socket.end();
      assert.deepEqual(await all, [['message', 'before', false], ['error', code, type], ...BROKEN]);
    });
  }
});

describe('what a client was asked for', () => {
  test('skipUTF8Validation lets bytes through that are no text', async (t) => {
    const { peer, socket } = await clientPair(t, { skipUTF8Validation: true });
    const message = new Promise((resolve) => socket.on('message', resolve));

    peer.write(plain(1, Buffer.from([0xff, 0xfe])));
    assert.deepEqual(await message, Buffer.from([0xff, 0xfe]));

    const closed = new Promise((resolve) => socket.on('close', (...args) => resolve(args)));

    peer.write(plain(8, Buffer.from([0x0f, 0xa0, 0xff])));
    assert.deepEqual(await closed, [4000, Buffer.from([0xff])]);
  });

  test('allowSynchronousEvents: false lets the event loop turn between two events', async (t) => {
    const { peer, socket } = await clientPair(t, { allowSynchronousEvents: false });
    const order = [];
    const all = new Promise((resolve) => {
      socket.on('message', (data) => {
        order.push(data.toString());
        setImmediate(() => order.push('turn') === 4 && resolve());
      });
    });

    peer.write(Buffer.concat([plain(1, 'a'), plain(1, 'b')]));
    await all;
    assert.deepEqual(order, ['a', 'turn', 'b', 'turn']);
  });

  for (const [options, told] of [
    [{}, [['error', 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 'RangeError'], ...BROKEN]],
    [{ maxPayload: 0 }, BROKEN]
  ]) {
    test(`maxPayload is ${options.maxPayload === 0 ? 'no limit when it is 0' : '100 MiB by default'}`, async (t) => {
      const { peer, socket } = await clientPair(t, { closeTimeout: 100, ...options });
      const all = telling(socket);

      // The header of a message of 100 MiB and a byte.
      peer.write(Buffer.from([0x82, 127, 0, 0, 0, 0, 6, 0x40, 0, 1]));
      peer.socket.end();
      assert.deepEqual(await all, told);
    });
  }

  test('closeTimeout is how long it waits', async (t) => {
    const { peer, socket } = await clientPair(t, { closeTimeout: 150 });
    const begun = performance.now();
    const closed = new Promise((resolve) => socket.on('close', resolve));

    socket.close();
    await peer.frame();
    assert.equal(await closed, 1006);
    await sleep(0);
    assert.ok(performance.now() - begun >= 145);
  });
});
