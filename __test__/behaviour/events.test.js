'use strict';

// How does a WebSocket look to code written for browsers? `addEventListener()`, the `on…` attributes, event objects,
// constants and the shape of the class.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { connect } = require('../support/client');
const { encode } = require('../support/frames');
const { rawPair, serve, wsPair } = require('../support/serve');
const { WebSocket } = require('../support/implementation');

describe('addEventListener()', () => {
  test('passes message events', async (t) => {
    const { client, socket } = await rawPair(t);
    const events = [];

    socket.addEventListener('message', function (event) {
      assert.equal(this, socket);
      events.push(event);
    });
    client.write(Buffer.concat([encode(1, 'text'), encode(2, 'bytes')]));
    while (events.length < 2) await once(socket, 'message');
    assert.equal(events[0].type, 'message');
    assert.equal(events[0].target, socket);
    assert.equal(events[0].data, 'text');
    assert.deepEqual(events[1].data, Buffer.from('bytes'));
  });

  test('passes close events', async (t) => {
    const { client, socket } = await rawPair(t);
    const closed = new Promise((resolve) => socket.addEventListener('close', resolve));

    client.sendClose(4001, 'reason');

    const { code, reason, target, type, wasClean } = await closed;

    assert.deepEqual([type, code, reason, wasClean], ['close', 4001, 'reason', true]);
    assert.equal(target, socket);
  });

  test('tells a close that was not clean', async (t) => {
    const { client, socket } = await rawPair(t);
    const closed = new Promise((resolve) => socket.addEventListener('close', resolve));

    client.socket.destroy();

    const { code, reason, wasClean } = await closed;

    assert.deepEqual([code, reason, wasClean], [1006, '', false]);
  });

  test('passes error events', async (t) => {
    const { client, socket } = await rawPair(t);
    const failed = new Promise((resolve) => socket.addEventListener('error', resolve));

    client.send(3);

    const told = new Promise((resolve) => socket.on('error', resolve));
    const { error, message, target, type } = await failed;

    assert.equal(type, 'error');
    assert.equal(target, socket);
    assert.equal(error, await told);
    assert.equal(error.code, 'WS_ERR_INVALID_OPCODE');
    assert.equal(message, error.message);
  });

  test('passes the open event of a client', async (t) => {
    const { url } = await serve(t);
    const client = connect(url);
    const events = [];

    t.after(() => client.terminate());
    client.addEventListener('open', (event) => events.push(event));
    client.onopen = (event) => events.push(event);
    await once(client, 'open');
    assert.deepEqual(
      events.map(({ target, type }) => [target === client, type]),
      [
        [true, 'open'],
        [true, 'open']
      ]
    );
  });

  test('passes objects that have nothing of their own, and list what they tell', async (t) => {
    const { client, socket } = await rawPair(t);
    const events = [];

    for (const type of ['message', 'error', 'close']) socket.addEventListener(type, (event) => events.push(event));
    client.write(Buffer.concat([encode(1, 'text'), encode(3)]));
    while (events.length < 3) await new Promise(setImmediate);
    assert.deepEqual(
      events.map((event) => {
        const names = [];

        for (const name in event) names.push(name);
        return [event.constructor.name, Object.keys(event), names];
      }),
      [
        ['MessageEvent', [], ['data', 'target', 'type']],
        ['ErrorEvent', [], ['error', 'message', 'target', 'type']],
        ['CloseEvent', [], ['code', 'reason', 'wasClean', 'target', 'type']]
      ]
    );
    for (const event of events) {
      assert.throws(() => {
        event.type = 'other';
      }, TypeError);
      assert.equal(event instanceof Event, false);
    }
  });

  test('calls handleEvent() of an object, with the object as this', async (t) => {
    const { client, socket } = await rawPair(t);
    const message = await new Promise((resolve) => {
      const listener = {
        handleEvent(event) {
          assert.equal(this, listener);
          resolve(event);
        }
      };

      socket.addEventListener('message', listener);
      client.send(1, 'x');
    });

    assert.equal(message.data, 'x');
  });

  test('adds the same listener once, and knows the option once', async (t) => {
    const { client, socket } = await rawPair(t);
    const calls = [];
    const listener = () => calls.push('many');
    const single = () => calls.push('once');

    socket.addEventListener('message', listener);
    socket.addEventListener('message', listener);
    socket.addEventListener('message', single, { once: true });
    assert.equal(socket.listenerCount('message'), 2);
    client.write(Buffer.concat([encode(1, 'a'), encode(1, 'b'), encode(1, 'c')]));
    while (calls.length < 4) await once(socket, 'message');
    assert.deepEqual(calls.toSorted?.() ?? calls.sort(), ['many', 'many', 'many', 'once']);
    assert.equal(socket.listenerCount('message'), 1);
  });

  test('can be undone', async (t) => {
    const { socket } = await rawPair(t);
    const listener = () => {};
    const object = { handleEvent() {} };

    for (const one of [listener, object]) {
      socket.addEventListener('message', one);
      socket.addEventListener('message', one, { once: true });
      assert.equal(socket.listenerCount('message'), 1);
      socket.removeEventListener('message', () => {});
      assert.equal(socket.listenerCount('message'), 1);
      socket.removeEventListener('message', one);
      assert.equal(socket.listenerCount('message'), 0);
    }
    socket.addEventListener('close', listener, { once: true });
    socket.removeEventListener('close', listener);
    assert.deepEqual(
      socket.listeners('close').filter((fn) => fn === listener),
      []
    );
  });

  test('knows four events only', async (t) => {
    const { socket } = await rawPair(t);

    for (const type of ['ping', 'toString', 'constructor', '']) {
      socket.addEventListener(type, () => {});
      assert.equal(socket.listenerCount(type), 0);
    }
  });
});

describe('on… attributes', () => {
  for (const type of ['open', 'message', 'close', 'error']) {
    test(`on${type} holds one function`, async (t) => {
      const { socket } = await rawPair(t);
      const before = socket.listenerCount(type);
      const first = () => {};
      const second = () => {};

      assert.equal(socket[`on${type}`], null);
      socket[`on${type}`] = first;
      assert.equal(socket[`on${type}`], first);
      socket[`on${type}`] = second;
      assert.equal(socket[`on${type}`], second);
      assert.equal(socket.listenerCount(type), before + 1);
      socket.removeEventListener(type, second);
      assert.equal(socket[`on${type}`], second);
      socket[`on${type}`] = 'no function';
      assert.equal(socket[`on${type}`], null);
      assert.equal(socket.listenerCount(type), before);
    });
  }

  test('get event objects', async (t) => {
    const { client, socket } = await rawPair(t);
    const message = new Promise((resolve) => (socket.onmessage = resolve));

    client.send(1, 'hello');
    assert.equal((await message).data, 'hello');

    const close = new Promise((resolve) => (socket.onclose = resolve));

    client.sendClose(1000);
    assert.equal((await close).wasClean, true);
  });

  test('live beside listeners with the same function', async (t) => {
    const { client, socket } = await rawPair(t);
    let calls = 0;
    const listener = () => calls++;

    socket.onmessage = listener;
    socket.addEventListener('message', listener);
    assert.equal(socket.listenerCount('message'), 2);
    client.send(1, 'x');
    await once(socket, 'message');
    assert.equal(calls, 2);
  });

  test('respect binaryType', async (t) => {
    const { client, socket } = await rawPair(t);
    const message = new Promise((resolve) => (socket.onmessage = resolve));

    socket.binaryType = 'arraybuffer';
    client.send(2, 'abc');

    const { data } = await message;

    assert.ok(data instanceof ArrayBuffer);
    assert.equal(Buffer.from(data).toString(), 'abc');
  });
});

describe('the class', () => {
  test('has the ready states, on itself and on instances', async (t) => {
    const { socket } = await rawPair(t);
    const states = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };

    for (const [name, value] of Object.entries(states)) {
      assert.equal(WebSocket[name], value);
      assert.equal(socket[name], value);
      assert.throws(() => {
        WebSocket[name] = 7;
      }, TypeError);
    }
  });

  test('lists its attributes, as in browsers', async (t) => {
    const { socket } = await rawPair(t);
    const names = [];

    for (const name in socket) names.push(name);
    for (const name of 'binaryType bufferedAmount extensions isPaused protocol readyState url onopen onerror onclose onmessage CONNECTING OPEN CLOSING CLOSED'.split(
      ' '
    )) {
      assert.ok(names.includes(name), name);
    }
  });

  test('has no url, extensions or subprotocol when nothing was negotiated', async (t) => {
    const { socket } = await wsPair(t);

    assert.equal(socket.url, undefined);
    assert.equal(socket.extensions, '');
    assert.equal(socket.protocol, '');
    assert.equal(socket.isPaused, false);
    assert.equal(socket.readyState, WebSocket.OPEN);
  });

  test('cannot be used before it is open', () => {
    const socket = new WebSocket(null, undefined, {});

    assert.equal(socket.readyState, WebSocket.CONNECTING);
    for (const method of ['send', 'ping', 'pong']) {
      assert.throws(() => socket[method]('x'), { message: 'WebSocket is not open: readyState 0 (CONNECTING)' });
    }
    socket.pause();
    socket.resume();
    assert.equal(socket.isPaused, false);
  });
});
