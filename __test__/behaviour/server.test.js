'use strict';

// What does a WebSocketServer do besides accepting? Its options, events and methods, alone on a port or beside an HTTP
// server.

const assert = require('node:assert/strict');
const http = require('node:http');
const net = require('node:net');
const os = require('node:os');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const ws = require('ws');

const { ACCEPT, RawClient } = require('../support/raw-client');
const { rawPair, serve, wsPair } = require('../support/serve');
const { WebSocket, WebSocketServer } = require('../support/implementation');
const { onHttp1, onSocket, onTcp } = require('../support/over');

const hasIPv6 = Object.values(os.networkInterfaces()).some((list) => list.some(({ address }) => address === '::1'));

/**
 * Starts a server on a port of its own.
 *
 * @param {TestContext} t The test
 * @param {Object} [options] Options
 * @return {Promise<WebSocketServer>} The server
 */
async function alone(t, options) {
  const wss = new WebSocketServer({ host: '127.0.0.1', port: 0, ...options });

  t.after(() => {
    for (const socket of wss.clients ?? []) socket.terminate();
    wss.close();
  });
  await once(wss, 'listening');
  return wss;
}

describe('the constructor', () => {
  test('wants exactly one of port, server and noServer', () => {
    const message = 'One and only one of the "port", "server", or "noServer" options must be specified';
    const server = http.createServer();

    for (const options of [
      undefined,
      {},
      { port: 0, server },
      { port: 0, noServer: true },
      { server, noServer: true },
      { port: 0, server, noServer: true }
    ]) {
      assert.throws(() => new WebSocketServer(options), { name: 'TypeError', message });
    }
  });

  test('keeps its options, with the defaults of ws', () => {
    const { options } = new WebSocketServer({ noServer: true, path: '/x', somethingElse: 5 });
    const defaults = {
      allowSynchronousEvents: true,
      autoPong: true,
      maxBufferedChunks: 262144,
      maxFragments: 16384,
      maxPayload: 104857600,
      skipUTF8Validation: false,
      perMessageDeflate: false,
      handleProtocols: null,
      clientTracking: true,
      closeTimeout: 30000,
      verifyClient: null,
      noServer: true,
      backlog: null,
      server: null,
      host: null,
      port: null,
      WebSocket,
      path: '/x',
      somethingElse: 5
    };

    for (const [name, value] of Object.entries(defaults)) assert.equal(options[name], value, name);
  });

  test('calls back when it listens', async (t) => {
    await new Promise((resolve) => {
      const wss = new WebSocketServer({ host: '127.0.0.1', port: 0 }, resolve);

      t.after(() => wss.close());
    });
  });

  test('has names for itself', () => {
    assert.equal(WebSocket.WebSocketServer, WebSocketServer);
    assert.equal(WebSocket.Server, WebSocketServer);
    assert.equal(WebSocket.WebSocket, WebSocket);
  });
});

describe('events', () => {
  test("'listening' and 'error' are those of the HTTP server", async (t) => {
    const { port, server, wss } = await serve(t);
    const other = new WebSocketServer({ host: '127.0.0.1', port });

    assert.equal((await once(other, 'error'))[0].code, 'EADDRINUSE');

    const error = once(wss, 'error');

    server.emit('error', new Error('mine'));
    assert.equal((await error)[0].message, 'mine');
  });

  test('terminate() in the connection handler comes after the response', onTcp, async (t) => {
    const { port, wss } = await serve(t);

    wss.on('connection', (socket) => {
      socket.send('no place');
      socket.terminate();
    });

    const client = await RawClient.open(port);

    assert.equal((await client.frame()).payload.toString(), 'no place');
    await client.closed;
  });

  test("'connection' passes the WebSocket and the request", async (t) => {
    const { port, wss } = await serve(t);
    const connection = once(wss, 'connection');
    const client = await RawClient.open(port, { path: '/some/path?query', headers: { 'X-Mine': '1' } });

    t.after(() => client.socket.destroy());

    const [socket, req] = await connection;

    assert.ok(socket instanceof WebSocket);
    assert.equal(socket.readyState, WebSocket.OPEN);
    assert.equal(req.url, '/some/path?query');
    assert.equal(req.headers['x-mine'], '1');
    assert.equal(req.socket, socket._socket);
  });

  test("'headers' lets the response be changed", onHttp1, async (t) => {
    const { port, wss } = await serve(t);
    let seen;

    wss.on('headers', (headers, req) => {
      seen = [...headers];
      headers.push(`X-Path: ${req.url}`, 'Set-Cookie: grüße=1');
    });

    const client = await RawClient.open(port, { path: '/p' });

    t.after(() => client.socket.destroy());
    assert.deepEqual(seen, [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${ACCEPT}`
    ]);
    assert.equal(
      client.response,
      `${seen.join('\r\n')}\r\nX-Path: /p\r\nSet-Cookie: ${Buffer.from('grüße').toString('latin1')}=1\r\n\r\n`
    );
  });

  test("'wsClientError' takes improper handshakes over", onHttp1, async (t) => {
    const { port, wss } = await serve(t);
    const client = await RawClient.connect(port);
    const error = once(wss, 'wsClientError');

    t.after(() => client.socket.destroy());
    client.write(RawClient.request({ headers: { 'Sec-WebSocket-Key': 'short' } }));

    const [err, socket, req] = await error;

    assert.ok(err instanceof Error);
    assert.equal(err.message, 'Missing or invalid Sec-WebSocket-Key header');
    assert.equal(req.headers['sec-websocket-key'], 'short');
    socket.end('HTTP/1.1 418 My own answer\r\n\r\n');
    assert.equal(await client.head(), 'HTTP/1.1 418 My own answer\r\n\r\n');
  });
});

describe('clients', () => {
  test('holds the open connections', async (t) => {
    const { socket, client, wss } = await rawPair(t);

    assert.ok(wss.clients instanceof Set);
    assert.deepEqual([...wss.clients], [socket]);

    const size = new Promise((resolve) => socket.on('close', () => resolve(wss.clients.size)));

    client.sendClose(1000);
    assert.equal(await size, 0);
  });

  test('is not there with clientTracking: false', async (t) => {
    const { socket, client, wss } = await rawPair(t, { clientTracking: false });

    assert.equal(wss.clients, undefined);
    client.send(1, 'works');
    await once(socket, 'message');
  });
});

describe('close()', () => {
  test('stops listening, lets connections live, and ends after them', async (t) => {
    const { client, socket, wss } = await rawPair(t);
    const order = [];

    wss.on('close', () => order.push('event'));
    wss.close(() => order.push('callback'));
    client.send(1, 'still here');
    assert.equal((await once(socket, 'message'))[0].toString(), 'still here');
    assert.deepEqual(order, []);
    client.sendClose(1000);
    await once(wss, 'close');
    assert.deepEqual(order, ['event', 'callback']);
  });

  test('closes the HTTP server that is its own, and waits for it', onTcp, async (t) => {
    const wss = await alone(t);
    const client = await RawClient.open(wss.address().port);
    let isClosed = false;
    const closed = new Promise((resolve) => {
      wss.close(() => {
        isClosed = true;
        resolve();
      });
    });

    const refused = net.connect(wss.options.port || client.socket.remotePort, '127.0.0.1');

    assert.equal((await once(refused, 'error'))[0].code, 'ECONNREFUSED');
    assert.equal(isClosed, false);
    client.sendClose();
    await closed;
  });

  test('leaves a server that is not its own alone', onSocket, async (t) => {
    const { port, server, wss } = await serve(t);

    await new Promise((resolve) => wss.close(resolve));
    assert.equal(server.listening, true);
    assert.equal(server.listenerCount('upgrade'), 0);
    server.once('upgrade', (req, socket) => socket.end('HTTP/1.1 200 Not a WebSocket any more\r\n\r\n'));

    const client = await RawClient.connect(port);

    client.write(RawClient.request());
    assert.match(await client.head(), /^HTTP\/1\.1 200 /);
  });

  test('can be called twice, and once too often', async () => {
    const wss = new WebSocketServer({ noServer: true });
    const calls = [];

    wss.close((err) => calls.push(err?.message));
    wss.close((err) => calls.push(err?.message));
    await once(wss, 'close');
    await new Promise((resolve) => {
      wss.close((err) => {
        calls.push(err.message);
        resolve();
      });
    });
    assert.deepEqual(calls, [undefined, undefined, 'The server is not running']);
  });

  test('works without clientTracking', async (t) => {
    const { wss } = await rawPair(t, { clientTracking: false });

    await new Promise((resolve) => wss.close(resolve));
  });

  test('makes late handshakes get a 503', onHttp1, async (t) => {
    const { port, server, wss } = await serve(t, { noServer: true });
    const client = await RawClient.connect(port);

    server.on('upgrade', (req, socket, head) => {
      wss.close();
      wss.handleUpgrade(req, socket, head, () => assert.fail('upgraded'));
    });
    client.write(RawClient.request());
    assert.equal(
      (await client.rest()).toString(),
      'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Type: text/html\r\n' +
        'Content-Length: 19\r\n\r\nService Unavailable'
    );
  });
});

describe('the server', () => {
  test('knows its address', async (t) => {
    const wss = await alone(t);
    const { address, family, port } = wss.address();

    assert.deepEqual([address, family, typeof port], ['127.0.0.1', 'IPv4', 'number']);
    assert.throws(() => new WebSocketServer({ noServer: true }).address(), {
      message: 'The server is operating in "noServer" mode'
    });

    const closed = new WebSocketServer({ host: '127.0.0.1', port: 0 });

    await once(closed, 'listening');
    closed.close();
    assert.equal(closed.address(), null);
  });

  test('listens where the options say, with the backlog they say', async (t) => {
    const { address, family } = (await alone(t, { host: undefined })).address();

    assert.ok(['::', '0.0.0.0'].includes(address), address);
    assert.equal(family, net.isIPv6(address) ? 'IPv6' : 'IPv4');
    if (hasIPv6) assert.deepEqual((await alone(t, { host: '::1' })).address().address, '::1');

    const listen = t.mock.method(net.Server.prototype, 'listen');

    await alone(t, { backlog: 7 });
    assert.ok(listen.mock.calls[0].arguments.includes(7));
  });

  test('accepts connections on a port of its own', async (t) => {
    const wss = await alone(t);
    const client = new ws(`ws://127.0.0.1:${wss.address().port}`);

    wss.on('connection', (socket) => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })));
    await once(client, 'open');
    client.send('echo');
    assert.equal((await once(client, 'message'))[0].toString(), 'echo');
    client.close();
    await once(client, 'close');
  });

  test('handles a path only if it is its own', async (t) => {
    const { port, wss } = await serve(t, { path: '/chat' });
    const client = await RawClient.open(port, { path: '/chat?room=1' });

    t.after(() => client.socket.destroy());
    assert.equal(wss.shouldHandle({ url: '/chat' }), true);
    assert.equal(wss.shouldHandle({ url: '/chat?' }), true);
    assert.equal(wss.shouldHandle({ url: '/chat/' }), false);
    assert.equal(wss.shouldHandle({ url: '/' }), false);
    assert.equal(new WebSocketServer({ noServer: true }).shouldHandle({ url: '/any' }), true);
  });

  test('makes instances of the class it is told to', async (t) => {
    class Mine extends WebSocket {
      get mine() {
        return true;
      }
    }
    const { socket } = await wsPair(t, { WebSocket: Mine });

    assert.ok(socket instanceof Mine);
    assert.equal(socket.mine, true);
  });

  test('lets itself be extended', onTcp, async (t) => {
    class Mine extends WebSocketServer {
      shouldHandle(req) {
        return req.url === '/mine';
      }

      completeUpgrade(...args) {
        this.completed = args.length;
        super.completeUpgrade(...args);
      }
    }
    const server = http.createServer();
    const wss = new Mine({ server });

    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());

    const client = await RawClient.open(server.address().port, { path: '/mine' });

    assert.equal(wss.completed, 7);
    assert.ok(client.response.includes(ACCEPT));
    client.socket.destroy();
  });
});
