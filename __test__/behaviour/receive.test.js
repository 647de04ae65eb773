'use strict';

// What reaches the application when the peer sends? Messages whole and in order, however their bytes were cut, in the
// form that `binaryType` asks for.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { encode } = require('../support/frames');
const { ownAddition } = require('../support/implementation');
const { rawPair, record } = require('../support/serve');

describe('messages', () => {
  test('come as a Buffer and a flag', async (t) => {
    const { client, socket } = await rawPair(t);
    const text = once(socket, 'message');

    client.send(1, 'grüße');
    assert.deepEqual(await text, [Buffer.from('grüße'), false]);

    const binary = once(socket, 'message');

    client.send(2, Buffer.from([0, 255]));
    assert.deepEqual(await binary, [Buffer.from([0, 255]), true]);
  });

  for (const size of [0, 1, 64, 65, 125, 126, 127, 4096, 4097, 16383, 16384, 65535, 65536, 1048577]) {
    test(`of ${size} bytes arrive byte for byte`, async (t) => {
      const { client, socket } = await rawPair(t);
      const data = Buffer.from(Array.from({ length: Math.min(size, 5003) }, (_, i) => (i * 7) & 255));
      const payload = Buffer.alloc(size, data.length > 0 ? data : 0);
      const message = once(socket, 'message');

      client.send(2, payload);

      const [received] = await message;

      assert.ok(Buffer.isBuffer(received));
      assert.ok(received.equals(payload));
    });
  }

  test('arrive in order when many come in one read', async (t) => {
    const { client, socket } = await rawPair(t);
    const frames = [];
    const count = 3000;

    for (let i = 0; i < count; i++) frames.push(encode(1 + (i % 2), `message ${i}`));

    const received = record(socket, ['message']);

    client.write(Buffer.concat(frames));
    while (received.length < count) await once(socket, 'message');
    received.forEach(([, data, isBinary], i) => {
      assert.equal(data.toString(), `message ${i}`);
      assert.equal(isBinary, i % 2 === 1);
    });
  });

  test('arrive whole when every byte comes alone', async (t) => {
    const { client, socket } = await rawPair(t);
    const message = once(socket, 'message');

    client.socket.setNoDelay(true);
    for (const byte of encode(1, 'byte by byte, grüße')) {
      client.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal((await message)[0].toString(), 'byte by byte, grüße');
  });

  test('arrive whole wherever a large frame is cut', async (t) => {
    const { client, socket } = await rawPair(t);
    const payload = Buffer.alloc(100000, 'fragment of something ');
    const bytes = Buffer.concat([encode(1, payload), encode(2, 'next')]);

    for (const cut of [1, 2, 9, 10, 13, 14, 15, 4096, 65536, 99999, 100014, 100015]) {
      const received = record(socket, ['message']);

      client.write(bytes.subarray(0, cut));
      await new Promise((resolve) => setTimeout(resolve, 2));
      client.write(bytes.subarray(cut));
      while (received.length < 2) await once(socket, 'message');
      assert.ok(received[0][1].equals(payload), `cut at ${cut}`);
      assert.equal(received[1][1].toString(), 'next');
      socket.removeAllListeners('message');
    }
  });

  test('are put together from fragments, with control frames between them', async (t) => {
    const { client, socket } = await rawPair(t);
    const events = record(socket, ['message', 'ping', 'pong']);

    client.write(
      Buffer.concat([
        encode(1, 'gr\u00fc', { fin: false }),
        encode(9, 'ping'),
        encode(0, '', { fin: false }),
        encode(10, 'pong'),
        encode(0, 'ße', { fin: true }),
        encode(2, 'next')
      ])
    );
    while (events.length < 4) await Promise.race([once(socket, 'message'), once(socket, 'ping'), once(socket, 'pong')]);
    assert.deepEqual(events, [
      ['ping', Buffer.from('ping')],
      ['pong', Buffer.from('pong')],
      ['message', Buffer.from('grüße'), false],
      ['message', Buffer.from('next'), true]
    ]);
  });

  test('may be cut inside a character', async (t) => {
    const { client, socket } = await rawPair(t);
    const bytes = Buffer.from('a😀b');

    for (let cut = 1; cut < bytes.length; cut++) {
      const message = once(socket, 'message');

      client.write(Buffer.concat([encode(1, bytes.subarray(0, cut), { fin: false }), encode(0, bytes.subarray(cut))]));
      assert.equal((await message)[0].toString(), 'a😀b');
    }
  });

  test('of a megabyte in a thousand fragments arrive whole', async (t) => {
    const { client, socket } = await rawPair(t);
    const piece = Buffer.alloc(1049, 'piece ');
    const message = once(socket, 'message');

    client.write(encode(2, piece, { fin: false }));
    for (let i = 0; i < 998; i++) client.write(encode(0, piece, { fin: false }));
    client.write(encode(0, piece));

    const [data] = await message;

    assert.equal(data.length, 1049000);
    assert.ok(data.subarray(-1049).equals(piece));
  });

  test('may be written to, and later ones are not affected', async (t) => {
    const { client, socket } = await rawPair(t);
    const received = [];

    socket.on('message', (data) => {
      received.push(data.toString());
      data.fill(0xff);
    });
    client.write(Buffer.concat(Array.from({ length: 50 }, (_, i) => encode(2, `own memory ${i}`))));
    while (received.length < 50) await once(socket, 'message');
    assert.deepEqual(
      received,
      Array.from({ length: 50 }, (_, i) => `own memory ${i}`)
    );
  });

  test('that were kept do not change', async (t) => {
    const { client, socket } = await rawPair(t);
    const kept = [];

    socket.on('message', (data) => kept.push(data));
    for (let round = 0; round < 40; round++) {
      const sizes = [1, 60, 64, 65, 200, 1000, 5000, 20000];

      client.write(Buffer.concat(sizes.map((size) => encode(2, Buffer.alloc(size, `${round} `)))));
    }
    while (kept.length < 320) await once(socket, 'message');
    kept.forEach((data, i) => assert.ok(data.equals(Buffer.alloc(data.length, `${i >> 3} `)), `message ${i}`));
  });
});

describe('binaryType', () => {
  const sizes = [0, 5, 64, 100, 3000, 20000];

  test("'arraybuffer' gives each message a buffer of its own and of its length", async (t) => {
    const { client, socket } = await rawPair(t);
    const received = record(socket, ['message']);

    socket.binaryType = 'arraybuffer';
    client.write(Buffer.concat(sizes.map((size) => encode(2, Buffer.alloc(size, 'ab')))));
    while (received.length < sizes.length) await once(socket, 'message');
    received.forEach(([, data, isBinary], i) => {
      assert.ok(data instanceof ArrayBuffer);
      assert.equal(isBinary, true);
      assert.equal(data.byteLength, sizes[i]);
      assert.ok(Buffer.from(data).equals(Buffer.alloc(sizes[i], 'ab')));
      // It can be given away.
      assert.equal(structuredClone(data, { transfer: [data] }).byteLength, sizes[i]);
    });
    assert.equal(new Set(received.map(([, data]) => data)).size, sizes.length);
  });

  test("'fragments' gives the fragments", async (t) => {
    const { client, socket } = await rawPair(t);
    const received = record(socket, ['message']);

    socket.binaryType = 'fragments';
    client.write(
      Buffer.concat([
        encode(2, 'whole'),
        encode(2, 'one', { fin: false }),
        encode(0, '', { fin: false }),
        encode(0, 'two', { fin: false }),
        encode(0, Buffer.alloc(20000, 3)),
        encode(2, '')
      ])
    );
    while (received.length < 3) await once(socket, 'message');
    assert.deepEqual(
      received.map(([, data]) => data),
      [[Buffer.from('whole')], [Buffer.from('one'), Buffer.from('two'), Buffer.alloc(20000, 3)], []]
    );
  });

  test("'blob' gives Blobs", async (t) => {
    const { client, socket } = await rawPair(t);

    socket.binaryType = 'blob';
    for (const size of sizes) {
      const message = once(socket, 'message');

      client.send(2, Buffer.alloc(size, 'xyz'));

      const [blob, isBinary] = await message;

      assert.ok(blob instanceof Blob);
      assert.equal(isBinary, true);
      assert.ok(Buffer.from(await blob.arrayBuffer()).equals(Buffer.alloc(size, 'xyz')));
    }
  });

  test('does not concern text', async (t) => {
    const { client, socket } = await rawPair(t);

    for (const type of ['arraybuffer', 'fragments', 'blob']) {
      const message = once(socket, 'message');

      socket.binaryType = type;
      client.send(1, 'text');
      assert.deepEqual(await message, [Buffer.from('text'), false]);
    }
  });

  test('ignores what it does not know', async (t) => {
    const { socket } = await rawPair(t);

    assert.equal(socket.binaryType, 'nodebuffer');
    socket.binaryType = 'fragments';
    socket.binaryType = 'something';
    assert.equal(socket.binaryType, 'fragments');
  });

  test('works for the next message when a handler sets it', async (t) => {
    const { client, socket } = await rawPair(t);
    const received = record(socket, ['message']);

    client.send(2, 'warm up');
    await once(socket, 'message');
    socket.once('message', () => {
      socket.binaryType = 'arraybuffer';
    });
    client.write(encode(2, 'a'));
    await once(socket, 'message');
    client.write(encode(2, 'b'));
    await once(socket, 'message');
    assert.ok(Buffer.isBuffer(received[1][1]));
    assert.ok(received[2][1] instanceof ArrayBuffer);
  });
});

describe('pings', () => {
  test('are answered with their payload, and emitted', async (t) => {
    const { client, socket } = await rawPair(t);
    const payloads = ['', 'x', 'y'.repeat(125)];
    const pings = record(socket, ['ping']);

    for (const payload of payloads) {
      client.send(9, payload);

      const frame = await client.frame();

      assert.deepEqual([frame.opcode, frame.fin, frame.payload.toString()], [10, true, payload]);
    }
    while (pings.length < payloads.length) await once(socket, 'ping');
    assert.deepEqual(
      pings.map(([, data]) => data.toString()),
      payloads
    );
  });

  test('are not answered with autoPong: false', async (t) => {
    const { client, socket } = await rawPair(t, { autoPong: false });
    const ping = once(socket, 'ping');

    client.send(9, 'unanswered');
    assert.equal((await ping)[0].toString(), 'unanswered');
    socket.send('end');
    assert.equal((await client.frame()).opcode, 1);
  });

  test('of a peer that does not read the pongs do not fill memory', ownAddition, async (t) => {
    const { client, socket } = await rawPair(t, { maxPendingAutoPongs: 0 });
    const count = 300000;
    const block = Buffer.concat(Array.from({ length: 1000 }, () => encode(9, 'p'.repeat(100))));
    let pings = 0;

    socket.on('ping', () => pings++);
    client.socket.pause();
    for (let i = 0; i < count / 1000; i++) client.write(block);
    while (pings < count) await once(socket, 'ping');
    client.send(9, 'the last one');
    assert.equal((await once(socket, 'ping'))[0].toString(), 'the last one');
    assert.ok(socket.bufferedAmount < 1048576, `${socket.bufferedAmount}`);

    client.socket.resume();
    for (let last = ''; last !== 'the last one';) {
      const frame = await client.frame();

      assert.equal(frame.opcode, 10);
      last = frame.payload.toString();
    }
  });

  test('that we send are limited to 125 bytes', async (t) => {
    const { client, socket } = await rawPair(t);

    for (const method of ['ping', 'pong']) {
      assert.throws(() => socket[method]('x'.repeat(126)), {
        name: 'RangeError',
        message: 'The data size must not be greater than 125 bytes'
      });
    }
    socket.ping('p'.repeat(125));
    socket.pong(5);
    socket.ping();
    socket.pong(Buffer.from('m'), true);
    assert.equal((await client.frame()).payload.length, 125);
    assert.deepEqual((await client.frame()).payload, Buffer.from('5'));
    assert.equal((await client.frame()).payload.length, 0);
    assert.equal((await client.frame()).isMasked, true);
  });

  test('wake pongs up on the other side', async (t) => {
    const { client, socket } = await rawPair(t);
    const pong = once(socket, 'pong');

    socket.ping('there?');
    client.send(10, (await client.frame()).payload);
    assert.equal((await pong)[0].toString(), 'there?');
  });
});
