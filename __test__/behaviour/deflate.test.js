'use strict';

// What becomes of messages when permessage-deflate was negotiated? The raw client compresses with Node's zlib, so that
// nothing here trusts our own compressor.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const zlib = require('node:zlib');

const { RSV1, pack, unpack } = require('../support/compression');
const { encode, encodeClose } = require('../support/frames');
const { rawPair, wsPair } = require('../support/serve');
const { WebSocket, ownAddition } = require('../support/implementation');

/**
 * Headers that offer.
 *
 * @param {String} [offers] What
 * @return {Object} As for `RawClient.request()`
 */
function offering(offers = 'permessage-deflate') {
  return { headers: { 'Sec-WebSocket-Extensions': offers } };
}

/**
 * Finds what is wrong with a payload.
 *
 * @param {Buffer} payload The payload of a frame
 * @return {?Object} What zlib says, `null` for nothing
 */
function faultOf(payload) {
  try {
    unpack(payload);
  } catch ({ code, errno, message }) {
    return { code, errno, message };
  }

  return null;
}

/**
 * Waits for the close frame.
 *
 * @param {RawClient} client The client
 * @return {Promise<Number>} Its code
 */
async function closeCode(client) {
  const { opcode, payload } = await client.frame();

  assert.equal(opcode, 8);
  return payload.readUInt16BE(0);
}

describe('a server', () => {
  test('reads what is compressed and what is not', async (t) => {
    const { client, socket } = await rawPair(t, { perMessageDeflate: true }, offering());
    const messages = [];

    socket.on('message', (data, isBinary) => messages.push([data.toString(), isBinary]));
    client.write(encode(1, pack('one'), { rsv: RSV1 }));
    client.write(encode(1, 'two'));

    const three = pack('three');

    client.write(encode(2, three.subarray(0, 2), { fin: false, rsv: RSV1 }));
    client.write(encode(9, 'ping'));
    client.write(encode(0, three.subarray(2)));
    client.write(encodeClose(1000));
    await once(socket, 'close');
    assert.deepEqual(messages, [
      ['one', false],
      ['two', false],
      ['three', true]
    ]);
  });

  test('remembers what came before, unless the client forgets', async (t) => {
    const { client, socket } = await rawPair(t, { perMessageDeflate: true }, offering());
    const messages = [];

    socket.on('message', (data) => messages.push(data.toString()));
    // RFC 7692, section 7.2.3.2.
    client.write(encode(1, Buffer.from('f248cdc9c90700', 'hex'), { rsv: RSV1 }));
    client.write(encode(1, Buffer.from('f200110000', 'hex'), { rsv: RSV1 }));
    client.write(encodeClose(1000));
    await once(socket, 'close');
    assert.deepEqual(messages, ['Hello', 'Hello']);
  });

  test('answers in compressed form, remembering what it sent', async (t) => {
    const { client, socket } = await rawPair(t, { perMessageDeflate: true }, offering());
    const text = 'a text that is not very long, and quite unlike itself';

    socket.send(text);
    socket.send(text);

    const first = await client.frame();
    const second = await client.frame();

    assert.deepEqual([first.rsv, first.opcode, second.rsv, second.opcode], [RSV1, 1, RSV1, 1]);
    assert.ok(second.payload.length < first.payload.length / 3);
    assert.equal(unpack([first.payload, second.payload]).toString(), text + text);
  });

  test('forgets where that was agreed on, and then leaves short messages as they are', async (t) => {
    const perMessageDeflate = { serverNoContextTakeover: true, threshold: 50 };
    const { client, socket } = await rawPair(t, { perMessageDeflate }, offering());
    const text = 'a text that is not very long, and quite unlike itself';

    socket.send(text);
    socket.send(text);
    socket.send('short');

    const frames = [await client.frame(), await client.frame(), await client.frame()];

    assert.deepEqual(
      frames.map(({ rsv }) => rsv),
      [RSV1, RSV1, 0]
    );
    assert.equal(unpack(frames[0].payload).toString(), text);
    assert.deepEqual(frames[1].payload, frames[0].payload);
    assert.equal(frames[2].payload.toString(), 'short');
  });

  test('leaves as they are the messages that are to be', async (t) => {
    const { client, socket } = await rawPair(t, { perMessageDeflate: true }, offering());

    socket.send('as it is', { compress: false });
    socket.send('packed', { compress: true, fin: false });
    socket.send(' too', { compress: false });
    socket.send('');

    const frames = [];

    for (let i = 0; i < 4; i++) frames.push(await client.frame());
    assert.deepEqual(
      frames.map(({ fin, opcode, rsv }) => [fin, opcode, rsv]),
      [
        [true, 1, 0],
        [false, 1, RSV1],
        [true, 0, 0],
        [true, 1, RSV1]
      ]
    );
    assert.equal(frames[0].payload.toString(), 'as it is');

    const all = Buffer.concat([frames[1].payload, frames[2].payload]);

    assert.equal(unpack([all, frames[3].payload]).toString(), 'packed too');
  });

  test('stops at maxPayload while it inflates', async (t) => {
    const { client, socket } = await rawPair(t, { maxPayload: 65_536, perMessageDeflate: true }, offering());
    const error = once(socket, 'error');
    const closed = new Promise((resolve) => socket.once('close', resolve));

    client.write(encode(2, pack(Buffer.alloc(10 << 20)), { rsv: RSV1 }));
    assert.equal(await closeCode(client), 1009);

    const [err] = await error;

    assert.equal(err.code, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH');
    assert.equal(err.message, 'Max payload size exceeded');
    client.socket.destroy();
    await closed;
  });

  test('says what is no deflate stream', async (t) => {
    const { client, socket } = await rawPair(t, { perMessageDeflate: true }, offering());
    const error = once(socket, 'error');

    client.write(encode(2, Buffer.from([6]), { rsv: RSV1 }));
    assert.equal(await closeCode(client), 1007);

    const [err] = await error;

    assert.equal(err.constructor, Error);
    assert.deepEqual([err.code, err.errno], ['Z_DATA_ERROR', zlib.constants.Z_DATA_ERROR]);
    assert.equal(err.message, 'invalid block type');
  });

  test('says it in the words of zlib, wherever it is found', async (t) => {
    const words = [];
    let seed = 7;
    const random = (below) => (seed = (seed * 48271) % 0x7fffffff) % below;

    while (words.length < 30) {
      const packed = pack(Buffer.from(Array.from({ length: 500 + random(3000) }, () => 97 + random(20))));

      for (let i = 0; i < 3; i++) packed[random(packed.length)] ^= 1 << random(8);

      const expected = faultOf(packed);

      if (expected === null) continue;
      words.push(expected.message);

      const { client, socket } = await rawPair(t, { perMessageDeflate: true }, offering());
      const error = once(socket, 'error');

      client.write(encode(2, packed, { rsv: RSV1 }));

      const [{ code, errno, message }] = await error;

      assert.deepEqual({ code, errno, message }, expected);
      client.socket.destroy();
    }

    // Errors of the inner loop of zlib, and of what is around it.
    assert.ok(words.includes('invalid distance too far back'));
    assert.ok(new Set(words).size > 3);
  });

  for (const [name, frame, code] of [
    ['on a control frame', encode(9, '', { rsv: RSV1 }), 'WS_ERR_UNEXPECTED_RSV_1'],
    [
      'on a continuation',
      Buffer.concat([encode(1, '', { fin: false }), encode(0, '', { rsv: RSV1 })]),
      'WS_ERR_UNEXPECTED_RSV_1'
    ],
    ['together with RSV2', encode(1, '', { rsv: 6 }), 'WS_ERR_UNEXPECTED_RSV_2_3']
  ]) {
    test(`allows no RSV1 ${name}`, async (t) => {
      const { client, socket } = await rawPair(t, { perMessageDeflate: true }, offering());
      const error = once(socket, 'error');

      client.write(frame);
      assert.equal(await closeCode(client), 1002);
      assert.equal((await error)[0].code, code);
    });
  }

  test('allows none where nothing was negotiated', async (t) => {
    const { client, socket } = await rawPair(t, { perMessageDeflate: true });
    const error = once(socket, 'error');

    client.write(encode(1, pack('x'), { rsv: RSV1 }));
    assert.equal((await error)[0].code, 'WS_ERR_UNEXPECTED_RSV_1');
  });

  test('checks text when it is whole again', async (t) => {
    const { client, socket } = await rawPair(t, { perMessageDeflate: true }, offering());
    const error = once(socket, 'error');

    client.write(encode(1, pack(Buffer.from([0x61, 0xff])), { rsv: RSV1 }));
    assert.equal(await closeCode(client), 1007);
    assert.equal((await error)[0].code, 'WS_ERR_INVALID_UTF8');
  });
});

describe('the level of compression', () => {
  const text = Buffer.from(Array.from({ length: 20000 }, (_, i) => ((i * i) % 97) + ((i * 7) % 13)));
  const sizeAt = async (t, level) => {
    const perMessageDeflate = { zlibDeflateOptions: { level } };
    const { client, socket } = await rawPair(t, { perMessageDeflate }, offering());

    socket.send(text);
    return (await client.frame()).payload.length;
  };

  test('is that of zlibDeflateOptions', async (t) => {
    assert.ok((await sizeAt(t, 9)) < (await sizeAt(t, 1)));
    assert.ok((await sizeAt(t, 0)) > text.length);
  });

  test('is the default of zlib where it is -1', async (t) => {
    assert.equal(await sizeAt(t, -1), await sizeAt(t, 6));
    assert.ok((await sizeAt(t, -1)) < (await sizeAt(t, 1)));
  });
});

describe('with the client of ws', () => {
  const options = [
    [true, true],
    [{ serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 0 }, true],
    [{ serverMaxWindowBits: 9, clientMaxWindowBits: 9 }, true],
    [{ zlibDeflateOptions: { level: 1, memLevel: 1, strategy: 2 } }, { serverMaxWindowBits: 10 }]
  ];

  for (const [perMessageDeflate, clientOption] of options) {
    test(`everything comes back as it was: ${JSON.stringify(perMessageDeflate)}`, async (t) => {
      const { client, socket } = await wsPair(t, { perMessageDeflate }, { perMessageDeflate: clientOption });
      const sizes = [0, 1, 100, 1000, 5000, 20_000, 70_000, 1_000_000, 3];
      const sent = sizes.map((size, i) => Buffer.alloc(size, `${i}, and on and on; `));

      assert.equal(client.extensions, 'permessage-deflate');
      socket.on('message', (data, binary) => socket.send(data, { binary }));

      const messages = [];

      client.on('message', (data, isBinary) => messages.push([data, isBinary]));
      for (const [i, data] of sent.entries()) client.send(data, { binary: i % 2 === 0 });
      while (messages.length < sent.length) await once(client, 'message');
      for (const [i, [data, isBinary]] of messages.entries()) {
        assert.equal(isBinary, i % 2 === 0);
        assert.ok(data.equals(sent[i]), `message ${i}`);
      }
    });
  }

  test('everything sent arrives before the end, and callbacks are called in order', async (t) => {
    const { client, socket } = await wsPair(t, { perMessageDeflate: true }, { perMessageDeflate: true });
    const lengths = [];
    const called = [];

    client.on('message', (data) => lengths.push(data.length));
    for (let i = 0; i < 20; i++) socket.send('x'.repeat(i * 5000), (err) => called.push(err ?? i));
    socket.close(1001, 'bye');
    assert.deepEqual((await once(client, 'close')).slice(0, 1), [1001]);
    assert.deepEqual(
      lengths,
      Array.from({ length: 20 }, (_, i) => i * 5000)
    );
    assert.deepEqual(
      called,
      Array.from({ length: 20 }, (_, i) => i)
    );
  });

  test('what arrives while it is paused comes afterwards', async (t) => {
    const { client, socket } = await wsPair(t, { perMessageDeflate: true }, { perMessageDeflate: true });
    let count = 0;

    socket.pause();
    socket.on('message', () => count++);
    for (let i = 0; i < 50; i++) client.send(Buffer.alloc(100_000, i));
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(count, 0);
    socket.resume();
    while (count < 50) await once(socket, 'message');
  });
});

describe('our thread', ownAddition, () => {
  const { stats } = WebSocket;

  /**
   * Waits until the thread has told of all it has done for tests before this one.
   *
   * @return {Promise<Object>} The figures then
   */
  async function atRest() {
    for (let last = stats(); ;) {
      await new Promise((resolve) => setTimeout(resolve, 20));

      const next = stats();

      if (next.inflated === last.inflated && next.deflated === last.deflated) return next;
      last = next;
    }
  }

  test('compresses for all connections, and what it needs for that goes when they are idle', async (t) => {
    const { client, socket } = await wsPair(t, { perMessageDeflate: true }, { perMessageDeflate: true });
    const before = await atRest();
    const text = 'hello '.repeat(10_000);

    socket.on('message', (data) => socket.send(data));
    for (let i = 0; i < 10; i++) {
      client.send(text);
      await once(client, 'message');
    }

    // While the thread is at work, it tells what it had done before.
    const done = ({ inflated, deflated }) => [inflated - before.inflated, deflated - before.deflated];
    let after = stats();

    while (done(after).some((count) => count < 10)) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      after = stats();
    }

    assert.deepEqual(done(after), [10, 10]);

    const [ours, ...others] = after.reactors.filter(({ inflated, deflated }) => inflated + deflated > 0);

    assert.deepEqual([ours.driver, others], ['thread', []]);
    while (stats().compressors > 0) await new Promise((resolve) => setTimeout(resolve, 100));
    client.send('again');
    assert.equal(String((await once(client, 'message'))[0]), 'again');
  });
});
