'use strict';

// What does a client get that asks for HTTP/2 with a request? Its response on stream 1, and a session for all others.

const assert = require('node:assert/strict');
const http = require('node:http');
const http2 = require('node:http2');
const net = require('node:net');
const { test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const { createUpgradeRouter, upgradeToH2c } = require('../..');
const { RawClient } = require('../support/raw-client');
const { listening, tell } = require('../router/support');
const { GET, H2cClient, PREFACE, asking, ended, frame, settings, withH2c } = require('./support');

test('a request becomes stream 1, and the session goes on', async (t) => {
  const { port, sessions } = await withH2c(t);
  const client = await H2cClient.open(port, { path: '/a?b=c', headers: { 'X-One': '1', 'Keep-Alive': 'timeout=5' } });
  const { isOk, body } = await client.response(1);

  assert.ok(isOk);
  const { headers, ...seen } = JSON.parse(body);

  assert.deepEqual(seen, { httpVersion: '2.0', method: 'GET', url: '/a?b=c', length: 0, address: '127.0.0.1' });
  assert.deepEqual(headers, {
    ':authority': '127.0.0.1',
    ':method': 'GET',
    ':path': '/a?b=c',
    ':scheme': 'http',
    'x-one': '1'
  });
  for (const stream of [3, 5, 7]) {
    client.get(stream);
    assert.equal(JSON.parse((await client.response(stream)).body).url, '/');
  }
  assert.equal(client.acks, 1, 'the settings of the upgrade are not acknowledged by themselves');
  assert.equal(sessions.length, 1);
  assert.equal(Object.getPrototypeOf(sessions[0].socket), net.Socket.prototype, 'nothing stands in between');
  client.raw.socket.destroy();
  await ended(sessions[0]);
});

test('the settings of the upgrade hold until the client says something else', async (t) => {
  const { port, sessions } = await withH2c(t);
  const first = await H2cClient.open(port);

  await first.response(1);
  assert.equal(sessions[0].remoteSettings.initialWindowSize, 33_554_432);
  assert.equal(sessions[0].remoteSettings.enablePush, false);

  const second = await H2cClient.open(port, {}, settings({ 4: 100 }));

  await second.response(1);
  assert.equal(sessions[1].remoteSettings.initialWindowSize, 100);
  assert.equal(sessions[1].remoteSettings.maxConcurrentStreams, 100);
});

test('HEAD, OPTIONS and the absolute form', async (t) => {
  const { port } = await withH2c(t);
  const head = await H2cClient.open(port, { method: 'HEAD' });

  assert.deepEqual(await head.response(1), { isOk: true, body: '' });
  for (const [method, path, authority, url] of [
    ['OPTIONS', '*', '127.0.0.1', '*'],
    ['GET', 'http://example.com:8080/x', 'example.com:8080', '/x'],
    ['GET', 'http://example.com', 'example.com', '/']
  ]) {
    const client = await H2cClient.open(port, { method, path });
    const { headers } = JSON.parse((await client.response(1)).body);

    assert.deepEqual([headers[':authority'], headers[':path']], [authority, url]);
  }
});

test('everything may come one byte at a time', async (t) => {
  const { port } = await withH2c(t);
  const raw = await RawClient.connect(port);
  const client = new H2cClient(raw);

  raw.socket.setNoDelay();
  for (const bytes of [asking({ method: 'POST', body: 'hello' }), Buffer.concat([PREFACE, settings({ 3: 1 })])]) {
    for (const byte of Buffer.from(bytes)) {
      raw.write(Buffer.of(byte));
      await sleep(0);
    }
    if (raw.response === undefined) raw.response = await raw.head();
  }
  assert.match(raw.response, /^HTTP\/1.1 101 /);
  assert.equal(JSON.parse((await client.response(1)).body).length, 5);
  client.get(3);
  assert.ok((await client.response(3)).isOk);
});

test('everything may come at once', async (t) => {
  const { port } = await withH2c(t);
  const get = frame(1, 5, 3, Buffer.from([0x82, 0x86, 0x84, 0x01, 0x01, 0x78]));

  for (const body of ['', 'hello']) {
    const raw = await RawClient.connect(port);
    const request = Buffer.from(asking({ method: 'POST', body }));

    raw.write(Buffer.concat([request, PREFACE, settings(), get]));
    assert.match(await raw.head(), /^HTTP\/1.1 101 /);

    const client = new H2cClient(raw);

    assert.equal(JSON.parse((await client.response(1)).body).length, body.length);
    assert.ok((await client.response(3)).isOk);
  }
});

test('it waits for the responses to requests before it', async (t) => {
  const { port } = await withH2c(t);
  const raw = await RawClient.connect(port);

  raw.write(`GET /before HTTP/1.1\r\nHost: x\r\n\r\n${asking()}`);
  assert.match(await raw.head(), /^HTTP\/1.1 200 /);
  await raw.take(() => (raw.received.includes('}') ? raw.cut(raw.received.indexOf('}') + 1) : null));
  assert.match(await raw.head(), /^HTTP\/1.1 101 /);
  raw.write(Buffer.concat([PREFACE, settings()]));
  assert.ok((await new H2cClient(raw).response(1)).isOk);
});

test('as many fields as the server takes, and not more', async (t) => {
  const fields = (count) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`X-${n}`, '1']));
  const of = (options) => http2.createServer(options, (req, res) => res.end(JSON.stringify(req.headers)));

  // Four say what the first line of the request said.
  for (const [setup, most] of [
    [{}, 124],
    [{ options: { maxHeaderListPairs: 20 } }, 16],
    [{ options: { maxHeaderListPairs: 600 } }, 596],
    [{ handler: of(), options: { maxHeaderListPairs: undefined } }, 124],
    [{ handler: of({ maxHeaderListPairs: 300 }), options: { maxHeaderListPairs: 300 } }, 296]
  ]) {
    const { port } = await withH2c(t, setup);
    const client = await H2cClient.open(port, { headers: fields(most) });
    const { body, isOk } = await client.response(1);

    assert.ok(isOk);
    assert.equal(body.match(/"x-\d+"/g).length, most);
    client.raw.socket.destroy();

    const raw = await RawClient.connect(port);

    raw.write(asking({ headers: fields(most + 1) }));
    assert.match(await raw.head(), /^HTTP\/1.1 200 /, `${most + 1}`);
    raw.socket.destroy();
  }
});

test('a server of the application serves it', async (t) => {
  const http2Server = http2.createServer({ settings: { maxConcurrentStreams: 7 } });
  let sessions = 0;

  http2Server.on('session', () => sessions++);
  http2Server.on('stream', (stream, headers) => {
    stream.respond({ ':status': 200 });
    stream.end(`${stream.id} ${headers[':path']} ${stream.session.alpnProtocol}`);
  });

  const { port } = await withH2c(t, { handler: http2Server });
  const client = await H2cClient.open(port, { path: '/x' });

  assert.equal((await client.response(1)).body, '1 /x h2c');
  assert.equal(sessions, 1);
});

test('the client decides between what there is', async (t) => {
  const { port, router } = await withH2c(t);

  router.websocket('/', () => {});

  const headers = { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version': '13' };

  for (const [list, found] of [
    ['h2c, websocket', 'h2c'],
    ['websocket', 'websocket'],
    ['x/1, H2C', 'h2c']
  ]) {
    const raw = await RawClient.connect(port);

    raw.write(asking({ headers: { ...headers, Upgrade: list } }));
    assert.match(await raw.head(), new RegExp(`^HTTP/1.1 101 [^]*Upgrade: ${found}\r\n`));
    raw.socket.destroy();
  }
});

test('fields about the connection make a request of the session none', async (t) => {
  const { port } = await withH2c(t);
  const literal = (name, value) =>
    Buffer.from(`\0${String.fromCharCode(name.length)}${name}${String.fromCharCode(value.length)}${value}`);
  const fields = {
    upgrade: 'websocket',
    connection: 'upgrade',
    'keep-alive': 'timeout=5',
    'transfer-encoding': 'chunked'
  };
  const client = await H2cClient.open(port);
  let stream = 1;

  await client.response(1);
  for (const [name, value] of Object.entries(fields)) {
    stream += 2;
    client.raw.write(frame(1, 5, stream, Buffer.concat([GET, literal(name, value)])));
    await assert.rejects(client.response(stream), { message: 'RST_STREAM 1' }, name);
  }
  client.get(stream + 2);
  assert.ok((await client.response(stream + 2)).isOk, 'and nothing else');
  client.raw.socket.destroy();
});

test('without a router', async (t) => {
  const server = http.createServer(tell);
  const http2Server = http2.createServer((req, res) => res.end(`HTTP/${req.httpVersion}`));
  const results = [];

  server.on('upgrade', async (req, socket, head) => {
    results.push(await upgradeToH2c(req, socket, head, { server: http2Server }).catch((err) => err));
  });

  const port = await listening(t, server);
  const client = await H2cClient.open(port);

  assert.equal((await client.response(1)).body, 'HTTP/2.0');
  assert.equal(results[0].alpnProtocol, 'h2c');

  const raw = await RawClient.connect(port);

  raw.write(asking({ headers: { Upgrade: 'h2d' } }));
  assert.match(await raw.head(), /^HTTP\/1.1 200 /);
  assert.equal(results[1], null);

  const bad = await RawClient.connect(port);

  bad.write(asking({ headers: { 'HTTP2-Settings': null } }));
  assert.match(await bad.head(), /^HTTP\/1.1 400 /);
  await bad.rest();
  assert.equal(results[2].code, 'ERR_UPSHIFT_MISSING_HTTP2_SETTINGS');
  raw.socket.destroy();
});

test('closing the router ends sessions when their streams have ended', async (t) => {
  let finish;
  const { port, router, sessions } = await withH2c(t, { handler: (req, res) => (finish = () => res.end('late')) });
  const client = await H2cClient.open(port);

  while (finish === undefined) await sleep(5);
  const waiting = await RawClient.connect(port);

  waiting.write(asking());
  await waiting.head();

  const closing = router.close();

  assert.deepEqual(String(await waiting.rest()), '', 'one that did not begin yet is closed');
  assert.equal(sessions.length, 1);
  finish();
  await client.raw.rest();
  await closing;
  assert.ok(sessions[0].destroyed);
});

test('what is no handler is refused', () => {
  const router = createUpgradeRouter(http.createServer());

  for (const wrong of [undefined, null, {}, 'x', http.createServer(), http2.createSecureServer()]) {
    assert.throws(() => router.h2c(wrong), { name: 'TypeError', message: /"handler" argument/ });
  }
});
