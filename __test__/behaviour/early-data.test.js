'use strict';

// Is anything lost around the handshake? Bytes in the same packet as the request, bytes that come while somebody decides,
// requests pipelined behind a slow response.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { encode, encodeClose } = require('../support/frames');
const { httpServer } = require('../support/over');
const { RawClient } = require('../support/raw-client');
const { serve } = require('../support/serve');
const { ownAddition } = require('../support/implementation');

const numbered = (count, size = 4) =>
  Buffer.concat(Array.from({ length: count }, (_, i) => encode(2, `${i}`.padEnd(size))));

/**
 * Collects what every connection of a server receives.
 *
 * @param {WebSocketServer} wss The server
 * @param {Number} count After how many messages it is done
 * @return {Promise<String[]>} The messages
 */
function collect(wss, count) {
  return new Promise((resolve) => {
    const messages = [];

    wss.on('connection', (socket) => {
      socket.on('message', (data) => {
        messages.push(data.toString().trimEnd());
        if (messages.length === count) resolve(messages);
      });
    });
  });
}

const numbers = (count) => Array.from({ length: count }, (_, i) => `${i}`);

describe('messages behind the request', () => {
  for (const [count, size] of [
    [1, 1],
    [3, 4],
    [2000, 20],
    [20, 60000]
  ]) {
    test(`${count} of ${size} bytes are delivered, and the 101 comes first`, async (t) => {
      const { port, wss } = await serve(t);
      const messages = collect(wss, count);
      const client = await RawClient.connect(port);

      t.after(() => client.socket.destroy());
      wss.on('connection', (socket) => socket.send('welcome'));
      client.write(Buffer.concat([Buffer.from(RawClient.request()), numbered(count, size)]));
      assert.match(await client.head(), /^HTTP\/1\.1 101 /);
      assert.equal((await client.frame()).payload.toString(), 'welcome');
      assert.deepEqual(await messages, numbers(count));
    });
  }

  test('are delivered wherever the packet was cut', async (t) => {
    const { port, wss } = await serve(t);
    const bytes = Buffer.concat([Buffer.from(RawClient.request()), numbered(3, 40), encode(9, 'p')]);
    const head = bytes.indexOf('\r\n\r\n') + 4;

    for (let cut = head - 3; cut < bytes.length; cut += 5) {
      const messages = collect(wss, 3);
      const client = await RawClient.connect(port);

      client.socket.setNoDelay(true);
      client.write(bytes.subarray(0, cut));
      await new Promise((resolve) => setImmediate(resolve));
      client.write(bytes.subarray(cut));
      await client.head();
      assert.deepEqual(await messages, numbers(3));
      assert.equal((await client.frame()).opcode, 10);
      wss.removeAllListeners('connection');
      client.socket.destroy();
    }
  });

  test('and a close frame there work as anywhere', async (t) => {
    const { port, wss } = await serve(t);
    const client = await RawClient.connect(port);
    const closed = new Promise((resolve) => {
      wss.on('connection', (socket) => socket.on('close', (code) => resolve(code)));
    });

    client.write(Buffer.concat([Buffer.from(RawClient.request()), encodeClose(4002)]));
    await client.head();
    assert.equal((await client.frame()).payload.readUInt16BE(0), 4002);
    assert.equal(await closed, 4002);
  });

  test('followed by a FIN are delivered', async (t) => {
    const { port, wss } = await serve(t);
    const messages = collect(wss, 2);
    const client = await RawClient.connect(port);

    client.write(Buffer.concat([Buffer.from(RawClient.request()), numbered(2)]));
    await client.head();
    client.socket.end();
    assert.deepEqual(await messages, numbers(2));
  });

  test('are kept while verifyClient takes its time', async (t) => {
    const count = 300;
    let asked;
    const decision = new Promise((resolve) => {
      asked = resolve;
    });
    const { port, wss } = await serve(t, { verifyClient: (info, cb) => asked(cb) });
    const messages = collect(wss, count);
    const client = await RawClient.connect(port);
    const bytes = numbered(count, 4096);

    t.after(() => client.socket.destroy());
    client.write(RawClient.request());

    const cb = await decision;

    client.write(bytes);
    await new Promise((resolve) => setTimeout(resolve, 30));
    cb(true);
    assert.deepEqual(await messages, numbers(count));
  });
});

describe('a handshake behind an unfinished response', ownAddition, () => {
  /**
   * Starts a server that answers ordinary requests when it is told.
   *
   * @param {TestContext} t The test
   * @param {Object} [options] Options of the WebSocket server
   * @return {Promise<Object>} As `serve()`, and `response`, a promise
   */
  async function slow(t, options) {
    const server = httpServer();
    const response = once(server, 'request').then(([, res]) => res);

    return { ...(await serve(t, options, server)), response };
  }

  const GET = 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n';

  test('waits, and both answers arrive whole and in order', async (t) => {
    const { port, response, wss } = await slow(t);
    const messages = collect(wss, 5);
    const client = await RawClient.connect(port);

    t.after(() => client.socket.destroy());
    client.write(Buffer.concat([Buffer.from(GET + RawClient.request()), numbered(5)]));

    const res = await response;
    const upgraded = once(wss, 'connection');

    res.writeHead(200, { 'Content-Length': 10 });
    res.write('first');
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(wss.clients.size, 0);
    res.end('whole');
    await upgraded;
    assert.match(await client.head(), /^HTTP\/1\.1 200 OK\r\n/);
    assert.equal(
      (await client.take(() => (client.received.length >= 10 ? client.cut(10) : null))).toString(),
      'firstwhole'
    );
    assert.match(await client.head(), /^HTTP\/1\.1 101 /);
    assert.deepEqual(await messages, numbers(5));
  });

  test('is refused behind it', async (t) => {
    const { port, response } = await slow(t, { path: '/only-here' });
    const client = await RawClient.connect(port);

    client.write(GET + RawClient.request());

    const res = await response;

    await new Promise((resolve) => setTimeout(resolve, 20));
    res.end('body');

    const all = (await client.rest()).toString();

    assert.match(all, /^HTTP\/1\.1 200 OK\r\n[^]*body[^]*HTTP\/1\.1 400 Bad Request\r\n[^]*Bad Request$/);
  });

  test('throws for a second handleUpgrade() meanwhile', async (t) => {
    const { port, response, server, wss } = await slow(t, { noServer: true });
    const thrown = new Promise((resolve) => {
      server.on('upgrade', (req, socket, head) => {
        wss.handleUpgrade(req, socket, head, () => {});
        try {
          wss.handleUpgrade(req, socket, head, () => {});
        } catch (err) {
          resolve(err.message);
        }
      });
    });
    const client = await RawClient.connect(port);

    t.after(() => client.socket.destroy());
    client.write(GET + RawClient.request());
    assert.match(await thrown, /called more than once with the same socket/);
    (await response).end();
    assert.match(await client.head(), /^HTTP\/1\.1 200 /);
  });

  test('is dropped when the peer leaves meanwhile', async (t) => {
    const { port, response, wss } = await slow(t);
    const client = await RawClient.connect(port);

    wss.on('connection', () => assert.fail('connected'));
    client.write(GET + RawClient.request());

    const res = await response;
    const closed = new Promise((resolve) => res.socket.on('close', resolve));

    // Over TLS it takes more than one write to find out.
    const writing = setInterval(() => res.write('x'.repeat(100000)), 5);

    t.after(() => clearInterval(writing));
    client.leave();
    await closed;
    assert.equal(wss.clients.size, 0);
  });
});
