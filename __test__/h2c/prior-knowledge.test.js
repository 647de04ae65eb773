'use strict';

// What does a client get that begins with HTTP/2? HTTP/2; and everybody else what they got without that.

const assert = require('node:assert/strict');
const http = require('node:http');
const http2 = require('node:http2');
const net = require('node:net');
const { once } = require('node:events');
const { test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const { RawClient } = require('../support/raw-client');
const { tell } = require('../router/support');
const { GET, H2cClient, PREFACE, ended, exchange, frame, settings, withH2c } = require('./support');

/**
 * Makes a request of a client session.
 *
 * @param {ClientHttp2Session} session The session
 * @param {Object} headers Its fields
 * @param {Buffer} [body] Its body
 * @return {Promise<String>} The body of the response
 */
async function ask(session, headers, body) {
  const stream = session.request(headers, { endStream: body === undefined });
  const chunks = [];

  stream.end(body);
  for await (const chunk of stream) chunks.push(chunk);
  return String(Buffer.concat(chunks));
}

test('requests are served, side by side', async (t) => {
  const { port, router, sessions } = await withH2c(t);
  const client = http2.connect(`http://127.0.0.1:${port}`);
  const body = Buffer.alloc(1_000_000);
  const answers = await Promise.all([
    ask(client, { ':path': '/a' }),
    ask(client, { ':path': '/b', ':method': 'POST' }, body),
    ask(client, { ':path': '/c' })
  ]);

  assert.deepEqual(
    answers.map((answer) => JSON.parse(answer)).map(({ url, length, address }) => [url, length, address]),
    [
      ['/a', 0, '127.0.0.1'],
      ['/b', 1_000_000, '127.0.0.1'],
      ['/c', 0, '127.0.0.1']
    ]
  );
  assert.equal(Object.getPrototypeOf(sessions[0].socket), net.Socket.prototype, 'nothing stands in between');
  assert.equal(
    await exchange(port, 'GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n').then((x) => x.slice(0, 12)),
    'HTTP/1.1 200'
  );
  await router.close();
  if (!client.closed) await once(client, 'close');
});

test('the preface may come in any pieces', async (t) => {
  const { port } = await withH2c(t);

  for (const size of [1, 7, 23, 24, 25, 40]) {
    const raw = await RawClient.connect(port);
    const all = Buffer.concat([PREFACE, settings({ 3: 1 }), frame(1, 5, 1, GET)]);

    raw.socket.setNoDelay();
    for (let at = 0; at < all.length; at += size) {
      raw.write(all.subarray(at, at + size));
      await sleep(1);
    }
    assert.ok((await new H2cClient(raw).response(1)).isOk, `${size}`);
    raw.socket.destroy();
  }
});

test('the timeouts of HTTP/1.1 are over', async (t) => {
  const server = http.createServer({ connectionsCheckingInterval: 20, headersTimeout: 50, requestTimeout: 60 }, tell);

  server.keepAliveTimeout = 50;
  server.timeout = 80;

  const { port } = await withH2c(t, { server });
  const client = http2.connect(`http://127.0.0.1:${port}`);

  await ask(client, { ':path': '/' });
  await sleep(300);
  await ask(client, { ':path': '/' });
  client.close();
  await once(client, 'close');
});

test('the first frame has to come in time', async (t) => {
  for (const setup of [{ limits: { upgradeTimeout: 100 } }, { options: { upgradeTimeout: 100 } }]) {
    const { port, sessions } = await withH2c(t, setup);
    const begun = [PREFACE, Buffer.concat([PREFACE, settings({ 3: 1 }).subarray(0, 12)])];

    for (const bytes of begun) {
      const raw = await RawClient.connect(port);

      raw.write(bytes);
      await raw.rest();
    }
    for (const session of sessions) await ended(session);
    assert.equal(sessions.length, begun.length);

    const raw = await RawClient.connect(port);

    raw.write(Buffer.concat([PREFACE, settings()]));
    await sleep(200);
    raw.write(frame(1, 5, 1, GET));
    assert.ok((await new H2cClient(raw).response(1)).isOk, 'and after that nothing has to');
    raw.socket.destroy();
  }
});

test('the first frame may take its time where there is no limit', async (t) => {
  const { port } = await withH2c(t, { limits: { upgradeTimeout: 0 } });
  const raw = await RawClient.connect(port);

  raw.write(PREFACE);
  await sleep(100);
  raw.write(Buffer.concat([settings(), frame(1, 5, 1, GET)]));
  assert.ok((await new H2cClient(raw).response(1)).isOk);
  raw.socket.destroy();
});

test('it counts as the first thing on a connection only', async (t) => {
  const { port, sessions } = await withH2c(t, { server: http.createServer((req, res) => res.end('{ordinary}')) });
  const get = 'GET /x HTTP/1.1\r\nHost: x\r\n\r\n';

  assert.match(await exchange(port, Buffer.concat([Buffer.from('\r\n'), PREFACE, settings()])), /^HTTP\/1.1 400 /);

  // The request before it is answered, and nothing behind it read.
  assert.match(
    await exchange(port, Buffer.concat([Buffer.from(get), PREFACE, settings()])),
    /^HTTP\/1.1 200 OK\r\n[^]*\r\n\r\n\{ordinary\}$/
  );

  const raw = await RawClient.connect(port);

  raw.write(get);
  await raw.head();
  await raw.take(() => (raw.received.includes('}') ? raw.cut(raw.received.length) : null));
  raw.write(Buffer.concat([PREFACE, settings()]));
  assert.match(String(await raw.rest()), /^HTTP\/1.1 400 /);
  assert.equal(sessions.length, 0);
});

test('what looks like it is an error as ever', async (t) => {
  const { port, server, sessions } = await withH2c(t);

  for (const wrong of ['PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n', 'nonsense\r\n\r\n']) {
    assert.match(await exchange(port, wrong), /^HTTP\/1.1 400 /, wrong);
  }

  const heard = [];

  server.on('clientError', (err, socket) => {
    heard.push(err.code);
    socket.end('mine');
  });
  assert.equal(await exchange(port, 'nonsense\r\n\r\n'), 'mine');
  assert.equal(heard.length, 1);

  const raw = await RawClient.connect(port);

  raw.write(Buffer.concat([PREFACE, settings(), frame(1, 5, 1, GET)]));
  assert.ok((await new H2cClient(raw).response(1)).isOk);
  assert.deepEqual([heard.length, sessions.length], [1, 1]);
  raw.socket.destroy();
});

test('it can be left out, and ends with the router', async (t) => {
  const { port, sessions } = await withH2c(t, { options: { priorKnowledge: false } });
  const preface = Buffer.concat([PREFACE, settings()]);

  assert.match(await exchange(port, preface), /^HTTP\/1.1 400 /);
  assert.equal(sessions.length, 0);

  const other = await withH2c(t);
  const emit = http.Server.prototype.emit;

  assert.notEqual(other.server.emit, emit);
  await other.router.close();
  assert.match(await exchange(other.port, preface), /^HTTP\/1.1 400 /);
});

test('a client that leaves is noticed', async (t) => {
  const { port, sessions } = await withH2c(t, { handler() {} });

  for (const leave of ['destroy', 'end', 'resetAndDestroy']) {
    const raw = await RawClient.connect(port);

    raw.write(Buffer.concat([PREFACE, settings(), frame(1, 5, 1, GET)]));
    await new H2cClient(raw).frame();
    raw.socket[leave]();

    await ended(sessions.at(-1));
  }
});
