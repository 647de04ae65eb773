'use strict';

// Are all members there that ws documents, and do they look the same from outside?

const assert = require('node:assert/strict');
const EventEmitter = require('node:events');
const { once } = require('node:events');
const { PassThrough } = require('node:stream');
const { describe, test } = require('node:test');

const ws = require('ws');

const { WebSocket, WebSocketServer, ownAddition } = require('../support/implementation');
const { RawClient } = require('../support/raw-client');
const { onHttp1 } = require('../support/over');
const { rawPair, serve } = require('../support/serve');

const METHODS = [
  'addEventListener',
  'close',
  'emitClose',
  'pause',
  'ping',
  'pong',
  'removeEventListener',
  'resume',
  'send',
  'setSocket',
  'terminate'
];
const ATTRIBUTES = ['bufferedAmount', 'extensions', 'isPaused', 'protocol', 'readyState', 'url'];
const HANDLERS = ['onclose', 'onerror', 'onmessage', 'onopen'];
const STATES = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'];
const SERVER_METHODS = ['address', 'close', 'completeUpgrade', 'handleUpgrade', 'shouldHandle'];

/** @return {Object} What can be told of a property from outside */
function shape(owner, name) {
  const { configurable, enumerable, get, set, value, writable } = Object.getOwnPropertyDescriptor(owner, name);

  return { configurable, enumerable, get: typeof get, set: typeof set, type: typeof value, writable };
}

/** @return {Object} The prototype that has a property */
function ownerOf(object, name) {
  return Object.hasOwn(object, name) ? object : ownerOf(Object.getPrototypeOf(object), name);
}

describe('the class WebSocket', () => {
  test('has the methods of ws, which take as many arguments', () => {
    for (const name of METHODS) {
      assert.equal(typeof WebSocket.prototype[name], 'function', name);
      // An option with a default does not count.
      if (name !== 'addEventListener') assert.equal(WebSocket.prototype[name].length, ws.prototype[name].length, name);
    }
  });

  test('has the attributes of ws', () => {
    for (const name of [...ATTRIBUTES, ...HANDLERS, 'binaryType']) {
      assert.deepEqual(shape(ownerOf(WebSocket.prototype, name), name), shape(ownerOf(ws.prototype, name), name), name);
    }
  });

  test('has the constants of ws, for good', () => {
    for (const name of STATES) {
      for (const [ours, theirs] of [
        [WebSocket, ws],
        [WebSocket.prototype, ws.prototype]
      ]) {
        assert.equal(ours[name], theirs[name]);
        assert.deepEqual(shape(ours, name), shape(theirs, name));
      }
    }
  });

  test('leaves room for what an application keeps on it', async (t) => {
    const { client, socket } = await rawPair(t);
    const names = ['id', 'transport', 'session', 'user'];
    const privates = [
      'id',
      'channel',
      'client',
      'config',
      'flow',
      'link',
      'memory',
      'outbox',
      'sent',
      'server',
      'user'
    ];

    for (const name of [...names, ...privates.map((one) => `_${one}`)]) socket[name] = name;
    for (const name of [...names, ...privates.map((one) => `_${one}`)]) assert.equal(socket[name], name);
    client.send(1, 'ask');
    socket.send(`answer to ${(await once(socket, 'message'))[0]}`);
    assert.equal((await client.frame()).payload.toString(), 'answer to ask');
    client.sendClose(4000);
    assert.equal((await once(socket, 'close'))[0], 4000);
  });

  test('leaves room for the methods of classes that extend it', async (t) => {
    const called = [];

    class Mine extends WebSocket {}
    for (const event of ['Open', 'Message', 'Ping', 'Pong', 'PeerClose', 'Error', 'End', 'Drain', 'Close', 'Closed']) {
      Mine.prototype[`_on${event}`] = () => called.push(event);
    }
    Mine.prototype._reset = () => called.push('reset');

    const { client, socket } = await rawPair(t, { WebSocket: Mine });

    client.send(9, 'ping');
    client.send(1, 'ask');
    assert.equal((await once(socket, 'message'))[0].toString(), 'ask');
    client.sendClose(4000);
    assert.equal((await once(socket, 'close'))[0], 4000);
    assert.deepEqual(called, []);
  });

  test('is an EventEmitter with its usual methods', async (t) => {
    const { client, socket } = await rawPair(t);

    assert.ok(socket instanceof EventEmitter);
    assert.equal(socket.constructor.name, 'WebSocket');
    assert.equal(Object.prototype.toString.call(socket), '[object Object]');
    socket.on('message', () => assert.fail());
    socket.on('ping', () => assert.fail());
    assert.equal(socket.removeAllListeners('message'), socket);
    socket.removeAllListeners('ping');

    const received = once(socket, 'pong');

    client.send(1, 'nobody listens');
    client.send(9);
    client.send(10, 'x');
    assert.deepEqual(await received, [Buffer.from('x')]);
    assert.deepEqual(socket.eventNames().includes('message'), false);
    assert.equal(socket.setMaxListeners(3).getMaxListeners(), 3);
  });

  test('lives on without any listener', async (t) => {
    const { client, socket } = await rawPair(t);

    socket.removeAllListeners();
    client.send(1, 'text');
    client.send(9, 'ping');
    assert.equal((await client.frame()).opcode, 10);
    client.sendClose(1000);
    assert.equal((await client.frame()).opcode, 8);
    await client.rest();
  });

  test('throws an error nobody listens to', async (t) => {
    const { socket } = await rawPair(t);

    assert.throws(() => socket.emit('error', new Error('mine')), { message: 'mine' });
  });

  test('emits its close event when it is asked to', async (t) => {
    const { socket } = await rawPair(t);
    const closed = once(socket, 'close');

    socket.emitClose();
    assert.deepEqual(await closed, [1006, Buffer.alloc(0)]);
    assert.equal(socket.readyState, WebSocket.CLOSED);
  });

  test('does not take a callback that is none', async (t) => {
    const { socket } = await rawPair(t);
    const stream = new PassThrough();

    for (const callback of [5, {}, [], { of: { what: { it: 'is' } } }, 'nope', true]) {
      let refusal = null;

      // It is taken for an encoding, by a stream of Node's in the case of ws.
      assert.throws(
        () => stream.write('a', callback),
        (err) => (refusal = err).code === 'ERR_UNKNOWN_ENCODING'
      );

      const { code, message, name } = refusal;

      for (const send of [
        () => socket.send('a', {}, callback),
        () => socket.ping('a', false, callback),
        () => socket.pong('a', false, callback)
      ]) {
        assert.throws(send, { code, message, name });
      }
    }
  });

  test('does not take one with a Blob either', ownAddition, async (t) => {
    const { socket } = await rawPair(t);

    assert.throws(() => socket.send(new Blob(['a']), {}, 5), { code: 'ERR_UNKNOWN_ENCODING' });
  });

  test('takes null for the options of a listener', ownAddition, async (t) => {
    const { client, socket } = await rawPair(t);
    const received = [];

    socket.addEventListener('message', ({ data }) => received.push(data), null);
    client.send(1, 'text');
    await once(socket, 'message');
    assert.deepEqual(received, ['text']);
  });

  test('takes the name of an encoding in the place of a callback, and of options', async (t) => {
    const { client, socket } = await rawPair(t);

    socket.send('a', {}, null);
    socket.send('b', {}, 'utf8');
    socket.send('c', 'utf8');
    socket.ping('d', false, undefined);
    for (const text of ['a', 'b', 'c', 'd']) assert.equal((await client.frame()).payload.toString(), text);
  });
});

describe('the class WebSocketServer', () => {
  test('has the methods of ws, which take as many arguments', () => {
    for (const name of SERVER_METHODS) {
      assert.equal(WebSocketServer.prototype[name].length, ws.Server.prototype[name].length, name);
    }
    assert.equal(WebSocketServer.length, ws.Server.length);
    assert.equal(WebSocketServer.name, 'WebSocketServer');
  });

  test('has its options and its clients', async (t) => {
    const { wss } = await serve(t, { maxPayload: 5 });

    assert.ok(wss instanceof EventEmitter);
    assert.equal(wss.options.maxPayload, 5);
    assert.ok(wss.clients instanceof Set);
    assert.equal(wss.options.WebSocket, WebSocket);
  });

  test('serves two paths of one server only if it is told by hand', onHttp1, async (t) => {
    const { port, server, wss } = await serve(t, { noServer: true });
    const other = new WebSocketServer({ noServer: true });

    server.on('upgrade', (req, socket, head) => {
      const chosen = req.url === '/a' ? wss : other;

      chosen.handleUpgrade(req, socket, head, (accepted) => accepted.send(req.url));
    });
    for (const path of ['/a', '/b']) {
      const client = await RawClient.open(port, { path });

      assert.equal((await client.frame()).payload.toString(), path);
      client.socket.destroy();
    }
  });
});
