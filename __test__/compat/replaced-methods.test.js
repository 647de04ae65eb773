'use strict';

// What if the methods of a net.Socket are not Node's? Whoever replaces them, on one socket or in a class that extends it,
// encrypts what is sent, counts it or looks at it, and must not be passed by.

const assert = require('node:assert/strict');
const http = require('node:http');
const net = require('node:net');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { RawClient } = require('../support/raw-client');
const { WebSocket, WebSocketServer, ownAddition } = require('../support/implementation');
const { onTcp } = require('../support/over');
const { answer, rawServer } = require('../support/raw-server');

const KEY = 0x55;

/** @return {Buffer} A chunk, scrambled or as it was */
function xor(chunk, encoding) {
  return Buffer.from(chunk, encoding === 'buffer' ? undefined : encoding).map((byte) => byte ^ KEY);
}

/** What scrambles in both directions, over the methods of `Base`. */
const scrambling = (Base) =>
  class extends Base {
    /** @override */
    _write(chunk, encoding, cb) {
      super._write(xor(chunk, encoding), 'buffer', cb);
    }

    /** @override */
    _writev(chunks, cb) {
      super._write(Buffer.concat(chunks.map((one) => xor(one.chunk, one.encoding))), 'buffer', cb);
    }

    /** @override */
    push(chunk, encoding) {
      return super.push(chunk && xor(chunk), encoding);
    }
  };

const Scrambling = scrambling(net.Socket);

/** A raw peer that scrambles, too. */
class ScrambledClient extends RawClient {
  /** @param {net.Socket} socket As for `RawClient` */
  constructor(socket) {
    const { on } = socket;

    // What comes is made readable before it is looked at.
    socket.on = function (event, listener) {
      return on.call(this, event, event === 'data' ? (chunk) => listener(xor(chunk)) : listener);
    };
    super(socket);
  }

  /** @override */
  write(data) {
    super.write(xor(data));
  }
}

/**
 * Starts a server whose sockets are made by the test.
 *
 * @param {TestContext} t The test
 * @param {Function} wrap Makes a socket of an accepted one
 * @param {Object} [options] Options of the WebSocket server
 * @return {Promise<Object>} `{ port, wss }`
 */
async function serveOver(t, wrap, options) {
  const server = http.createServer();
  const wss = new WebSocketServer({ perMessageDeflate: false, server, ...options });
  const listener = net.createServer({ allowHalfOpen: true }, (socket) => server.emit('connection', wrap(socket)));

  t.after(() => {
    for (const ws of wss.clients) ws.terminate();
    listener.close();
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return { port: listener.address().port, wss };
}

/**
 * Has an accepted connection go on in a socket of another class.
 *
 * @param {Function} Class The class
 * @return {Function} Makes such a socket
 */
function as(Class) {
  return (socket) => {
    const { _handle } = socket;

    // Its handle is the other one's from now on, and Node's parser does not read it by itself.
    socket._handle = null;
    _handle._consumed = true;
    return new Class({ allowHalfOpen: true, handle: _handle });
  };
}

/** Notes the names of the methods that are called on a socket. */
function noting(socket, names, calls = []) {
  for (const name of names) {
    const method = socket[name];

    socket[name] = function (...args) {
      calls.push([name, args[0]]);
      return method.apply(this, args);
    };
  }
  return calls;
}

/** Closes a WebSocket from the peer's side. */
async function closeBy(peer, ws) {
  const closed = once(ws, 'close');

  peer.sendClose(1000);
  assert.equal((await peer.frame()).opcode, 8);
  assert.equal((await closed)[0], 1000);
}

/** The text of what was written. */
const textOf = (calls) => calls.map(([, chunk]) => (typeof chunk === 'string' ? chunk : String(chunk))).join('');

describe('a socket that scrambles', () => {
  test('does so for a client, in both directions', onTcp, async (t) => {
    const { next, port } = await rawServer(t, 0, (accept) => {
      return net.createServer({ allowHalfOpen: true }, accept);
    });
    const ws = new WebSocket(`ws://127.0.0.1:${port}`, {
      createConnection: () => new Scrambling({ allowHalfOpen: true }).connect(port, '127.0.0.1'),
      perMessageDeflate: false
    });

    t.after(() => ws.terminate());

    const { socket } = await next();

    socket.removeAllListeners('data');

    const peer = new ScrambledClient(socket);

    await Promise.all([answer(peer), once(ws, 'open')]);
    ws.send('a secret');
    assert.equal((await peer.frame()).payload.toString(), 'a secret');

    const message = once(ws, 'message');

    peer.send(1, 'another', { mask: false });
    assert.equal((await message)[0].toString(), 'another');
    ws.terminate();
    await once(ws, 'close');
  });

  test('does so for a server, in both directions', onTcp, async (t) => {
    const { port, wss } = await serveOver(t, as(Scrambling));
    const socket = net.connect({ allowHalfOpen: true, host: '127.0.0.1', port });

    t.after(() => socket.destroy());

    const peer = new ScrambledClient(socket);
    const accepted = once(wss, 'connection');

    peer.write(Buffer.from(RawClient.request()));
    assert.match(await peer.head(), /^HTTP\/1\.1 101 /);

    const [ws] = await accepted;

    ws.on('message', (data) => ws.send(`${data}!`));
    peer.send(1, 'a secret');
    assert.equal((await peer.frame()).payload.toString(), 'a secret!');
    await closeBy(peer, ws);
  });

  test('does so from the handshake on, where its methods are replaced for it', onTcp, async (t) => {
    const server = http.createServer();
    const wss = new WebSocketServer({ noServer: true, perMessageDeflate: false });

    server.on('upgrade', (req, socket, head) => {
      for (const name of ['_write', '_writev', 'push']) {
        // `super` in them is what their class extends.
        socket[name] = Scrambling.prototype[name];
      }
      wss.handleUpgrade(req, socket, head, (ws) => ws.on('message', (data) => ws.send(`${data}!`)));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => {
      for (const ws of wss.clients) ws.terminate();
      server.close();
    });

    const socket = net.connect({ allowHalfOpen: true, host: '127.0.0.1', port: server.address().port });

    t.after(() => socket.destroy());

    const peer = new ScrambledClient(socket);

    socket.write(RawClient.request());
    assert.match(await peer.head(), /^HTTP\/1\.1 101 /);
    peer.send(1, 'a secret');
    assert.equal((await peer.frame()).payload.toString(), 'a secret!');
  });
});

describe('a method that is replaced', () => {
  test('sees the 101 and every frame: write() of one socket', onTcp, async (t) => {
    let calls;
    const { port, wss } = await serveOver(t, (socket) => {
      calls = noting(socket, ['write']);
      return socket;
    });
    const [[ws], peer] = await Promise.all([once(wss, 'connection'), RawClient.open(port)]);

    t.after(() => peer.socket.destroy());
    ws.send('counted');
    assert.equal((await peer.frame()).payload.toString(), 'counted');
    assert.match(textOf(calls), /^HTTP\/1\.1 101 [^]*counted/);
    assert.equal(Buffer.byteLength(textOf(calls), 'latin1') >= peer.response.length + 9, true);
  });

  test('sees them in a class that extends net.Socket', onTcp, async (t) => {
    const calls = [];

    class Counting extends net.Socket {
      /** @override */
      _write(chunk, encoding, cb) {
        calls.push(['_write', chunk]);
        super._write(chunk, encoding, cb);
      }

      /** @override */
      _writev(chunks, cb) {
        for (const { chunk } of chunks) calls.push(['_writev', chunk]);
        super._writev(chunks, cb);
      }
    }

    const { port, wss } = await serveOver(t, as(Counting));
    const [[ws], peer] = await Promise.all([once(wss, 'connection'), RawClient.open(port)]);

    t.after(() => peer.socket.destroy());
    ws.send('counted');
    assert.equal((await peer.frame()).payload.toString(), 'counted');
    assert.match(textOf(calls), /^HTTP\/1\.1 101 [^]*counted/);
  });

  test('sees what is read: push() and emit()', onTcp, async (t) => {
    for (const name of ['push', 'emit']) {
      const calls = [];
      const { port, wss } = await serveOver(t, (socket) => {
        noting(socket, [name], calls);
        return socket;
      });
      const [[ws], peer] = await Promise.all([once(wss, 'connection'), RawClient.open(port)]);

      t.after(() => peer.socket.destroy());
      calls.length = 0;
      peer.send(1, 'read');
      assert.equal((await once(ws, 'message'))[0].toString(), 'read');
      assert.ok(
        calls.some(([, what]) => what === 'data' || what.length === 10),
        name
      );
    }
  });

  test('is called at the end: end() after a closing handshake, destroy() otherwise', onTcp, async (t) => {
    const calls = [];
    const { port, wss } = await serveOver(t, (socket) => {
      noting(socket, ['end', 'destroy'], calls);
      return socket;
    });
    const [[first], peer] = await Promise.all([once(wss, 'connection'), RawClient.open(port)]);

    await closeBy(peer, first);
    assert.equal(calls[0][0], 'end');
    calls.length = 0;

    const [[second], other] = await Promise.all([once(wss, 'connection'), RawClient.open(port)]);

    t.after(() => other.socket.destroy());
    second.terminate();
    assert.equal(calls.length, 1);
    await once(second, 'close');
    assert.deepEqual(
      calls.map(([name]) => name),
      ['destroy']
    );
  });

  test('is the way of a WebSocket, whatever its transport is to be', { ...onTcp, ...ownAddition }, async (t) => {
    const { port, wss } = await serveOver(
      t,
      (socket) => {
        noting(socket, ['write']);
        return socket;
      },
      { transport: 'fd' }
    );
    const [[ws], peer] = await Promise.all([once(wss, 'connection'), RawClient.open(port)]);

    t.after(() => peer.socket.destroy());
    assert.equal(ws.transport, 'stream');
  });
});
