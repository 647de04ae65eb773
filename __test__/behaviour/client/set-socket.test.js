'use strict';

// What if somebody else makes the opening handshake? `setSocket()` takes the stream then; what packages lean on is there.

const assert = require('node:assert/strict');
const http = require('node:http');
const net = require('node:net');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { duplexPair } = require('../../../lib/use/duplex-pair');
const { encode } = require('../../support/frames');
const { WebSocket, WebSocketServer } = require('../../support/implementation');
const { RawClient } = require('../../support/raw-client');
const { acceptOf, parseHead, rawServer, response } = require('../../support/raw-server');

const NOTHING = Buffer.alloc(0);

/**
 * Makes a client over one end of a pair.
 *
 * @param {TestContext} t The test
 * @param {Object} [options] Options of `setSocket()`
 * @param {Buffer} [head] What arrived already
 * @return {Object} `{ peer, ws }`
 */
function clientOver(t, options = {}, head = NOTHING) {
  const [ours, theirs] = duplexPair();
  const ws = new WebSocket(null, undefined, { isServer: false });

  t.after(() => ours.destroy());
  assert.equal(ws._socket, null);
  ws._isServer = false;
  ws.setSocket(ours, head, options);
  return { ours, peer: new RawClient(theirs), ws };
}

describe('setSocket()', () => {
  test('opens the WebSocket at once', (t) => {
    const [ours] = duplexPair();
    const ws = new WebSocket(null, undefined, { isServer: false });
    const states = [ws.readyState];

    t.after(() => ours.destroy());
    ws.on('open', () => states.push(ws.readyState));
    ws._isServer = false;
    ws.setSocket(ours, NOTHING, {});
    assert.deepEqual(states, [WebSocket.CONNECTING, WebSocket.OPEN]);
    assert.equal(ws._socket, ours);
    assert.equal(ws._isServer, false);
    assert.equal(ws.url, undefined);
  });

  test('makes a client that masks, and takes what is not masked', async (t) => {
    const { peer, ws } = clientOver(t, {}, encode(1, 'early', { mask: false }));
    const messages = [];

    ws.on('message', (data) => messages.push(data.toString()));
    ws.send('out');
    assert.deepEqual([(await peer.frame()).isMasked, peer.socket.destroyed], [true, false]);
    peer.send(1, 'later', { mask: false });
    while (messages.length < 2) await new Promise(setImmediate);
    assert.deepEqual(messages, ['early', 'later']);

    const close = once(ws, 'close');

    ws.close(1000);
    peer.send(8, (await peer.frame()).payload, { mask: false });
    assert.equal((await close)[0], 1000);
  });

  test('makes a server unless told otherwise', async (t) => {
    const [ours, theirs] = duplexPair();
    const ws = new WebSocket(null, undefined, { autoPong: true });
    const peer = new RawClient(theirs);

    t.after(() => ours.destroy());
    assert.equal(ws._isServer, true);
    ws.setSocket(ours, NOTHING, {});
    peer.send(9, 'well?');

    const pong = await peer.frame();

    assert.equal(pong.opcode, 10);
    assert.equal(pong.isMasked, false);

    // Such a pair delivers within the write.
    const error = once(ws, 'error');

    peer.send(1, 'not masked', { mask: false });
    assert.equal((await error)[0].code, 'WS_ERR_EXPECTED_MASK');
  });

  test('has no limits that are not named', async (t) => {
    const data = Buffer.alloc(101 * 1024 * 1024);
    const { peer, ws } = clientOver(t, { maxPayload: 0 });
    const message = once(ws, 'message');

    peer.write(encode(2, '', { mask: false }).subarray(0, 1));
    peer.write(Buffer.from([127, 0, 0, 0, 0, ...[24, 16, 8, 0].map((bits) => (data.length >> bits) & 0xff)]));
    peer.write(data);
    assert.equal((await message)[0].length, data.length);

    const { peer: other, ws: limited } = clientOver(t, { maxPayload: 3 });
    const error = once(limited, 'error');

    other.send(1, 'four', { mask: false });
    assert.equal((await error)[0].code, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH');
  });

  test('masks with generateMask', async (t) => {
    const { peer, ws } = clientOver(t, { generateMask: (mask) => mask.fill(0x11) });

    ws.send('ab');

    const bytes = await peer.take(() => (peer.received.length < 8 ? null : peer.cut(8)));

    assert.deepEqual(bytes, Buffer.from([0x81, 0x82, 0x11, 0x11, 0x11, 0x11, 0x61 ^ 0x11, 0x62 ^ 0x11]));
  });

  test('takes a socket of the network too', async (t) => {
    const { next, port } = await rawServer(t);
    const socket = net.connect(port, '127.0.0.1');
    const ws = new WebSocket(null, undefined, { isServer: false });

    t.after(() => socket.destroy());
    await once(socket, 'connect');
    ws._isServer = false;
    ws.setSocket(socket, NOTHING, {});

    const peer = await next();

    peer.send(1, 'hello', { mask: false });
    assert.equal((await once(ws, 'message'))[0].toString(), 'hello');
    ws.send('back');
    assert.equal((await peer.frame()).payload.toString(), 'back');
    assert.equal(ws._socket, socket);
    assert.equal(ws._socket.remotePort, port);
  });
});

describe('what @fastify/websocket does to test routes', () => {
  test('works: handleUpgrade() and setSocket() over two Duplexes', async (t) => {
    const [clientStream, serverStream] = duplexPair();
    const server = http.createServer();
    const wss = new WebSocketServer({ noServer: true });
    const key = Buffer.alloc(16, 'k').toString('base64');
    const messages = [];

    t.after(() => clientStream.destroy());
    server.on('upgrade', (req, socket, head) => {
      wss.handleUpgrade(req, socket, head, (ws) => ws.on('message', (data) => ws.send(`${data}!`)));
    });

    const ws = new WebSocket(null, undefined, { isServer: false });
    const opened = new Promise((resolve) => {
      clientStream.once('data', (head) => {
        assert.match(head.toString(), /^HTTP\/1\.1 101 /);
        ws._isServer = false;
        ws.setSocket(clientStream, NOTHING, { maxPayload: 0 });
        resolve();
      });
    });
    const req = new http.IncomingMessage(serverStream);

    Object.assign(req, { method: 'GET', url: '/', httpVersion: '1.1' });
    req.headers = {
      upgrade: 'websocket',
      connection: 'upgrade',
      'sec-websocket-version': '13',
      'sec-websocket-key': key
    };
    server.emit('upgrade', req, serverStream, NOTHING);
    await opened;
    ws.on('message', (data) => messages.push(data.toString()));
    ws.send('there');
    while (messages.length < 1) await new Promise(setImmediate);
    assert.deepEqual(messages, ['there!']);

    const close = once(ws, 'close');

    ws.terminate();
    await close;
  });
});

describe('a class that extends WebSocket', () => {
  test('can be a client', async (t) => {
    class Named extends WebSocket {
      /** @param {...*} args As for `WebSocket` */
      constructor(...args) {
        super(...args);
        this.given = 'a name';
      }

      /** @return {String} A text */
      greet() {
        return `I am ${this.given}`;
      }
    }

    const { next, url } = await rawServer(t);
    const ws = new Named(url);
    const peer = await next();
    const { headers } = parseHead(await peer.head());

    peer.write(response(headers['sec-websocket-key']));
    await once(ws, 'open');
    assert.equal(headers['sec-websocket-key'].length, acceptOf('').length - 4);
    assert.ok(ws instanceof WebSocket);
    assert.equal(ws.greet(), 'I am a name');
    ws.terminate();
  });

  test('can be what a server hands out', async (t) => {
    class Counting extends WebSocket {
      sentSoFar = 0;

      /**
       * @param {*} data The message
       * @param {...*} rest As for `WebSocket`
       */
      send(data, ...rest) {
        this.sentSoFar++;
        super.send(data, ...rest);
      }
    }

    const server = http.createServer();
    const wss = new WebSocketServer({ server, WebSocket: Counting });

    t.after(() => {
      for (const ws of wss.clients) ws.terminate();
      server.close();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');

    const client = new WebSocket(`ws://127.0.0.1:${server.address().port}`);
    const [ws] = await once(wss, 'connection');

    ws.send('one');
    assert.equal((await once(client, 'message'))[0].toString(), 'one');
    assert.equal(ws.sentSoFar, 1);
    assert.ok(ws instanceof Counting);
    client.close();
    await once(client, 'close');
  });
});
