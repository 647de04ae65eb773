'use strict';

// What happens when a peer breaks the protocol? One error with ws's code and message, one close frame, the end; and
// nobody else notices.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { encode, encodeClose } = require('../support/frames');
const { RawClient } = require('../support/raw-client');
const { rawPair, record } = require('../support/serve');

const frame = 'Invalid WebSocket frame: ';
const part = { fin: false };

/** name: [bytes, code, message, close code, options of the server, constructor] */
const BREACHES = {
  'RSV1 without an extension': [encode(1, 'x', { rsv: 4 }), 'WS_ERR_UNEXPECTED_RSV_1', `${frame}RSV1 must be clear`],
  RSV2: [encode(1, 'x', { rsv: 2 }), 'WS_ERR_UNEXPECTED_RSV_2_3', `${frame}RSV2 and RSV3 must be clear`],
  RSV3: [encode(2, 'x', { rsv: 1 }), 'WS_ERR_UNEXPECTED_RSV_2_3', `${frame}RSV2 and RSV3 must be clear`],
  'RSV1 in a ping': [encode(9, 'x', { rsv: 4 }), 'WS_ERR_UNEXPECTED_RSV_1', `${frame}RSV1 must be clear`],
  'an unmasked frame': [encode(1, 'x', { mask: false }), 'WS_ERR_EXPECTED_MASK', `${frame}MASK must be set`],
  'an unmasked empty frame': [encode(2, '', { mask: false }), 'WS_ERR_EXPECTED_MASK', `${frame}MASK must be set`],
  'a continuation of nothing': [encode(0, 'x'), 'WS_ERR_INVALID_OPCODE', `${frame}invalid opcode 0`],
  'a continuation after the end': [
    Buffer.concat([encode(1, 'a', part), encode(0, 'b'), encode(0, 'c')]),
    'WS_ERR_INVALID_OPCODE',
    `${frame}invalid opcode 0`
  ],
  'text inside a fragmented message': [
    Buffer.concat([encode(1, 'a', part), encode(1, 'b')]),
    'WS_ERR_INVALID_OPCODE',
    `${frame}invalid opcode 1`
  ],
  'binary inside a fragmented message': [
    Buffer.concat([encode(1, 'a', part), encode(2, 'b', part)]),
    'WS_ERR_INVALID_OPCODE',
    `${frame}invalid opcode 2`
  ],
  'a fragmented ping': [encode(9, 'x', part), 'WS_ERR_EXPECTED_FIN', `${frame}FIN must be set`],
  'a fragmented close': [encode(8, '', part), 'WS_ERR_EXPECTED_FIN', `${frame}FIN must be set`],
  'a ping of 126 bytes': [
    encode(9, 'x'.repeat(126)),
    'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
    `${frame}invalid payload length 126`
  ],
  'a pong of 70000 bytes': [
    encode(10, 'x'.repeat(70000)),
    'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
    `${frame}invalid payload length 127`
  ],
  'a close frame of one byte': [
    encode(8, 'x'),
    'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
    `${frame}invalid payload length 1`
  ],
  'a length of 2^53': [
    Buffer.from([0x82, 0xff, 0, 0x20, 0, 0, 0, 0, 0, 0]),
    'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
    'Unsupported WebSocket frame: payload length > 2^53 - 1',
    1009
  ],
  'a length with the topmost bit': [
    Buffer.from([0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1]),
    'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
    'Unsupported WebSocket frame: payload length > 2^53 - 1',
    1009
  ],
  'text that is not UTF-8': [
    encode(1, Buffer.from([0x61, 0xff])),
    'WS_ERR_INVALID_UTF8',
    `${frame}invalid UTF-8 sequence`,
    1007,
    {},
    Error
  ],
  'an overlong sequence': [
    encode(1, Buffer.from([0xc0, 0xaf])),
    'WS_ERR_INVALID_UTF8',
    `${frame}invalid UTF-8 sequence`,
    1007,
    {},
    Error
  ],
  'a surrogate': [
    encode(1, Buffer.from([0xed, 0xa0, 0x80])),
    'WS_ERR_INVALID_UTF8',
    `${frame}invalid UTF-8 sequence`,
    1007,
    {},
    Error
  ],
  'a character cut off by the end': [
    Buffer.concat([encode(1, Buffer.from([0xf0, 0x9f]), part), encode(0, Buffer.from([0x98]))]),
    'WS_ERR_INVALID_UTF8',
    `${frame}invalid UTF-8 sequence`,
    1007,
    {},
    Error
  ],
  'a close reason that is not UTF-8': [
    encode(8, Buffer.from([0x03, 0xe8, 0xff])),
    'WS_ERR_INVALID_UTF8',
    `${frame}invalid UTF-8 sequence`,
    1007,
    {},
    Error
  ],
  'a frame above maxPayload': [
    encode(2, 'x'.repeat(21)),
    'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
    'Max payload size exceeded',
    1009,
    { maxPayload: 20 }
  ],
  'a message above maxPayload': [
    Buffer.concat([encode(2, 'x'.repeat(20), part), encode(9, 'y'.repeat(50)), encode(0, 'x')]),
    'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
    'Max payload size exceeded',
    1009,
    { maxPayload: 20 }
  ],
  'a header that announces more than the default maxPayload': [
    encode(2, '', { form: 64 }).fill(0x01, 6, 7),
    'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
    'Max payload size exceeded',
    1009,
    { maxPayload: 65535 }
  ],
  'more fragments than maxFragments': [
    Buffer.concat([encode(1, 'a', part), encode(0, 'b', part), encode(0, 'c', part), encode(0, 'd')]),
    'WS_ERR_TOO_MANY_BUFFERED_PARTS',
    'Too many message fragments',
    1008,
    { maxFragments: 3 }
  ]
};

for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
  BREACHES[`the reserved opcode ${opcode}`] = [
    encode(opcode, 'x'),
    'WS_ERR_INVALID_OPCODE',
    `${frame}invalid opcode ${opcode}`
  ];
}

for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]) {
  BREACHES[`a close frame with ${code}`] = [
    encodeClose(code),
    'WS_ERR_INVALID_CLOSE_CODE',
    `${frame}invalid status code ${code}`
  ];
}

describe('a breach of the protocol', () => {
  for (const [name, [bytes, code, message, closeCode = 1002, options, ErrorType = RangeError]] of Object.entries(
    BREACHES
  )) {
    test(`${name}: ${code}`, async (t) => {
      const { client, port, socket, wss } = await rawPair(t, { closeTimeout: 60000, ...options });
      const events = record(socket, ['message', 'error', 'close']);
      const neighbour = await RawClient.open(port);

      t.after(() => neighbour.socket.destroy());
      client.write(Buffer.concat([encode(1, 'before'), bytes, encode(1, 'behind')]));

      let close = await client.frame();

      if (close.opcode === 10) close = await client.frame();
      assert.equal(close.opcode, 8);
      assert.deepEqual(close.payload, Buffer.from([closeCode >> 8, closeCode & 0xff]));
      assert.equal((await client.rest()).length, 0);
      if (socket.readyState !== 3) await once(socket, 'close');

      assert.equal(events[0][1].toString(), 'before');
      assert.ok(!events.some(([, data]) => data.toString() === 'behind'));
      assert.deepEqual(
        events.slice(-2).map(([event]) => event),
        ['error', 'close']
      );

      const error = events.at(-2)[1];

      assert.equal(error.constructor, ErrorType);
      assert.equal(error.code, code);
      assert.equal(error.message, message);
      assert.deepEqual(events.at(-1).slice(1), [1006, Buffer.alloc(0)]);

      assert.equal(wss.clients.size, 1);
      for (const other of wss.clients) other.send('unharmed');
      assert.equal((await neighbour.frame()).payload.toString(), 'unharmed');
    });
  }

  test('after close() makes the error, and no second close frame', async (t) => {
    const { client, socket } = await rawPair(t, { closeTimeout: 60000 });
    const error = once(socket, 'error');

    socket.close(1001);
    assert.equal((await client.frame()).payload.readUInt16BE(0), 1001);
    client.send(3, 'x');
    assert.equal((await error)[0].code, 'WS_ERR_INVALID_OPCODE');
    assert.equal((await client.rest()).length, 0);
  });

  test('ends the connection although the peer never reacts', async (t) => {
    const { client, socket } = await rawPair(t, { closeTimeout: 100 });
    const end = new Promise((resolve) => socket.on('close', resolve));

    client.endsToo = false;
    socket.on('error', () => {});
    client.send(3, 'x');
    assert.equal(await end, 1006);
  });

  test('is found in a frame that has not arrived completely', async (t) => {
    const { client, socket } = await rawPair(t);
    const error = once(socket, 'error');

    client.write(encode(9, 'x'.repeat(300)).subarray(0, 2));
    assert.equal((await error)[0].code, 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH');
  });
});

describe('what the limits let through', () => {
  test('a message of exactly maxPayload', async (t) => {
    const { client, socket } = await rawPair(t, { maxPayload: 20 });
    const received = record(socket, ['message']);

    client.write(
      Buffer.concat([encode(2, 'x'.repeat(20)), encode(2, 'y'.repeat(10), part), encode(0, 'z'.repeat(10))])
    );
    while (received.length < 2) await once(socket, 'message');
    assert.equal(received[1][1].toString(), 'yyyyyyyyyyzzzzzzzzzz');
  });

  test('exactly maxFragments fragments, message after message', async (t) => {
    const { client, socket } = await rawPair(t, { maxFragments: 3 });
    const received = record(socket, ['message']);
    const message = Buffer.concat([encode(1, 'a', part), encode(0, 'b', part), encode(0, 'c')]);

    client.write(Buffer.concat([message, message]));
    while (received.length < 2) await once(socket, 'message');
    assert.equal(received[1][1].toString(), 'abc');
  });

  test('anything with maxPayload: 0 and maxFragments: 0', async (t) => {
    const { client, socket } = await rawPair(t, { maxPayload: 0, maxFragments: 0 });
    const message = once(socket, 'message');
    const pieces = Array.from({ length: 20000 }, () => encode(0, '12345', part));

    client.write(Buffer.concat([encode(2, '', part), ...pieces, encode(0, '')]));
    assert.equal((await message)[0].length, 100000);
  });

  test('text that is not UTF-8 with skipUTF8Validation', async (t) => {
    const { client, socket } = await rawPair(t, { skipUTF8Validation: true });
    const message = once(socket, 'message');

    client.send(1, Buffer.from([0x61, 0xff]));
    assert.deepEqual(await message, [Buffer.from([0x61, 0xff]), false]);
  });
});
