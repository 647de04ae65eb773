'use strict';

// How are Blobs sent? Asynchronously, since that is how they are read, and with everything behind them in its place.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { rawPair } = require('../support/serve');

/** A Blob that is read when the test wants it. */
class SlowBlob extends Blob {
  constructor(...parts) {
    super(parts);
    this.go = new Promise((resolve, reject) => {
      this.release = resolve;
      this.fail = reject;
    });
  }

  async arrayBuffer() {
    await this.go;
    return super.arrayBuffer();
  }
}

describe('a Blob', () => {
  test('is sent as a binary message', async (t) => {
    const { client, socket } = await rawPair(t);

    await new Promise((resolve) => socket.send(new Blob(['con', 'tent']), resolve));

    const frame = await client.frame();

    assert.deepEqual([frame.opcode, frame.fin, frame.payload.toString()], [2, true, 'content']);
  });

  test('may be text, a fragment, a ping or a pong', async (t) => {
    const { client, socket } = await rawPair(t);
    const frames = [];

    socket.send(new Blob(['t']), { binary: false, fin: false });
    socket.ping(new Blob(['i']));
    socket.send(new Blob(['f']));
    socket.pong(new Blob(['o']));
    for (let i = 0; i < 4; i++) {
      const { fin, opcode, payload } = await client.frame();

      frames.push([opcode, fin, payload.toString()]);
    }
    assert.deepEqual(frames, [
      [1, false, 't'],
      [9, true, 'i'],
      [0, true, 'f'],
      [10, true, 'o']
    ]);
    assert.throws(() => socket.ping(new Blob(['x'.repeat(126)])), RangeError);
  });

  test('keeps everything behind it in its place', async (t) => {
    const { client, socket } = await rawPair(t);
    const blob = new SlowBlob('blob');
    const calls = [];
    const called = (name) => (err) => calls.push(err ? `${name} failed` : name);

    socket.send('before', called('before'));
    socket.send(blob, called('blob'));
    socket.send('behind', called('behind'));
    socket.ping('ping', false, called('ping'));
    socket.send(new Blob(['second blob']), called('second blob'));
    socket.send(Buffer.from('last'), called('last'));
    socket.close(1000, 'bye');
    assert.equal((await client.frame()).payload.toString(), 'before');
    assert.ok(socket.bufferedAmount >= 'blobbehindpingsecond bloblast'.length);
    blob.release();
    for (const text of ['blob', 'behind', 'ping', 'second blob', 'last']) {
      assert.equal((await client.frame()).payload.toString(), text);
    }
    assert.equal((await client.frame()).opcode, 8);
    client.sendClose(1000);
    await once(socket, 'close');
    assert.deepEqual(calls, ['before', 'blob', 'behind', 'ping', 'second blob', 'last']);
    assert.equal(socket.bufferedAmount, 0);
  });

  test('that is read too late makes its callback and the others get an error', async (t) => {
    const { socket } = await rawPair(t);
    const blob = new SlowBlob('blob');
    const errors = [];

    socket.send(blob, (err) => errors.push(err.message));
    socket.send('behind', (err) => errors.push(err.message));
    socket.terminate();
    await once(socket, 'close');
    blob.release();
    while (errors.length < 2) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(errors[0], 'The socket was closed while the blob was being read');
    assert.equal(errors[1], errors[0]);
  });

  test('that is never read does not keep the connection open after close()', async (t) => {
    const { socket } = await rawPair(t, { closeTimeout: 50 });

    socket.send(new SlowBlob('never'));
    socket.close(1000);
    assert.equal((await once(socket, 'close'))[0], 1006);
  });

  test('that cannot be read is an error, and the end', async (t) => {
    const { client, socket } = await rawPair(t);
    const blob = new SlowBlob('blob');
    const errors = [];
    const failed = once(socket, 'error');

    socket.send(blob, (err) => errors.push(err));
    socket.send('behind', (err) => errors.push(err));
    blob.fail(new Error('unreadable'));

    const [err] = await failed;

    assert.equal(err.message, 'unreadable');
    assert.deepEqual(errors, [err, err]);
    assert.equal(socket.readyState, socket.CLOSING);
    assert.equal((await client.rest()).length, 0);
    if (socket.readyState !== socket.CLOSED) await once(socket, 'close');
  });
});
