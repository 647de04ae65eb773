'use strict';

// What may a message handler rely on? That what it does acts on the next message, that what it throws harms nobody else,
// and that ticks run where they do in ws.

const assert = require('node:assert/strict');
const path = require('node:path');
const { execFile } = require('node:child_process');
const EventEmitter = require('node:events');
const { once } = EventEmitter;
const { describe, test } = require('node:test');
const { promisify } = require('node:util');

const { encode, encodeClose } = require('../support/frames');
const { rawPair, record } = require('../support/serve');
const { ownAddition } = require('../support/implementation');

/** With a credit of one byte no message is read before the one in front of it was handled: none is kept back. */
const READS_AHEAD = process.env.UPSHIFT_TEST_RECEIVE_CREDIT === undefined;

const many = (count) => Buffer.concat(Array.from({ length: count }, (_, i) => encode(1, `${i}`)));

describe('inside a handler', () => {
  test('terminate() is the end of messages', ownAddition, async (t) => {
    const { client, socket } = await rawPair(t);
    const events = record(socket, ['message', 'ping', 'error']);

    socket.on('message', (data) => {
      if (data.toString() === '4') socket.terminate();
    });
    client.write(Buffer.concat([many(100), encode(9, 'ping'), encode(3), encodeClose(1000)]));

    const [code] = await once(socket, 'close');

    assert.equal(code, 1006);
    assert.equal(events.length, 5);
  });

  test('terminate() is the end of messages that were kept back, too', ownAddition, async (t) => {
    const { client, socket } = await rawPair(t, { closeTimeout: 50 });
    const events = record(socket, ['message']);

    socket.once('message', () => {
      socket.pause();
      socket.close();
    });
    socket.on('message', (data) => {
      if (data.toString() === '2') socket.terminate();
    });
    client.write(many(5));
    await once(socket, 'close');
    assert.deepEqual(
      events.map(([, data]) => data.toString()),
      READS_AHEAD ? ['0', '1', '2'] : ['0']
    );
  });

  test('close() lets the messages before the close frame of the peer come', async (t) => {
    const { client, socket } = await rawPair(t);
    const events = record(socket, ['message']);

    socket.once('message', () => socket.close(1001));
    client.write(many(20));
    assert.equal((await client.frame()).opcode, 8);
    client.sendClose(1001);
    await once(socket, 'close');
    assert.equal(events.length, 20);
  });

  test('pause() holds the next message back, resume() lets it go on, in order', ownAddition, async (t) => {
    const { client, socket } = await rawPair(t);
    const received = [];

    socket.on('message', (data) => {
      received.push(data.toString());
      socket.pause();
      assert.equal(socket.isPaused, true);
    });
    client.write(Buffer.concat([many(10), encode(2, Buffer.alloc(40000)), encodeClose(4000)]));
    for (let i = 0; i < 10; i++) {
      await once(socket, 'message');
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(received.length, i + 1);
      socket.resume();
    }

    await once(socket, 'message');
    socket.resume();
    assert.equal((await once(socket, 'close'))[0], 4000);
    assert.deepEqual(received.slice(0, 10), [...'0123456789']);
  });

  test('binaryType = acts on the next message of the same read', ownAddition, async (t) => {
    const { client, socket } = await rawPair(t);
    const types = [];
    const order = ['arraybuffer', 'fragments', 'nodebuffer', 'arraybuffer', 'nodebuffer', 'fragments'];
    const kind = (data) =>
      data instanceof ArrayBuffer ? 'arraybuffer' : Array.isArray(data) ? 'fragments' : 'nodebuffer';

    socket.on('message', (data) => {
      types.push(kind(data));
      socket.binaryType = order[types.length - 1] ?? 'nodebuffer';
    });
    client.write(Buffer.concat(order.map((_, i) => encode(2, `${i}`))));
    while (types.length < order.length) await once(socket, 'message');
    assert.deepEqual(types, ['nodebuffer', ...order.slice(0, -1)]);
  });

  test('listeners that are added or removed act on the next message', async (t) => {
    const { client, socket } = await rawPair(t);
    const calls = [];
    const second = (data) => calls.push(`second ${data}`);

    socket.on('message', function first(data) {
      calls.push(`first ${data}`);
      if (`${data}` === '0') socket.on('message', second);
      if (`${data}` === '2') socket.removeListener('message', second);
      if (`${data}` === '3') socket.removeListener('message', first);
    });
    client.write(Buffer.concat([many(6), encode(9, 'end')]));
    await once(socket, 'ping');
    assert.deepEqual(calls, ['first 0', 'first 1', 'second 1', 'first 2', 'second 2', 'first 3']);
  });

  test('replies keep the order of the messages', async (t) => {
    const { client, socket } = await rawPair(t);
    const count = 2000;

    socket.on('message', (data) => socket.send(data));
    client.write(many(count));
    for (let i = 0; i < count; i++) assert.equal((await client.frame()).payload.toString(), `${i}`);
  });

  test('what is thrown ends nothing else', ownAddition, async () => {
    const file = path.join(__dirname, '..', 'fixtures', 'throwing-handler.js');
    const count = 12;
    const { stdout } = await promisify(execFile)(process.execPath, [file, count], { timeout: 30000 });
    const { seen, thrown } = JSON.parse(stdout);
    const numbers = Array.from({ length: count }, (_, i) => i);

    for (const id of [0, 1, 2]) {
      const mine = seen.filter((entry) => entry.startsWith(`${id}:`)).map((entry) => entry.slice(2));

      assert.deepEqual(mine, [...numbers.map(String), 'ping', 'close 1005']);
      assert.deepEqual(
        thrown.filter((entry) => entry.startsWith(`${id}:`)).map((entry) => entry.slice(2)),
        [...numbers.filter((i) => id === 1 || i % 3 === 0).map(String), 'ping', 'close']
      );
    }
    assert.ok(thrown.length > 0);
  });
});

describe('ticks', () => {
  // With a credit of one byte a read is taken in pieces.
  test(
    'do not run between the messages of one read',
    { skip: 'UPSHIFT_TEST_RECEIVE_CREDIT' in process.env },
    async (t) => {
      const { client, socket } = await rawPair(t);
      const order = [];

      socket.on('message', (data) => {
        order.push(`msg${data}`);
        process.nextTick(() => order.push(`tick${data}`));
        Promise.resolve().then(() => order.push(`micro${data}`));
      });
      client.write(many(4));
      while (order.length < 12) await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(order, [
        ...['msg0', 'msg1', 'msg2', 'msg3'],
        ...['tick0', 'tick1', 'tick2', 'tick3'],
        ...['micro0', 'micro1', 'micro2', 'micro3']
      ]);
    }
  );

  test('run between messages of separate reads', async (t) => {
    const { client, socket } = await rawPair(t);

    for (let i = 0; i < 20; i++) {
      const message = once(socket, 'message');

      client.send(1, `${i}`);
      assert.equal((await message)[0].toString(), `${i}`);
    }
  });

  test('run between all events with allowSynchronousEvents: false', async (t) => {
    const { client, socket } = await rawPair(t, { allowSynchronousEvents: false });
    const order = [];

    for (const event of ['message', 'ping', 'pong']) {
      socket.on(event, (data) => {
        order.push(`${event} ${data}`);
        process.nextTick(() => order.push('tick'));
        Promise.resolve().then(() => order.push('micro'));
        setImmediate(() => order.push('immediate'));
      });
    }
    socket.on('close', () => order.push('close'));
    client.write(
      Buffer.concat([encode(1, 'a'), encode(9, 'b'), encode(10, 'c'), encode(2, 'd'.repeat(3)), encodeClose(1000)])
    );
    await once(socket, 'close');
    assert.deepEqual(
      order,
      ['message a', 'ping b', 'pong c', 'message ddd']
        .flatMap((event) => [event, 'tick', 'micro', 'immediate'])
        .concat('close')
    );
  });

  test('awaiting one message after the other works with allowSynchronousEvents: false', async (t) => {
    const { client, socket } = await rawPair(t, { allowSynchronousEvents: false });

    client.write(many(10));
    for (let i = 0; i < 10; i++) assert.equal((await once(socket, 'message'))[0].toString(), `${i}`);
  });
});

describe('an application that changes how events are emitted', () => {
  test('sees each message pass through its own emit()', async (t) => {
    const { client, socket } = await rawPair(t);
    const { emit } = socket;
    const seen = [];

    socket.emit = function (type, ...args) {
      seen.push(type);
      return emit.call(this, type, ...args);
    };
    const messages = record(socket, ['message']);

    client.write(many(2));
    client.write(encodeClose(1000));
    await once(socket, 'close');
    assert.equal(messages.length, 2);
    assert.deepEqual(seen.slice(0, 3), ['message', 'message', 'close']);
  });

  test('hears of what an async listener rejects with, if it asked for that', async (t) => {
    EventEmitter.captureRejections = true;
    t.after(() => (EventEmitter.captureRejections = false));

    const { client, socket } = await rawPair(t);

    socket.on('message', async () => {
      throw new Error('from the listener');
    });
    client.write(many(1));

    const [err] = await once(socket, 'error');

    assert.equal(err.message, 'from the listener');
  });
});
