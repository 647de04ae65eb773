'use strict';

// What does a WebSocketServer answer to what is not a handshake it accepts? Exactly what ws does, completely, and the
// connection is closed.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { RawClient } = require('../support/raw-client');
const { serve } = require('../support/serve');
const { WebSocketServer, ownAddition } = require('../support/implementation');

const REASON = { 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 405: 'Method Not Allowed' };
const badKey = 'Missing or invalid Sec-WebSocket-Key header';
const badVersion = 'Missing or invalid Sec-WebSocket-Version header';
const badProtocol = 'Invalid Sec-WebSocket-Protocol header';

/** name: [request, status, body, more headers, options] */
const CAUSES = {
  'another method': [{ method: 'POST' }, 405, 'Invalid HTTP method'],
  'another protocol': [{ headers: { Upgrade: 'h2c' } }, 400, 'Invalid Upgrade header'],
  'several protocols': [{ headers: { Upgrade: 'websocket, h2c' } }, 400, 'Invalid Upgrade header'],
  'no key': [{ headers: { 'Sec-WebSocket-Key': null } }, 400, badKey],
  'an empty key': [{ headers: { 'Sec-WebSocket-Key': '' } }, 400, badKey],
  'a short key': [{ headers: { 'Sec-WebSocket-Key': 'P5l8BJcZwRc=' } }, 400, badKey],
  'a long key': [{ headers: { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZSBvZiAyMyBieXRlcw==' } }, 400, badKey],
  'two keys': [
    { headers: { 'Sec-WebSocket-Key': ['dGhlIHNhbXBsZSBub25jZQ==', 'dGhlIHNhbXBsZSBub25jZQ=='] } },
    400,
    badKey
  ],
  'no version': [{ headers: { 'Sec-WebSocket-Version': null } }, 400, badVersion, { 'Sec-WebSocket-Version': '13, 8' }],
  'a wrong version': [
    { headers: { 'Sec-WebSocket-Version': '12' } },
    400,
    badVersion,
    { 'Sec-WebSocket-Version': '13, 8' }
  ],
  'no number as version': [
    { headers: { 'Sec-WebSocket-Version': 'x' } },
    400,
    badVersion,
    { 'Sec-WebSocket-Version': '13, 8' }
  ],
  'another path': [{ path: '/other' }, 400, 'Bad Request', {}, { path: '/mine' }],
  'an empty subprotocol': [{ headers: { 'Sec-WebSocket-Protocol': '' } }, 400, badProtocol],
  'a doubled subprotocol': [{ headers: { 'Sec-WebSocket-Protocol': 'a, b, a' } }, 400, badProtocol],
  'a subprotocol that is no token': [{ headers: { 'Sec-WebSocket-Protocol': 'a b' } }, 400, badProtocol],
  'a missing subprotocol': [{ headers: { 'Sec-WebSocket-Protocol': 'a,,b' } }, 400, badProtocol],
  'a refusal of verifyClient': [{}, 401, 'Unauthorized', {}, { verifyClient: () => false }],
  'a later refusal of verifyClient': [
    {},
    401,
    'Unauthorized',
    {},
    { verifyClient: (info, cb) => setImmediate(cb, false) }
  ],
  'a detailed refusal of verifyClient': [
    {},
    403,
    'You are not on the list',
    { 'X-List': 'short', 'Content-Type': 'text/plain' },
    {
      verifyClient: (info, cb) =>
        cb(false, 403, 'You are not on the list', { 'X-List': 'short', 'Content-Type': 'text/plain' })
    }
  ]
};

/**
 * Reads a complete response.
 *
 * @param {RawClient} client The client
 * @return {Promise<Object>} `{ status, headers, body }`
 */
async function answer(client) {
  const [first, ...lines] = (await client.head()).trimEnd().split('\r\n');

  return {
    status: first,
    headers: Object.fromEntries(lines.map((line) => line.split(': '))),
    body: (await client.rest()).toString()
  };
}

describe('WebSocketServer answers', () => {
  for (const [name, [request, status, body, headers = {}, options = {}]] of Object.entries(CAUSES)) {
    test(`${name} with ${status}`, async (t) => {
      const { port, wss } = await serve(t, options);
      const client = await RawClient.connect(port);

      wss.on('connection', () => assert.fail('accepted'));
      client.write(RawClient.request(request));
      assert.deepEqual(await answer(client), {
        status: `HTTP/1.1 ${status} ${REASON[status]}`,
        headers: {
          Connection: 'close',
          'Content-Type': 'text/html',
          'Content-Length': `${body.length}`,
          ...headers
        },
        body
      });
      await client.closed;
      assert.equal(client.errored, null);
    });
  }

  test('an ordinary request on its own port with 426', async (t) => {
    const wss = new WebSocketServer({ host: '127.0.0.1', port: 0 });

    t.after(() => wss.close());
    await once(wss, 'listening');

    const client = await RawClient.connect({ host: '127.0.0.1', port: wss.address().port });

    client.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');

    const { body, headers, status } = await answer(client);

    assert.equal(status, 'HTTP/1.1 426 Upgrade Required');
    assert.equal(headers['Content-Type'], 'text/plain');
    assert.equal(body, 'Upgrade Required');
  });

  test('case-insensitive handshakes, version 8 and much padding with 101', async (t) => {
    const { port } = await serve(t);

    for (const headers of [
      { Upgrade: 'WebSocket' },
      { Upgrade: 'WEBSOCKET', Connection: 'keep-alive, UPGRADE' },
      { 'Sec-WebSocket-Version': '8' },
      { 'Sec-WebSocket-Key': '  dGhlIHNhbXBsZSBub25jZQ==\t' },
      { 'Sec-WebSocket-Protocol': 'a ,\tb' },
      { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' },
      { 'Sec-WebSocket-Extensions': ';;; nonsense' }
    ]) {
      const client = await RawClient.open(port, { headers });

      assert.doesNotMatch(client.response, /Sec-WebSocket-Extensions/i);
      client.socket.destroy();
    }
  });

  test('more headers than anybody counts with 101', async (t) => {
    const { port, server } = await serve(t);
    const headers = Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`h${i}`, '']));

    server.maxHeadersCount = 0;

    const client = await RawClient.open(port, { headers });

    client.socket.destroy();
  });

  test('a request whose upgrade header went missing with 400', async (t) => {
    const { port, server, wss } = await serve(t, { noServer: true });
    const client = await RawClient.connect(port);

    server.on('upgrade', (req, socket, head) => {
      delete req.headers.upgrade;
      wss.handleUpgrade(req, socket, head, () => assert.fail('accepted'));
    });
    client.write(RawClient.request());
    assert.equal((await answer(client)).body, 'Invalid Upgrade header');
  });

  test('handshakes with a body with 400', ownAddition, async (t) => {
    const { port, wss } = await serve(t);

    wss.on('connection', () => assert.fail('accepted'));
    for (const [headers, body] of [
      [{ 'Content-Length': '5' }, 'hello'],
      [{ 'Content-Length': '5' }, ''],
      [{ 'Transfer-Encoding': 'chunked' }, '5\r\nhello\r\n0\r\n\r\n']
    ]) {
      const client = await RawClient.connect(port);

      client.write(RawClient.request({ headers }) + body);
      assert.match((await answer(client)).status, /^HTTP\/1\.1 400 /);
    }
  });

  test('handshakes with an empty body with 101', async (t) => {
    const { port } = await serve(t);
    const client = await RawClient.open(port, { headers: { 'Content-Length': '0' } });

    client.socket.destroy();
  });
});

describe("a listener to 'wsClientError'", () => {
  for (const [name, [request, status, body, , options]] of Object.entries(CAUSES)) {
    // What the server does not want is no mistake of the client's.
    const isMistake = options === undefined;

    test(`${isMistake ? 'hears of' : 'does not hear of'} ${name}`, async (t) => {
      const { port, wss } = await serve(t, options);
      const client = await RawClient.connect(port);
      const told = [];

      wss.on('wsClientError', (...args) => {
        const [err, socket, req] = args;

        told.push([err.constructor, err.message, socket === req.socket, socket.listenerCount('error') > 0]);
        socket.end('HTTP/1.1 418 My own answer\r\n\r\n');
      });
      client.write(RawClient.request(request));

      const answered = (await answer(client)).status;

      await client.closed;
      if (isMistake) assert.deepEqual([answered, told], ['HTTP/1.1 418 My own answer', [[Error, body, true, true]]]);
      else assert.deepEqual([answered.slice(0, 12), told], [`HTTP/1.1 ${status}`, []]);
    });
  }
});
