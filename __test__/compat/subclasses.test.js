'use strict';

// Which of its methods does a WebSocket call on itself? Classes that extend it count there, clean up there, or put something
// of their own in between.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { duplexPair } = require('../../lib/use/duplex-pair');
const { connectAs } = require('../support/client');
const { encode } = require('../support/frames');
const { WebSocket } = require('../support/implementation');
const { RawClient } = require('../support/raw-client');
const { answer, rawServer } = require('../support/raw-server');
const { rawPair, serve } = require('../support/serve');

const METHODS = ['close', 'emit', 'emitClose', 'ping', 'pong', 'send', 'setSocket', 'terminate'];

/**
 * Makes a class that notes which of its methods are called.
 *
 * @return {Function} The class; the calls are in `calls` of the class
 */
function recorder() {
  class Recorder extends WebSocket {}

  Recorder.calls = [];
  for (const name of METHODS) {
    Recorder.prototype[name] = function (...args) {
      Recorder.calls.push(name === 'emit' ? `emit ${args[0]}` : name);
      return WebSocket.prototype[name].apply(this, args);
    };
  }

  return Recorder;
}

/**
 * Puts a Duplex before a socket.
 *
 * @param {Duplex} socket The socket
 * @return {Duplex} What passes everything on
 */
function piped(socket) {
  const [inner, outer] = duplexPair();

  socket.on('error', () => outer.destroy());
  socket.pipe(outer);
  outer.pipe(socket);
  return inner;
}

describe('a class that extends WebSocket', () => {
  test('sees all calls of an accepted connection', async (t) => {
    const Recorder = recorder();
    const { client, socket } = await rawPair(t, { WebSocket: Recorder });

    client.send(9, 'ping');
    assert.equal((await client.frame()).opcode, 10);
    client.sendClose(1000);
    await once(socket, 'close');
    assert.deepEqual(Recorder.calls, [
      'setSocket',
      'emit open',
      'pong',
      'emit ping',
      'close',
      'emitClose',
      'emit close'
    ]);
  });

  test('sees all calls of a client', async (t) => {
    const Recorder = recorder();
    const { next, url } = await rawServer(t);
    const ws = connectAs(Recorder, url, { perMessageDeflate: false });
    const peer = await next();

    await Promise.all([answer(peer), once(ws, 'open')]);
    peer.send(9, 'ping', { mask: false });
    assert.equal((await peer.frame()).opcode, 10);
    peer.send(8, '', { mask: false });
    await once(ws, 'close');
    assert.deepEqual(Recorder.calls, [
      'emit upgrade',
      'setSocket',
      'emit open',
      'pong',
      'emit ping',
      'close',
      'emitClose',
      'emit close'
    ]);
  });

  test('sees all calls of a client that fails', async (t) => {
    for (const edits of [{ status: '404 Not Found' }, { headers: { Upgrade: 'other' } }]) {
      const Recorder = recorder();
      const { next, url } = await rawServer(t);
      const ws = connectAs(Recorder, url, { perMessageDeflate: false });

      const closed = new Promise((resolve) => ws.on('close', resolve));

      ws.on('error', () => {});
      await answer(await next(), edits);
      await closed;
      assert.deepEqual(
        Recorder.calls.filter((call) => !['emit unexpected-response', 'emit upgrade'].includes(call)),
        ['emit error', 'emitClose', 'emit close']
      );
    }
  });

  test('is not terminated by the end of its socket', async (t) => {
    for (const end of [(socket) => socket._socket.destroy(), (socket) => socket._socket.end()]) {
      const Recorder = recorder();
      const { socket } = await rawPair(t, { WebSocket: Recorder });

      end(socket);
      await once(socket, 'close');
      assert.ok(!Recorder.calls.includes('terminate'));
    }
  });

  test('may put something in between in setSocket()', async (t) => {
    let seen = null;

    class Wrapped extends WebSocket {
      setSocket(socket, head, options) {
        seen = options;
        super.setSocket(piped(socket), head, options);
      }
    }

    const options = { WebSocket: Wrapped, maxFragments: 3, maxPayload: 10, perMessageDeflate: true };
    const request = { headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate' } };
    const { client, socket, wss } = await rawPair(t, options, request);

    assert.equal(wss.clients.has(socket), true);
    assert.equal(socket.extensions, 'permessage-deflate');
    assert.deepEqual(
      ['allowSynchronousEvents', 'maxBufferedChunks', 'maxFragments', 'maxPayload', 'skipUTF8Validation'].map(
        (name) => seen[name]
      ),
      [true, 256 * 1024, 3, 10, false]
    );
    socket.on('message', (data) => socket.send(data, { compress: false }));
    client.send(2, 'echo');

    const echo = await client.frame();

    assert.deepEqual([echo.rsv, echo.payload.toString()], [0, 'echo']);
    // Its limits hold, and it inflates.
    client.write(encode(2, Buffer.from('4a4c4c4c4c4c4c4c4c4c4c0400', 'hex'), { rsv: 4 }));

    const [err] = await once(socket, 'error');

    assert.equal(err.code, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH');
  });

  test('may put something in between in setSocket() of a client', async (t) => {
    class Wrapped extends WebSocket {
      setSocket(socket, head, options) {
        this.limit = options.maxPayload;
        super.setSocket(piped(socket), head, options);
      }
    }

    const { next, url } = await rawServer(t);
    const mask = Buffer.from([1, 2, 3, 4]);
    const generateMask = (key) => mask.copy(key);
    const ws = connectAs(Wrapped, url, { generateMask, maxPayload: 7, perMessageDeflate: false });
    const peer = await next();

    t.after(() => ws.terminate());
    await Promise.all([answer(peer, {}, encode(1, 'early', { mask: false })), once(ws, 'message')]);
    assert.equal(ws.limit, 7);
    ws.send('text');

    const bytes = await peer.take(() => (peer.received.length >= 10 ? peer.cut(10) : null));

    assert.deepEqual(bytes.subarray(2, 6), mask);
  });

  test('need not be, when the methods of all WebSockets are replaced', async (t) => {
    const calls = [];

    for (const name of ['pong', 'setSocket']) {
      const method = WebSocket.prototype[name];

      WebSocket.prototype[name] = function (...args) {
        calls.push(name);
        return method.apply(this, args);
      };
      t.after(() => (WebSocket.prototype[name] = method));
    }

    const { client } = await rawPair(t);

    client.send(9, 'ping');
    assert.equal((await client.frame()).opcode, 10);
    assert.deepEqual(calls, ['setSocket', 'pong']);
  });

  test('of the server sees the event of the headers, although nobody listens', async (t) => {
    const { port, wss } = await serve(t);
    const seen = [];
    const { emit } = wss;

    wss.emit = function (event, ...args) {
      seen.push(event);
      if (event === 'headers') args[0].push('X-Own: yes');
      return emit.call(this, event, ...args);
    };

    const [client] = await Promise.all([RawClient.open(port), once(wss, 'connection')]);

    t.after(() => client.socket.destroy());
    assert.match(client.response, /x-own: yes/i);
    assert.equal(seen[0], 'headers');
  });
});
