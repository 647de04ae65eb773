'use strict';

// Does a `Receiver` of its own emit what that of ws emits? Frames are written to it in pieces of every size.

const assert = require('node:assert/strict');
const { Writable } = require('node:stream');
const { describe, test } = require('node:test');

const { WebSocket } = require('../support/implementation');
const { encode, encodeClose } = require('../support/frames');
const { record } = require('../support/serve');

const { Receiver } = WebSocket;
const EVENTS = ['message', 'ping', 'pong', 'conclude', 'error', 'finish'];

/** @return {Promise<Array>} What a receiver emits for some bytes */
async function received(bytes, options, size = bytes.length) {
  const receiver = new Receiver({ isServer: true, ...options });
  const events = record(receiver, EVENTS);

  for (let at = 0; at < bytes.length; at += size) receiver.write(bytes.subarray(at, at + size));
  await new Promise((resolve) => setTimeout(resolve, 10));
  return events;
}

const LARGE = encode(2, Buffer.alloc(70000, 2));

const CONVERSATION = [
  encode(1, 'text'),
  encode(2, Buffer.alloc(300, 1)),
  encode(9, 'ping'),
  encode(1, 'gr', { fin: false }),
  encode(10, 'pong'),
  encode(0, 'üße'),
  LARGE,
  encode(1),
  encodeClose(1000, 'bye'),
  encode(1, 'ignored')
];

const EXPECTED = [
  ['message', Buffer.from('text'), false],
  ['message', Buffer.alloc(300, 1), true],
  ['ping', Buffer.from('ping')],
  ['pong', Buffer.from('pong')],
  ['message', Buffer.from('grüße'), false],
  ['message', Buffer.alloc(70000, 2), true],
  ['message', Buffer.alloc(0), false],
  ['conclude', 1000, Buffer.from('bye')]
];

describe('a Receiver', () => {
  test('is a Writable', () => {
    assert.ok(new Receiver() instanceof Writable);
  });

  for (const size of [1, 2, 3, 7, 100, 5000, 100000]) {
    test(`emits what arrives in pieces of ${size}`, async () => {
      // So many pieces of one frame take their time.
      const isShort = size < 100;
      const frames = isShort ? CONVERSATION.filter((frame) => frame !== LARGE) : CONVERSATION;
      const events = await received(Buffer.concat(frames), {}, size);

      assert.deepEqual(
        events.filter(([name]) => name !== 'finish' && name !== 'error'),
        EXPECTED.filter(([, data]) => !isShort || data.length !== 70000)
      );
    });
  }

  test('reads the frames of a server', async () => {
    const bytes = Buffer.concat([encode(1, 'x', { mask: false }), encode(8, '', { mask: false })]);

    assert.deepEqual(await received(bytes, { isServer: false }), [
      ['message', Buffer.from('x'), false],
      ['conclude', 1005, Buffer.alloc(0)],
      ['finish']
    ]);
    assert.deepEqual(await received(bytes, { isServer: undefined }), await received(bytes, { isServer: false }));
  });

  for (const [binaryType, expected] of [
    ['nodebuffer', Buffer.from('abcd')],
    ['arraybuffer', new Uint8Array(Buffer.from('abcd')).buffer],
    ['fragments', [Buffer.from('ab'), Buffer.from('cd')]]
  ]) {
    test(`emits binary messages as ${binaryType}`, async () => {
      const bytes = Buffer.concat([encode(2, 'ab', { fin: false }), encode(0, 'cd')]);
      const [[, data, isBinary]] = await received(bytes, { binaryType });

      assert.deepEqual(data, expected);
      assert.equal(isBinary, true);
    });
  }

  test('emits binary messages as Blobs', async () => {
    const [[, data]] = await received(encode(2, 'abcd'), { binaryType: 'blob' });

    assert.ok(data instanceof Blob);
    assert.equal(await data.text(), 'abcd');
  });

  test('emits one event at a time when it is told to', async () => {
    const receiver = new Receiver({ allowSynchronousEvents: false, isServer: true });
    const order = [];

    receiver.on('message', (data) => {
      order.push(data.toString());
      queueMicrotask(() => order.push(`after ${data}`));
    });
    receiver.write(Buffer.concat([encode(1, '1'), encode(1, '2'), encode(1, '3')]));
    assert.deepEqual(order, []);
    while (order.length < 6) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(order, ['1', 'after 1', '2', 'after 2', '3', 'after 3']);
  });

  for (const [what, bytes, options, code, message] of [
    ['RSV2', encode(1, '', { rsv: 2 }), {}, 'WS_ERR_UNEXPECTED_RSV_2_3', 'RSV2 and RSV3 must be clear'],
    ['RSV1', encode(1, '', { rsv: 4 }), {}, 'WS_ERR_UNEXPECTED_RSV_1', 'RSV1 must be clear'],
    ['an opcode', encode(5), {}, 'WS_ERR_INVALID_OPCODE', 'invalid opcode 5'],
    ['a continuation', encode(0), {}, 'WS_ERR_INVALID_OPCODE', 'invalid opcode 0'],
    ['a fragmented ping', encode(9, '', { fin: false }), {}, 'WS_ERR_EXPECTED_FIN', 'FIN must be set'],
    ['an unmasked frame', encode(1, '', { mask: false }), {}, 'WS_ERR_EXPECTED_MASK', 'MASK must be set'],
    ['a masked frame', encode(1), { isServer: false }, 'WS_ERR_UNEXPECTED_MASK', 'MASK must be clear'],
    [
      'a long ping',
      encode(9, Buffer.alloc(126)),
      {},
      'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
      'invalid payload length 126'
    ],
    ['a close code', encodeClose(1005), {}, 'WS_ERR_INVALID_CLOSE_CODE', 'invalid status code 1005'],
    ['wrong text', encode(1, Buffer.from([0xff])), {}, 'WS_ERR_INVALID_UTF8', 'invalid UTF-8 sequence']
  ]) {
    test(`refuses ${what}`, async () => {
      const [[name, err]] = await received(bytes, options);

      assert.equal(name, 'error');
      assert.equal(err.code, code);
      assert.equal(err.message, `Invalid WebSocket frame: ${message}`);
      assert.equal(err instanceof RangeError, code !== 'WS_ERR_INVALID_UTF8');
    });
  }

  test('has the limits of ws', async () => {
    for (const [bytes, options, code, message] of [
      [encode(1, 'four'), { maxPayload: 3 }, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 'Max payload size exceeded'],
      [
        Buffer.concat([encode(1, 'a', { fin: false }), encode(0, 'b', { fin: false }), encode(0, 'c')]),
        { maxFragments: 2 },
        'WS_ERR_TOO_MANY_BUFFERED_PARTS',
        'Too many message fragments'
      ]
    ]) {
      const [[name, err]] = await received(bytes, options);

      assert.deepEqual([name, err.code, err.message], ['error', code, message]);
    }
    assert.equal((await received(encode(1, Buffer.from([0xff])), { skipUTF8Validation: true }))[0][0], 'message');
  });

  test('calls back when all was emitted', async () => {
    const receiver = new Receiver({ isServer: true });
    const order = [];

    receiver.on('message', () => order.push('message'));
    receiver.write(encode(1, 'x'), () => order.push('written'));
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(order, ['message', 'written']);
  });
});
