'use strict';

// Does a `Sender` of its own write what that of ws writes? socket.io-adapter frames broadcasts with `Sender.frame()`;
// others put one over a stream of theirs.

const assert = require('node:assert/strict');
const { Writable } = require('node:stream');
const { describe, test } = require('node:test');

const ws = require('ws');

const { WebSocket } = require('../support/implementation');
const { decode } = require('../support/frames');

const { Sender } = WebSocket;

/** A stream that keeps what is written to it. */
class Sink extends Writable {
  constructor() {
    super();
    this.chunks = [];
  }

  _write(chunk, encoding, callback) {
    this.chunks.push(chunk);
    setImmediate(callback);
  }

  /** @return {Object[]} The frames that were written */
  get frames() {
    const frames = [];
    let rest = Buffer.concat(this.chunks);

    while (rest.length > 0) {
      const frame = decode(rest);

      frames.push([frame.opcode, frame.fin, frame.rsv, frame.isMasked, frame.payload.toString()]);
      rest = rest.subarray(frame.size);
    }

    return frames;
  }
}

/** @return {Promise<Sink>} A sink with what was sent by then */
async function sent(act, extensions, generateMask) {
  const sink = new Sink();
  const sender = new Sender(sink, extensions, generateMask);

  await new Promise((resolve) => act(sender, resolve));
  return sink;
}

describe('Sender.frame', () => {
  for (const length of [0, 1, 125, 126, 65535, 65536]) {
    test(`frames ${length} bytes like ws`, () => {
      const data = Buffer.alloc(length, 'x');

      for (const options of [
        { fin: true, opcode: 1, mask: false, readOnly: false, rsv1: false },
        { fin: false, opcode: 2, rsv1: true },
        { fin: true, opcode: 2, mask: true, readOnly: true, generateMask: (key) => key.fill(0) },
        { fin: true, opcode: 2, mask: true, readOnly: true, generateMask: (key) => key.fill(7) }
      ]) {
        assert.deepEqual(Buffer.concat(Sender.frame(data, options)), Buffer.concat(ws.Sender.frame(data, options)));
      }
      assert.deepEqual(data, Buffer.alloc(length, 'x'));
    });
  }

  test('does not copy what is not masked', () => {
    const data = Buffer.from('data');
    const list = Sender.frame(data, { fin: true, opcode: 2 });

    assert.equal(list.length, 2);
    assert.equal(list[1], data);
  });

  test('masks in place what is not read-only', () => {
    const data = Buffer.from('data');

    Sender.frame(data, { fin: true, opcode: 2, mask: true, generateMask: (key) => key.fill(1) });
    assert.equal(data.toString(), 'e`u`');
  });

  test('uses a masking key of its own each time', () => {
    const keys = new Set();

    for (let i = 0; i < 3000; i++) {
      const [header] = Sender.frame(Buffer.from('x'), { fin: true, opcode: 2, mask: true, readOnly: true });

      keys.add(header.readUInt32BE(2));
    }
    assert.ok(keys.size > 2990);
  });

  test('takes text', () => {
    assert.deepEqual(
      Buffer.concat(Sender.frame('grüße', { fin: true, opcode: 1 })),
      Buffer.concat([Buffer.from([0x81, 7]), Buffer.from('grüße')])
    );
  });
});

describe('a Sender', () => {
  test('sends messages and fragments', async () => {
    const { frames } = await sent((sender, done) => {
      sender.send('one', { binary: false, fin: true });
      sender.send(Buffer.from('two'), { binary: true, fin: false });
      sender.send([116, 104], { binary: true, fin: false });
      sender.send(new Uint8Array([33]).buffer, { binary: false, fin: true }, done);
    });

    assert.deepEqual(frames, [
      [1, true, 0, false, 'one'],
      [2, false, 0, false, 'two'],
      [0, false, 0, false, 'th'],
      [0, true, 0, false, '!']
    ]);
  });

  test('sends control frames', async () => {
    const { frames } = await sent((sender, done) => {
      sender.ping('ping', false);
      sender.pong(Buffer.from('pong'), true);
      sender.close(undefined, undefined, false);
      sender.close(1000, 'bye', false, done);
    });

    assert.deepEqual(frames, [
      [9, true, 0, false, 'ping'],
      [10, true, 0, true, 'pong'],
      [8, true, 0, false, ''],
      [8, true, 0, false, '\u0003\ufffdbye']
    ]);
  });

  test('leaves what it was given as it is', async () => {
    const data = Buffer.from('data');
    const { frames } = await sent((sender, done) => sender.send(data, { fin: true, mask: true }, done));

    assert.deepEqual(frames, [[1, true, 0, true, 'data']]);
    assert.equal(data.toString(), 'data');
  });

  test('has masking keys made', async () => {
    const { chunks } = await sent(
      (sender, done) => sender.send('abc', { fin: true, mask: true }, done),
      {},
      (key) => key.write('AAAA')
    );

    assert.deepEqual(Buffer.concat(chunks), Buffer.from([0x81, 0x83, 65, 65, 65, 65, 0x20, 0x23, 0x22]));
  });

  test('keeps the order behind a Blob', async () => {
    const { frames } = await sent((sender, done) => {
      sender.send('first', { fin: true });
      sender.send(new Blob(['second']), { binary: true, fin: true });
      sender.ping('third', false);
      assert.equal(sender._bufferedBytes, 11);
      sender.close(1000, '', false, done);
    });

    assert.deepEqual(frames.map(([opcode, , , , text]) => [opcode, text]).slice(0, 3), [
      [1, 'first'],
      [2, 'second'],
      [9, 'third']
    ]);
  });

  test('tells everybody when a Blob cannot be read', async () => {
    const sender = new Sender(new Sink());
    const blob = new Blob(['x']);
    const told = [];

    blob.arrayBuffer = () => Promise.reject(new Error('unreadable'));
    sender.onerror = (err) => told.push(['onerror', err.message]);
    sender.send(blob, { fin: true }, (err) => told.push(['first', err.message]));
    sender.send('behind', { fin: true }, (err) => told.push(['second', err.message]));
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(told, [
      ['first', 'unreadable'],
      ['second', 'unreadable'],
      ['onerror', 'unreadable']
    ]);
  });

  test('tells who waits for a Blob when the stream is gone', async () => {
    const sink = new Sink();
    const sender = new Sender(sink);
    const told = new Promise((resolve) => sender.send(new Blob(['x']), { fin: true }, resolve));

    sink.destroy();
    assert.equal((await told).message, 'The socket was closed while the blob was being read');
  });

  test('compresses with the extension', async () => {
    const asked = [];
    const deflate = {
      _isServer: true,
      _threshold: 10,
      params: { server_no_context_takeover: true },
      compress(data, fin, callback) {
        asked.push([data.toString(), fin]);
        setImmediate(callback, null, Buffer.from(`<${data}>`));
      }
    };
    const { frames } = await sent(
      (sender, done) => {
        sender.send('short', { fin: true, compress: true });
        sender.send('long enough', { fin: true, compress: true });
        sender.send('meanwhile', { fin: true, compress: false }, done);
      },
      { 'permessage-deflate': deflate }
    );

    assert.deepEqual(asked, [['long enough', true]]);
    assert.deepEqual(frames, [
      [1, true, 0, false, 'short'],
      [1, true, 4, false, '<long enough>'],
      [1, true, 0, false, 'meanwhile']
    ]);
  });

  test('refuses what cannot be sent', () => {
    const sender = new Sender(new Sink());

    assert.throws(() => sender.ping(Buffer.alloc(126)), {
      name: 'RangeError',
      message: 'The data size must not be greater than 125 bytes'
    });
    assert.throws(() => sender.pong('é'.repeat(63)), RangeError);
    assert.throws(() => sender.close(1005), { message: 'First argument must be a valid error code number' });
    assert.throws(() => sender.close(1000, 'x'.repeat(124)), {
      name: 'RangeError',
      message: 'The message must not be greater than 123 bytes'
    });
  });
});
