'use strict';

// How does `requestUpgrade()` end when there is no answer, and when the application gives up?

const assert = require('node:assert/strict');
const http = require('node:http');
const { getEventListeners } = require('node:events');
const { test } = require('node:test');

const { requestUpgrade } = require('../..');
const { rawServer } = require('../support/raw-server');

const protocol = 'echo/1';
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo/1\r\n\r\n';

test('arguments that make no request', async () => {
  for (const wrong of [undefined, null, '', 7, [], 'a b', 'a/b/c', 'a/', '/1', 'a,b', ['a', ''], 'ä', 'a\r\nX: y']) {
    await assert.rejects(requestUpgrade('http://127.0.0.1:1', { protocol: wrong }), TypeError, String(wrong));
  }
  await assert.rejects(requestUpgrade('http://127.0.0.1:1'), TypeError);
  await assert.rejects(requestUpgrade('nowhere', { protocol }), {
    name: 'SyntaxError',
    message: 'Invalid URL: nowhere'
  });
  await assert.rejects(requestUpgrade('ftp://127.0.0.1', { protocol }), SyntaxError);
  await assert.rejects(requestUpgrade('http://127.0.0.1:1', { protocol, headers: { 'a b': '1' } }), TypeError);
  await assert.rejects(requestUpgrade('http://127.0.0.1:1', { protocol, headers: { a: '1\r\nb: 2' } }), TypeError);
});

test('nobody listens', async () => {
  await assert.rejects(requestUpgrade('http://127.0.0.1:1', { protocol }), { code: 'ECONNREFUSED' });
});

test('a server that says something else than HTTP, too much, or nothing', async (t) => {
  const answers = [
    ['hello\r\n\r\n', /^HPE_/],
    [`HTTP/1.1 101 S\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`, /^HPE_HEADER_OVERFLOW$/],
    ['', /^ECONNRESET$/],
    ['HTTP/1.1 101 Switching', /^ECONNRESET$/]
  ];

  for (const [answer, code] of answers) {
    const { next, url } = await rawServer(t);
    const upgrade = requestUpgrade(url, { protocol });
    const peer = await next();

    await peer.head();
    peer.socket.end(answer);
    await assert.rejects(upgrade, (err) => code.test(err.code));
    await peer.closed;
  }
});

test('a server that does not answer in time', async (t) => {
  for (const options of [{ handshakeTimeout: 50 }, { timeout: 50 }]) {
    const { next, url } = await rawServer(t);
    const upgrade = requestUpgrade(url, { protocol, ...options });
    const peer = await next();

    await assert.rejects(upgrade, { code: 'ERR_UPSHIFT_TIMEOUT' });
    await peer.closed;
  }
});

test('informational responses without end are no answer', async (t) => {
  const { next, url } = await rawServer(t);
  const upgrade = requestUpgrade(url, { protocol, handshakeTimeout: 200 });
  const peer = await next();
  const timer = setInterval(() => peer.write('HTTP/1.1 102 Processing\r\n\r\n'), 10);

  t.after(() => clearInterval(timer));
  await assert.rejects(upgrade, { code: 'ERR_UPSHIFT_TIMEOUT' });
});

test('a time limit ends with the answer', async (t) => {
  const { next, url } = await rawServer(t);
  const upgrade = requestUpgrade(url, { protocol, handshakeTimeout: 300, timeout: 300 });
  const peer = await next();

  peer.write(SWITCHED);
  const { stream } = await upgrade;

  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal(stream.destroyed, false);
  assert.equal(stream.timeout ?? 0, 0);
});

test('a signal aborts until there is an answer, and is let go then', async (t) => {
  const { next, url } = await rawServer(t);
  const reason = new Error('enough');

  await assert.rejects(requestUpgrade(url, { protocol, signal: AbortSignal.abort(reason) }), reason);

  const controller = new AbortController();
  const upgrade = requestUpgrade(url, { protocol, signal: controller.signal });
  const peer = await next();

  controller.abort(reason);
  await assert.rejects(upgrade, reason);
  await peer.closed;

  const { signal } = new AbortController();
  const second = requestUpgrade(url, { protocol, signal });

  (await next()).write(SWITCHED);
  await second;
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('a signal that aborts while a connection is made', async (t) => {
  const controller = new AbortController();
  const agent = new http.Agent();

  agent.createConnection = () => new (require('node:stream').Duplex)({ read() {}, write() {} });
  t.after(() => agent.destroy());
  const upgrade = requestUpgrade('http://127.0.0.1', { protocol, agent, signal: controller.signal });

  controller.abort();
  await assert.rejects(upgrade, { name: 'AbortError' });
});
