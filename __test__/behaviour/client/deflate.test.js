'use strict';

// What becomes of a client's messages when permessage-deflate was negotiated? As in deflate.test.js the other end
// compresses with Node's zlib.

const assert = require('node:assert/strict');
const { randomBytes } = require('node:crypto');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { connect } = require('../../support/client');
const { RSV1, pack, unpack } = require('../../support/compression');
const { encode } = require('../../support/frames');
const { clientPair } = require('../../support/raw-server');
const { record, serve } = require('../../support/serve');

const NAME = 'permessage-deflate';
const TEXT = 'a text that is not very long, and quite unlike itself';

/** How the server's end sends. */
const plain = { mask: false };
const packed = { mask: false, rsv: RSV1 };

/**
 * Connects a client, which is answered that messages may be compressed.
 *
 * @param {TestContext} t The test
 * @param {Object} [options] Options of the client
 * @param {String} [extensions] The answer
 * @return {Promise<Object>} As `clientPair()`
 */
function pair(t, options, extensions = NAME) {
  const edits = { headers: { 'Sec-WebSocket-Extensions': extensions } };

  return clientPair(t, { perMessageDeflate: true, ...options }, edits);
}

/**
 * Takes frames.
 *
 * @param {RawClient} peer The server's end
 * @param {Number} count How many
 * @return {Promise<Object[]>} The frames
 */
async function frames(peer, count) {
  const list = [];

  while (list.length < count) list.push(await peer.frame());
  return list;
}

describe('what a client sends', () => {
  /** The option, the answer, and for each frame whether it is the last one and whether it is compressed. */
  const kinds = {
    'remembers what it sent': [true, NAME, [true, true, true, false, true, false, false]],
    'leaves short messages as they are where nothing is remembered': [
      { threshold: 50 },
      `${NAME}; client_no_context_takeover`,
      [true, true, false, false, false, false, false]
    ],
    'is not shortened by a limit where something is remembered': [
      { threshold: 50 },
      NAME,
      [true, true, true, false, true, false, false]
    ]
  };

  for (const [name, [perMessageDeflate, extensions, compressed]] of Object.entries(kinds)) {
    test(name, async (t) => {
      const { peer, socket } = await pair(t, { perMessageDeflate }, extensions);

      socket.send(TEXT);
      socket.send(TEXT);
      socket.send('short');
      socket.send(TEXT, { compress: false });
      socket.send('frag', { fin: false });
      socket.send('ment', { compress: false });
      socket.ping('p');

      const list = await frames(peer, compressed.length);

      assert.deepEqual(
        list.map(({ fin, isMasked, opcode, rsv }) => [opcode, fin, isMasked, rsv === RSV1]),
        compressed.map((isCompressed, i) => [[1, 1, 1, 1, 1, 0, 9][i], i !== 4, true, isCompressed])
      );
      assert.equal(list[3].payload.toString(), TEXT);
      assert.equal(list[6].payload.toString(), 'p');

      const remembers = !extensions.includes('no_context');
      const [first, second] = list.map(({ payload }) => payload);

      if (remembers) assert.ok(second.length < first.length / 3);
      else assert.deepEqual(second, first);

      const stream = list.filter((_, i) => compressed[i]).map(({ payload }) => payload);
      const joined = [...stream.slice(0, -1), Buffer.concat([stream.at(-1), list[5].payload])];

      if (remembers) assert.equal(unpack(joined).toString(), `${TEXT}${TEXT}shortfragment`);
      else for (const payload of stream) assert.equal(unpack(payload).toString(), TEXT);
    });
  }

  test('looks no further back than the window the server has chosen', async (t) => {
    const noise = randomBytes(2000);
    const sent = async (extensions) => {
      const { peer, socket } = await pair(t, {}, extensions);

      socket.send(Buffer.concat([noise, noise]));
      return (await peer.frame()).payload;
    };
    const [narrow, wide] = [await sent(`${NAME}; client_max_window_bits=9`), await sent(NAME)];
    // zlib forgets what is outside the window only with what it writes.
    const small = { chunkSize: 64, windowBits: 9 };

    assert.deepEqual(unpack(narrow, small), Buffer.concat([noise, noise]));
    assert.deepEqual(unpack(wide), Buffer.concat([noise, noise]));
    assert.ok(wide.length < narrow.length * 0.6);
    assert.throws(() => unpack(wide, small), { code: 'Z_DATA_ERROR' });
  });

  test('is masked with the keys of generateMask when it is compressed', async (t) => {
    const { peer, socket } = await pair(t, { generateMask: (mask) => mask.fill(0x5a) });
    const look = async (header) => {
      await peer.take(() => (peer.received.length < header ? null : true));
      return peer.received.subarray(header - 4, header).toString('hex');
    };

    socket.send(TEXT);
    assert.equal(await look(6), '5a5a5a5a');
    assert.equal(unpack((await peer.frame()).payload).toString(), TEXT);

    const noise = randomBytes(70_000);

    socket.send(noise, { compress: false });
    assert.equal(await look(14), '5a5a5a5a');
    assert.deepEqual((await peer.frame()).payload, noise);
  });

  test('leaves the memory of the application as it is', async (t) => {
    const { peer, socket } = await pair(t);
    const data = Buffer.alloc(500_000, 'abc, ');
    const copy = Buffer.from(data);

    socket.send(data);
    assert.deepEqual(unpack((await peer.frame()).payload), copy);
    assert.deepEqual(data, copy);
  });

  test('goes out before the close frame, and the callbacks come in order', async (t) => {
    const { peer, socket } = await pair(t);
    const called = [];

    for (let i = 0; i < 10; i++) socket.send('x'.repeat(i * 5000), (err) => called.push(err ?? i));
    socket.close(4000);

    const list = await frames(peer, 11);
    const whole = unpack(list.slice(0, 10).map(({ payload }) => payload));

    assert.equal(whole.length, 45 * 5000);
    assert.equal(list[10].payload.readUInt16BE(0), 4000);

    const closed = once(socket, 'close');

    peer.send(8, list[10].payload, plain);
    peer.socket.end();
    await closed;
    assert.deepEqual(called, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe('what a client takes', () => {
  test('is compressed or not, in pieces or whole', async (t) => {
    const { peer, socket } = await pair(t);
    const events = record(socket, ['message', 'ping']);
    const three = pack('three');

    peer.write(
      Buffer.concat([
        encode(1, pack('one'), packed),
        encode(1, 'two', plain),
        encode(2, three.subarray(0, 2), { ...packed, fin: false }),
        encode(9, 'i', plain),
        encode(0, '', { ...plain, fin: false }),
        encode(0, three.subarray(2), plain),
        encode(2, pack(''), packed)
      ])
    );
    while (events.length < 5) await new Promise(setImmediate);
    assert.deepEqual(
      events.map(([name, data, isBinary]) => [name, data.toString(), isBinary]),
      [
        ['message', 'one', false],
        ['message', 'two', false],
        ['ping', 'i', undefined],
        ['message', 'three', true],
        ['message', '', true]
      ]
    );
  });

  test('may refer to what came before', async (t) => {
    const { peer, socket } = await pair(t);
    const messages = record(socket, ['message']);

    // RFC 7692, section 7.2.3.2.
    peer.send(1, Buffer.from('f248cdc9c90700', 'hex'), packed);
    peer.send(1, Buffer.from('f200110000', 'hex'), packed);
    while (messages.length < 2) await new Promise(setImmediate);
    assert.deepEqual(
      messages.map(([, data]) => data.toString()),
      ['Hello', 'Hello']
    );
  });

  test('may not do so where the server said that it forgets', async (t) => {
    const { peer, socket } = await pair(t, { closeTimeout: 100 }, `${NAME}; server_no_context_takeover`);
    const failed = once(socket, 'error');

    peer.send(1, Buffer.from('f248cdc9c90700', 'hex'), packed);
    assert.equal((await once(socket, 'message'))[0].toString(), 'Hello');
    peer.send(1, Buffer.from('f200110000', 'hex'), packed);
    assert.equal((await failed)[0].code, 'Z_DATA_ERROR');
    assert.equal((await peer.frame()).payload.readUInt16BE(0), 1007);
  });

  test('waits while it is paused', async (t) => {
    const { peer, socket } = await pair(t);
    let count = 0;

    socket.pause();
    socket.on('message', () => count++);
    for (let i = 0; i < 20; i++) peer.send(2, pack(Buffer.alloc(100_000, i)), packed);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(count, 0);
    socket.resume();
    while (count < 20) await once(socket, 'message');
  });

  for (const [name, payload, code, closeCode] of [
    ['more than maxPayload', pack(Buffer.alloc(10 << 20)), 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 1009],
    ['no deflate stream', Buffer.from([6]), 'Z_DATA_ERROR', 1007],
    ['no text', pack(Buffer.from([0x61, 0xff])), 'WS_ERR_INVALID_UTF8', 1007]
  ]) {
    test(`must not be ${name} when it is inflated`, async (t) => {
      const { peer, socket } = await pair(t, { closeTimeout: 100, maxPayload: 65_536 });
      const events = record(socket, ['message', 'error', 'close']);

      peer.send(1, payload, packed);

      const frame = await peer.frame();

      assert.deepEqual([frame.opcode, frame.isMasked, frame.payload.readUInt16BE(0)], [8, true, closeCode]);
      peer.socket.destroy();
      if (socket.readyState !== 3) await new Promise((resolve) => socket.on('close', resolve));
      assert.deepEqual(
        events.map(([event, first]) => first.code ?? [event, first]),
        [code, ['close', 1006]]
      );
    });
  }
});

test('what client and server agree on brings everything back as it was', async (t) => {
  for (const [ours, theirs, expected] of [
    [true, true, NAME],
    [true, false, ''],
    [{ clientMaxWindowBits: 9, serverMaxWindowBits: 9 }, { threshold: 0 }, NAME],
    [{ clientNoContextTakeover: true }, { serverNoContextTakeover: true }, NAME]
  ]) {
    const { url, wss } = await serve(t, { perMessageDeflate: theirs });
    const sent = [0, 1, 100, 5000, 70_000, 1_000_000, 3].map((size, i) => Buffer.alloc(size, `${i}, and on; `));
    const received = [];

    wss.on('connection', (ws) => ws.on('message', (data, binary) => ws.send(data, { binary })));

    const socket = connect(url, { perMessageDeflate: ours });

    t.after(() => socket.terminate());
    await once(socket, 'open');
    assert.equal(socket.extensions, expected);
    socket.on('message', (data) => received.push(data));
    for (const data of sent) socket.send(data);
    while (received.length < sent.length) await once(socket, 'message');
    for (const [i, data] of received.entries()) assert.ok(data.equals(sent[i]), `message ${i}`);
  }
});
