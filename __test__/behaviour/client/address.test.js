'use strict';

// Where does a client connect to? To what its address says, or it throws a SyntaxError.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const os = require('node:os');
const path = require('node:path');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { WebSocket, WebSocketServer } = require('../../support/implementation');
const { answer, rawServer } = require('../../support/raw-server');

const fixtures = path.join(__dirname, '../../fixtures');

/**
 * Starts an echo server that a client reaches by name or path.
 *
 * @param {TestContext} t The test
 * @param {http.Server} server An HTTP server
 * @param {...*} place Arguments of `listen()`
 * @return {Promise<Object>} Its address
 */
async function echoServer(t, server, ...place) {
  const wss = new WebSocketServer({ server });

  wss.on('connection', (ws) => ws.on('message', (data) => ws.send(data)));
  t.after(() => {
    for (const ws of wss.clients) ws.terminate();
    server.close();
  });
  server.listen(...place);
  await once(server, 'listening');
  return server.address();
}

/**
 * Sends a message and takes it back.
 *
 * @param {WebSocket} ws The client
 */
async function checkEcho(ws) {
  await once(ws, 'open');
  ws.send('there and back');
  assert.equal((await once(ws, 'message'))[0].toString(), 'there and back');
  ws.close();
  await once(ws, 'close');
}

describe('an address', () => {
  for (const [address, message] of [
    ['foo', 'Invalid URL: foo'],
    ['', 'Invalid URL: '],
    ['ws://', 'Invalid URL: ws://'],
    ['bad-scheme://localhost', 'The URL\'s protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"'],
    ['ws+unix:', "The URL's pathname is empty"],
    ['wss://localhost#foo', 'The URL contains a fragment identifier'],
    ['ws+unix:/tmp/s#foo', 'The URL contains a fragment identifier']
  ]) {
    test(`that is ${JSON.stringify(address)} is a SyntaxError`, () => {
      assert.throws(() => new WebSocket(address), { name: 'SyntaxError', message });
    });
  }

  test('may be missing only by being null', () => {
    assert.throws(() => new WebSocket(), { name: 'SyntaxError', message: 'Invalid URL: undefined' });
    assert.equal(new WebSocket(null, undefined, {}).readyState, WebSocket.CONNECTING);
  });

  test('becomes the url', async (t) => {
    const { port } = await rawServer(t);

    for (const [address, url] of [
      [`ws://127.0.0.1:${port}`, `ws://127.0.0.1:${port}/`],
      [new URL(`ws://127.0.0.1:${port}/a?b=c`), `ws://127.0.0.1:${port}/a?b=c`],
      [`http://127.0.0.1:${port}/x`, `ws://127.0.0.1:${port}/x`],
      [`https://127.0.0.1:${port}/x`, `wss://127.0.0.1:${port}/x`],
      ['WS://User:Word@LOCALHOST:80', 'ws://User:Word@localhost/']
    ]) {
      const ws = new WebSocket(address);

      ws.on('error', () => {});
      assert.equal(ws.url, url);
      ws.terminate();
    }
  });

  test('of a URL object is not changed', (t) => {
    const address = new URL('http://127.0.0.1:1/x');
    const ws = new WebSocket(address);

    ws.on('error', () => {});
    t.after(() => ws.terminate());
    assert.equal(address.href, 'http://127.0.0.1:1/x');
    assert.equal(ws.url, 'ws://127.0.0.1:1/x');
  });

  test('is where the request goes', async (t) => {
    const { next, url } = await rawServer(t);
    const ws = new WebSocket(`${url}/a/b?c=d%20e`);

    t.after(() => ws.terminate());

    const [{ line, headers }] = await Promise.all([answer(await next()), once(ws, 'open')]);

    assert.equal(line, 'GET /a/b?c=d%20e HTTP/1.1');
    assert.equal(headers.host, url.slice(5));
  });
});

describe('a client connects', () => {
  test('over TCP', async (t) => {
    const { port } = await echoServer(t, http.createServer(), 0, '127.0.0.1');

    await checkEcho(new WebSocket(`ws://localhost:${port}`));
    await checkEcho(new WebSocket(`http://127.0.0.1:${port}`));
  });

  test('over IPv6', async (t) => {
    const hasIt = Object.values(os.networkInterfaces()).some((list) => list.some(({ address }) => address === '::1'));

    if (!hasIt) return;

    const { port } = await echoServer(t, http.createServer(), 0, '::1');

    await checkEcho(new WebSocket(`ws://[::1]:${port}`));
  });

  test('over TLS', async (t) => {
    const cert = fs.readFileSync(path.join(fixtures, 'localhost-cert.pem'));
    const key = fs.readFileSync(path.join(fixtures, 'localhost-key.pem'));
    const { port } = await echoServer(t, https.createServer({ cert, key }), 0, '127.0.0.1');

    await checkEcho(new WebSocket(`wss://localhost:${port}`, { ca: cert }));
    await checkEcho(new WebSocket(`https://127.0.0.1:${port}`, { rejectUnauthorized: false }));

    const [error] = await once(new WebSocket(`wss://localhost:${port}`), 'error');

    assert.equal(error.code, 'DEPTH_ZERO_SELF_SIGNED_CERT');
  });

  test('over a Unix domain socket', async (t) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'upshift-'));
    const place = path.join(folder, 'socket');

    t.after(() => fs.rmSync(folder, { recursive: true }));

    const { next } = await rawServer(t, place);

    for (const [address, target] of [
      [`ws+unix:${place}:/a?b=c:d`, '/a?b=c:d'],
      [`ws+unix:${place}`, '/'],
      [`ws+unix://${place}:/x`, '/x']
    ]) {
      const ws = new WebSocket(address);
      const [{ line, headers }] = await Promise.all([answer(await next()), once(ws, 'open')]);

      assert.equal(line, `GET ${target} HTTP/1.1`);
      assert.equal(headers.host, 'localhost');
      ws.terminate();
      await once(ws, 'close');
    }
  });

  test('nowhere, and says why', async (t) => {
    const { port, server } = await rawServer(t);

    await new Promise((resolve) => server.close(resolve));

    const ws = new WebSocket(`ws://127.0.0.1:${port}`);
    const events = [];

    ws.on('error', ({ code }) => events.push(['error', code, ws.readyState]));
    ws.on('close', (code, reason) => events.push(['close', code, reason.length, ws.readyState]));
    await new Promise((resolve) => ws.on('close', resolve));
    assert.deepEqual(events, [
      ['error', 'ECONNREFUSED', WebSocket.CLOSING],
      ['close', 1006, 0, WebSocket.CLOSED]
    ]);
  });
});
