'use strict';

// What reaches the peer when the application sends? Every type of data, every option, callbacks, and the order of it all.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const vm = require('node:vm');

const { rawPair, wsPair } = require('../support/serve');
const { WebSocket, isWs, ownAddition } = require('../support/implementation');
const { OVER, onSocket } = require('../support/over');

const BYTES = [1, 2, 3, 250];
const buffer = new Uint8Array([0, 0, ...BYTES, 0, 0]).buffer;

const BINARY_FORMS = {
  Buffer: Buffer.from(BYTES),
  Uint8Array: new Uint8Array(buffer, 2, 4),
  Int8Array: new Int8Array(buffer, 2, 4),
  Uint8ClampedArray: new Uint8ClampedArray(buffer, 2, 4),
  Int16Array: new Int16Array(buffer, 2, 2),
  Uint16Array: new Uint16Array(buffer, 2, 2),
  Float32Array: new Float32Array(new Uint8Array(BYTES).buffer),
  DataView: new DataView(buffer, 2, 4),
  ArrayBuffer: new Uint8Array(BYTES).buffer,
  'array of numbers': BYTES,
  'Uint8Array of another realm': vm.runInNewContext(`new Uint8Array([${BYTES}])`),
  'Uint32Array of another realm': vm.runInNewContext(`new Uint32Array(new Uint8Array([${BYTES}]).buffer)`)
};

/** Anything but a TCP socket keeps what ws gives it, and writes it later. */
const copies = isWs && OVER !== 'tcp' ? { skip: 'ws does not copy what it sends' } : {};

describe('send', () => {
  for (const [name, data] of Object.entries(BINARY_FORMS)) {
    test(`sends a ${name} as binary`, async (t) => {
      const { client, socket } = await rawPair(t);

      socket.send(data);

      const frame = await client.frame();

      assert.deepEqual([frame.opcode, frame.fin, frame.rsv, frame.isMasked], [2, true, 0, false]);
      assert.deepEqual([...frame.payload], BYTES);
    });
  }

  test('sends shared memory as it is at the time of the call', async (t) => {
    const { client, socket } = await rawPair(t);
    const shared = new Uint8Array(new SharedArrayBuffer(40000)).fill(7);

    socket.send(shared);
    await new Promise((resolve) => socket.send('after', resolve));
    shared.fill(8);
    assert.deepEqual((await client.frame()).payload, Buffer.alloc(40000, 7));
  });

  test('sends resizable memory as it is at the time of the call', copies, async (t) => {
    const { client, socket } = await rawPair(t);

    for (const size of [100, 40000]) {
      const memory = new ArrayBuffer(size, { maxByteLength: 80000 });

      new Uint8Array(memory).fill(7);
      socket.send(memory);
      socket.send(new Uint8Array(memory, 1));
      memory.resize(0);
      assert.deepEqual((await client.frame()).payload, Buffer.alloc(size, 7));
      assert.deepEqual((await client.frame()).payload, Buffer.alloc(size - 1, 7));
    }
  });

  test('throws on detached memory, and goes on', async (t) => {
    const { client, socket } = await rawPair(t);
    const memory = new ArrayBuffer(40000);
    const view = new Uint8Array(memory);

    structuredClone(memory, { transfer: [memory] });
    assert.throws(() => socket.send(memory), TypeError);
    assert.throws(() => socket.send(view), TypeError);
    socket.send('still here');
    assert.equal((await client.frame()).payload.toString(), 'still here');
    assert.equal(socket.bufferedAmount, 0);
  });

  test('survives memory that is given away right after the call', ownAddition, async (t) => {
    const { client, socket } = await rawPair(t);

    for (const size of [100, 40000, 1000000]) {
      const memory = new ArrayBuffer(size);

      socket.send(memory);
      structuredClone(memory, { transfer: [memory] });
      assert.equal((await client.frame()).payload.length, size);
    }
  });

  test('sends strings as UTF-8 text', async (t) => {
    const { client, socket } = await rawPair(t);
    const texts = ['', 'a', 'grüße', '日本語', '😀'.repeat(40), 'x'.repeat(70000), '\ud800'];

    for (const text of texts) socket.send(text);
    for (const text of texts) {
      const frame = await client.frame();

      assert.equal(frame.opcode, 1);
      assert.deepEqual(frame.payload, Buffer.from(text));
    }
  });

  test('sends numbers as text', async (t) => {
    const { client, socket } = await rawPair(t);

    for (const number of [0, 1.5, -0, NaN]) socket.send(number);
    for (const text of ['0', '1.5', '0', 'NaN']) {
      const frame = await client.frame();

      assert.equal(frame.opcode, 1);
      assert.equal(frame.payload.toString(), text);
    }
  });

  test('sends nothing at all as an empty binary message', async (t) => {
    const { client, socket } = await rawPair(t);

    for (const nothing of [undefined, null, Buffer.alloc(0), new ArrayBuffer(0)]) {
      socket.send(nothing);

      const frame = await client.frame();

      assert.deepEqual([frame.opcode, frame.fin, frame.payload.length], [2, true, 0]);
    }
  });

  test('throws on what cannot be sent, and stays usable', async (t) => {
    const { client, socket } = await rawPair(t);

    for (const wrong of [{}, true, Symbol.iterator, () => {}]) assert.throws(() => socket.send(wrong), TypeError);

    socket.send('still here');
    assert.equal((await client.frame()).payload.toString(), 'still here');
  });

  test('passes over options that are none', async (t) => {
    const { client, socket } = await rawPair(t);

    for (const none of [undefined, null, 0, 5, '', 'utf8', true]) {
      socket.send('text', none);

      const { fin, opcode, payload } = await client.frame();

      assert.deepEqual([fin, opcode, payload.toString()], [true, 1, 'text']);
    }
  });

  for (const size of [0, 1, 125, 126, 127, 4095, 16383, 16384, 65535, 65536, 1048577]) {
    test(`sends ${size} bytes under the shortest header`, async (t) => {
      const { client, socket } = await rawPair(t);
      const data = Buffer.alloc(size, 'abcdefghijk');

      socket.send(data);
      socket.send('end');

      const frame = await client.frame();
      const header = size < 126 ? 2 : size < 65536 ? 4 : 10;

      assert.equal(frame.size, size + header);
      assert.ok(frame.payload.equals(data));
      assert.equal((await client.frame()).payload.toString(), 'end');
    });
  }

  test('honours the options binary, fin and mask', async (t) => {
    const { client, socket } = await rawPair(t);
    const seen = async () => {
      const { fin, isMasked, opcode, payload } = await client.frame();

      return [opcode, fin, isMasked, payload.toString()];
    };

    socket.send('text as binary', { binary: true });
    assert.deepEqual(await seen(), [2, true, false, 'text as binary']);
    socket.send(Buffer.from('binary as text'), { binary: false });
    assert.deepEqual(await seen(), [1, true, false, 'binary as text']);
    socket.send('masked', { mask: true });
    assert.deepEqual(await seen(), [1, true, true, 'masked']);
    socket.send('compress', { compress: true });
    assert.deepEqual(await seen(), [1, true, false, 'compress']);
    socket.send('first', { fin: false });
    assert.deepEqual(await seen(), [1, false, false, 'first']);
    socket.ping('between');
    assert.deepEqual(await seen(), [9, true, false, 'between']);
    socket.send(Buffer.from('second'), { fin: false });
    assert.deepEqual(await seen(), [0, false, false, 'second']);
    socket.send('last', { fin: true });
    assert.deepEqual(await seen(), [0, true, false, 'last']);
    socket.send('whole');
    assert.deepEqual(await seen(), [1, true, false, 'whole']);
  });

  test('masks a large payload without touching the memory of the application', async (t) => {
    const { client, socket } = await rawPair(t);
    const data = Buffer.alloc(100000, 'unchanged ');
    const copy = Buffer.from(data);

    socket.send(data, { mask: true });
    assert.ok((await client.frame()).payload.equals(copy));
    assert.ok(data.equals(copy));
  });

  test('keeps the order of small and large messages, pings and pongs', async (t) => {
    const { client, socket } = await rawPair(t);
    const expected = [];

    for (let i = 0; i < 300; i++) {
      const size = [3, 20000, 100, 70000][i % 4];
      const data = Buffer.alloc(size, `${i} `);

      expected.push([2, data]);
      socket.send(data);
      if (i % 10 === 0) {
        expected.push([9, Buffer.from(`p${i}`)]);
        socket.ping(`p${i}`);
      }
    }

    for (const [opcode, payload] of expected) {
      const frame = await client.frame();

      assert.equal(frame.opcode, opcode);
      assert.ok(frame.payload.equals(payload));
    }
  });

  test('sends far more in one turn than any buffer holds', async (t) => {
    const { client, socket } = await wsPair(t);
    const count = 50000;
    let next = 0;

    for (let i = 0; i < count; i++) socket.send(`${i}`);

    await new Promise((resolve) => {
      client.on('message', (data) => {
        assert.equal(data.toString(), `${next++}`);
        if (next === count) resolve();
      });
    });
  });
});

describe('send callbacks', () => {
  test('are called once written, in order, never synchronously', async (t) => {
    const { client, socket } = await rawPair(t);
    const calls = [];
    let returned = false;

    await new Promise((resolve) => {
      socket.send('one', (err) => calls.push(['one', err, returned]));
      socket.send(Buffer.alloc(100000), { binary: true }, (err) => calls.push(['two', err, returned]));
      socket.ping('three', false, (err) => calls.push(['three', err, returned]));
      socket.pong((err) => calls.push(['four', err, returned]));
      socket.send('five', {}, () => resolve());
      returned = true;
    });
    assert.deepEqual(
      calls,
      ['one', 'two', 'three', 'four'].map((name) => [name, null, true])
    );
    for (const opcode of [1, 2, 9, 10, 1]) assert.equal((await client.frame()).opcode, opcode);
  });

  test('get an error when the connection dies first', onSocket, async (t) => {
    const { client, socket } = await rawPair(t);
    const errors = [];

    client.socket.pause();
    for (let i = 0; i < 40; i++) socket.send(Buffer.alloc(1048576), (err) => errors.push(err ?? null));
    socket.terminate();
    await once(socket, 'close');
    assert.equal(errors.length, 40);
    assert.ok(errors.at(-1) instanceof Error);
  });

  test('get an error after close(), whatever was sent', async (t) => {
    const { client, socket } = await rawPair(t);
    const message = `WebSocket is not open: readyState ${WebSocket.CLOSING} (CLOSING)`;

    socket.close();
    for (const send of ['send', 'ping', 'pong']) {
      const err = await new Promise((resolve) => socket[send]('late', resolve));

      assert.equal(err.message, message);
    }
    assert.equal((await client.frame()).opcode, 8);
    client.sendClose();
    await once(socket, 'close');

    const err = await new Promise((resolve) => socket.send('later', resolve));

    assert.equal(err.message, 'WebSocket is not open: readyState 3 (CLOSED)');
    assert.equal((await client.rest()).length, 0);
  });
});

describe('bufferedAmount', () => {
  test('is 0 before and after', async (t) => {
    const { socket } = await rawPair(t);

    assert.equal(socket.bufferedAmount, 0);
    await new Promise((resolve) => socket.send(Buffer.alloc(1000000), resolve));
    assert.equal(socket.bufferedAmount, 0);
  });

  test('counts what a peer that does not read leaves behind', onSocket, async (t) => {
    const { client, socket } = await rawPair(t);
    const size = 32 * 1048576;

    client.socket.pause();
    socket.send(Buffer.alloc(size));
    await new Promise((resolve) => setImmediate(resolve));

    const waiting = socket.bufferedAmount;

    assert.ok(waiting > size / 2 && waiting <= size + 10, `${waiting}`);
    client.socket.resume();
    await client.frame();
    while (socket.bufferedAmount > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  test('lets "skip a frame while it is above 0" work from turn to turn', async (t) => {
    const { client, socket } = await rawPair(t);

    client.socket.resume();
    for (let turn = 0; turn < 200; turn++) {
      socket.send(`frame ${turn}`);
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(socket.bufferedAmount, 0, `turn ${turn}`);
    }
  });

  test('goes on counting what is sent after close()', async (t) => {
    const { client, socket } = await rawPair(t);

    socket.close();
    client.sendClose();
    await once(socket, 'close');

    const before = socket.bufferedAmount;

    socket.send('12345');
    socket.send(new Uint16Array(3));
    socket.ping('7');
    assert.equal(socket.bufferedAmount, before + 12);
  });
});
