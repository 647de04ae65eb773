'use strict';

// Over what does it run? Plain sockets, TLS, Unix sockets and any Duplex give the same WebSocket.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { duplexPair } = require('../../lib/use/duplex-pair');
const { encode } = require('../support/frames');
const { KEY, RawClient } = require('../support/raw-client');
const { record } = require('../support/serve');
const { WebSocketServer, isWs } = require('../support/implementation');

const fixture = (name) => fs.readFileSync(path.join(__dirname, '..', 'fixtures', name));
const isStreamForced = process.env.UPSHIFT_TRANSPORT === 'stream';

/** name: [makes the server, what it listens to, what the client connects to, its transport] */
const KINDS = {
  'a TCP socket': {
    server: () => http.createServer(),
    where: { port: 0, host: '127.0.0.1' },
    target: (server) => ({ port: server.address().port, host: '127.0.0.1' }),
    transport: isStreamForced ? 'stream' : 'fd'
  },
  'an IPv6 socket': {
    server: () => http.createServer(),
    where: { port: 0, host: '::1' },
    target: (server) => ({ port: server.address().port, host: '::1' }),
    transport: isStreamForced ? 'stream' : 'fd',
    skip: !Object.values(os.networkInterfaces())
      .flat()
      .some(({ address }) => address === '::1')
  },
  'a Unix socket': {
    server: () => http.createServer(),
    where: { path: path.join(os.tmpdir(), `upshift-test-${process.pid}.sock`) },
    target: (server) => ({ path: server.address() }),
    transport: isStreamForced ? 'stream' : 'fd'
  },
  'a TLS socket': {
    server: () => https.createServer({ cert: fixture('localhost-cert.pem'), key: fixture('localhost-key.pem') }),
    where: { port: 0, host: '127.0.0.1' },
    target: (server) => ({ port: server.address().port, tls: true }),
    transport: 'stream'
  }
};

/**
 * Starts a server of a kind.
 *
 * @param {TestContext} t The test
 * @param {Object} kind The kind
 * @return {Promise<Object>} `{ client, server, socket, wss }`
 */
async function connected(t, kind) {
  const server = kind.server();
  const wss = new WebSocketServer({ server });

  server.listen(kind.where);
  await once(server, 'listening');
  t.after(() => {
    for (const one of wss.clients) one.terminate();
    server.close();
  });

  const [[socket], client] = await Promise.all([once(wss, 'connection'), RawClient.open(kind.target(server))]);

  t.after(() => client.socket.destroy());
  return { client, server, socket, wss };
}

for (const [name, kind] of Object.entries(KINDS)) {
  describe(`over ${name}`, { skip: kind.skip ?? false }, () => {
    test('the transport is the right one', { skip: isWs }, async (t) => {
      const { socket } = await connected(t, kind);

      assert.equal(socket.transport, kind.transport);
    });

    test('messages of all sizes are echoed', async (t) => {
      const { client, socket } = await connected(t, kind);

      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
      for (const size of [0, 1, 125, 126, 5000, 16384, 65536, 1000000]) {
        const payload = Buffer.alloc(size, 'some payload ');

        client.send(2, payload);
        assert.ok((await client.frame()).payload.equals(payload), `${size} bytes`);
      }
    });

    test('many messages at once are echoed in order', async (t) => {
      const { client, socket } = await connected(t, kind);
      const count = 1000;

      socket.on('message', (data) => socket.send(data));
      client.write(Buffer.concat(Array.from({ length: count }, (_, i) => encode(1, `${i}`))));
      for (let i = 0; i < count; i++) assert.equal((await client.frame()).payload.toString(), `${i}`);
    });

    test('the closing handshake is made', async (t) => {
      const { client, socket } = await connected(t, kind);
      const closed = once(socket, 'close');

      socket.close(1001, 'done');
      assert.equal((await client.frame()).payload.subarray(2).toString(), 'done');
      client.sendClose(1001);
      assert.equal((await closed)[0], 1001);
      assert.equal((await client.rest()).length, 0);
    });

    test('sends before the end arrive', async (t) => {
      const { client, socket } = await connected(t, kind);
      const size = 3000000;

      socket.send(Buffer.alloc(size));
      socket.close(1000);
      assert.equal((await client.frame()).payload.length, size);
      assert.equal((await client.frame()).opcode, 8);
    });

    test('the socket is the one the application knows', async (t) => {
      const { client, server, socket } = await connected(t, kind);
      const known = socket._socket;

      assert.ok(known instanceof net.Socket);
      assert.equal(known.destroyed, false);
      assert.equal(await new Promise((resolve) => server.getConnections((err, n) => resolve(n))), 1);
      if (kind.where.port === 0) assert.equal(known.remotePort, client.socket.localPort);

      const order = record(known, ['close']);
      const closed = once(socket, 'close');

      known.destroy();
      await closed;
      if (order.length === 0) await once(known, 'close');
      assert.equal(await new Promise((resolve) => server.getConnections((err, n) => resolve(n))), 0);
    });

    test('a paused WebSocket pushes back', async (t) => {
      const { client, socket } = await connected(t, kind);
      const count = 400;
      let received = 0;

      socket.pause();
      for (let i = 0; i < count; i++) client.send(2, Buffer.alloc(65536));
      for (let last = -1; last !== client.socket.writableLength;) {
        last = client.socket.writableLength;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      assert.ok(client.socket.writableLength > 5000000, `${client.socket.writableLength}`);
      socket.on('message', () => received++);
      socket.resume();
      while (received < count) await once(socket, 'message');
    });
  });
}

describe('over any Duplex', () => {
  const request = (socket) => ({
    method: 'GET',
    url: '/',
    socket,
    headers: { upgrade: 'websocket', 'sec-websocket-key': KEY, 'sec-websocket-version': 13 }
  });

  /**
   * Upgrades one end of a pair.
   *
   * @param {Object} [options] Options of the stream
   * @param {Buffer} [head] What came behind the request
   * @return {Promise<Object>} `{ client, socket, stream }`
   */
  async function paired(options, head = Buffer.alloc(0)) {
    const [stream, peer] = duplexPair(options);
    const wss = new WebSocketServer({ noServer: true });
    const client = new RawClient(peer);
    const socket = await new Promise((resolve) => wss.handleUpgrade(request(stream), stream, head, resolve));

    return { client, socket, stream };
  }

  test('messages are echoed, from the head on', async () => {
    const { client, socket } = await paired({}, encode(1, 'in the head'));

    socket.on('message', (data) => socket.send(data));
    assert.match(await client.head(), /^HTTP\/1\.1 101 /);
    assert.equal((await client.frame()).payload.toString(), 'in the head');
    client.send(1, 'later');
    assert.equal((await client.frame()).payload.toString(), 'later');
    client.send(2, Buffer.alloc(200000, 1));
    assert.equal((await client.frame()).payload.length, 200000);
    socket.terminate();
    await once(socket, 'close');
  });

  test('the closing handshake is made', async () => {
    const { client, socket, stream } = await paired();
    const closed = once(socket, 'close');

    await client.head();
    client.sendClose(1000, 'bye');
    assert.equal((await client.frame()).opcode, 8);
    assert.deepEqual(await closed, [1000, Buffer.from('bye')]);
    assert.equal(stream.destroyed, true);
  });

  test('its error is the end, with 1006', async () => {
    const { socket, stream } = await paired();
    const errors = record(socket, ['error']);
    const closed = new Promise((resolve) => socket.on('close', resolve));

    stream.destroy(new Error('broken'));
    assert.equal(await closed, 1006);
    assert.deepEqual(errors, []);
  });

  test('what it has buffered when it is destroyed is delivered', async () => {
    const { client, socket, stream } = await paired();
    const messages = record(socket, ['message']);

    await client.head();

    const first = once(socket, 'message');

    client.send(1, 'first');
    await first;
    socket.pause();
    client.send(1, 'buffered');
    while (stream.readableLength === 0) await new Promise((resolve) => setImmediate(resolve));
    stream.destroy();
    await once(socket, 'close');
    assert.deepEqual(
      messages.map(([, data]) => data.toString()),
      ['first', 'buffered']
    );
  });

  test('bufferedAmount is what it has not passed on', async () => {
    const { client, socket } = await paired({ highWaterMark: 100 });

    await client.head();
    client.socket.pause();
    socket.send(Buffer.alloc(100000));
    socket.send(Buffer.alloc(100000));
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(socket.bufferedAmount >= 100000, `${socket.bufferedAmount}`);
    client.socket.resume();
    while (socket.bufferedAmount > 0) await new Promise((resolve) => setImmediate(resolve));
    socket.terminate();
    await once(socket, 'close');
  });
});
