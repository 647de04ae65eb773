'use strict';

// Does `router.tls()` live beside the other routes and listeners, and what does the mandatory mode let through?

const assert = require('node:assert/strict');
const http = require('node:http');
const https = require('node:https');
const tls = require('node:tls');
const { once } = require('node:events');
const { test } = require('node:test');

const ws = require('ws');
const { CERTIFICATE, answer, ask, secure, tell } = require('./support');
const { RawClient } = require('../support/raw-client');
const { WebSocket, createUpgradeRouter, requestUpgrade } = require('../..');

const OFFER = 'TLS/1.3, TLS/1.2, HTTP/1.1';

/** Starts a server with a router. */
async function listen(t, options, server = http.createServer(tell)) {
  const router = createUpgradeRouter(server, { upgradeTimeout: 2000 });

  router.tls({ ...CERTIFICATE, ...options });
  router.websocket('/echo', (socket, req) => {
    socket.on('message', (data) => socket.send(`${data} ${Boolean(req.socket.encrypted)}`));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    router.close();
    server.closeAllConnections();
    server.close();
  });
  return { port: server.address().port, router, server };
}

/** Opens a connection without asking for anything. */
async function connect(t, port) {
  const client = await RawClient.connect({ port, host: '127.0.0.1' });

  t.after(() => client.socket.destroy());
  return client;
}

test('a client of ours, and a WebSocket inside', async (t) => {
  const { port } = await listen(t);
  const { protocol, stream } = await requestUpgrade(`http://127.0.0.1:${port}/first`, { protocol: ['TLS/1.2'] });

  assert.equal(protocol, 'TLS/1.2');
  const secured = tls.connect({ socket: stream, rejectUnauthorized: false });
  const client = new RawClient(secured);

  t.after(() => secured.destroy());
  assert.equal((await answer(client)).body.url, '/first');
  client.write(RawClient.request({ path: '/echo' }));
  assert.match(await client.head(), /^HTTP\/1\.1 101 /);
  client.send(1, 'hello');
  assert.equal((await client.frame()).payload.toString(), 'hello true');
  secured.destroy();
});

test('without TLS everything is as before', async (t) => {
  const { port } = await listen(t);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/echo`);

  t.after(() => socket.terminate());
  await once(socket, 'open');
  socket.send('hello');
  assert.equal(String((await once(socket, 'message'))[0]), 'hello false');
  socket.terminate();

  const client = await connect(t, port);

  for (const fields of ['', 'Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n', 'Upgrade: TLS/1.2\r\n']) {
    client.write(`GET / HTTP/1.1\r\nHost: h\r\n${fields}\r\n`);
    const { body, status } = await answer(client);

    assert.equal(status, 200);
    assert.equal(body.encrypted, false);
  }
});

test('the order of the client decides', async (t) => {
  const { port } = await listen(t);
  const request = (upgrade) => RawClient.request({ path: '/echo', headers: { Upgrade: upgrade } });

  assert.match((await ask(t, port, request('TLS/1.2, websocket'))).head, /\r\nUpgrade: TLS\/1\.2, HTTP\/1\.1\r\n/);
  assert.doesNotMatch((await ask(t, port, request('websocket, TLS/1.2'))).head, /TLS/);
});

test('a legacy listener does not see it', async (t) => {
  const server = http.createServer(tell);

  new ws.WebSocketServer({ path: '/legacy', server });
  const { port } = await listen(t, {}, server);

  new ws.WebSocketServer({ path: '/later', server });
  const { client } = await ask(t, port);

  assert.equal((await answer(await secure(client))).body.encrypted, true);
});

test('mandatory: requests are told to ask, and then answered', async (t) => {
  const { port } = await listen(t, { mandatory: true });
  const client = await connect(t, port);
  const upgrade = 'Connection: Upgrade\r\nUpgrade: ';
  const requests = [
    'GET / HTTP/1.1\r\nHost: h\r\n\r\n',
    `GET / HTTP/1.1\r\nHost: h\r\n${upgrade}TLS/1.0\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: h\r\n${upgrade}h2c\r\n\r\n`,
    'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody',
    `POST / HTTP/1.1\r\nHost: h\r\n${upgrade}h2c\r\nContent-Length: 4\r\n\r\nbody`,
    RawClient.request({ path: '/echo' }),
    'POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n'
  ];

  for (const request of requests) {
    client.write(request);
    const { body, head, status } = await answer(client);

    assert.equal(status, 426, request);
    assert.equal(body, 'This server answers over TLS only\n');
    assert.ok(head.includes(`\r\nUpgrade: ${OFFER}\r\n`), head);
    assert.match(head, /\r\nConnection: Upgrade\r\n/);
  }

  client.write(RawClient.request({ path: '/asked', headers: { Upgrade: 'websocket, TLS/1.2' } }));
  assert.match(await client.head(), /^HTTP\/1\.1 101 .*\r\nConnection: Upgrade\r\nUpgrade: TLS\/1\.2, /);
  const secured = await secure(client);

  assert.equal((await answer(secured)).body.url, '/asked');
  secured.write('GET /second HTTP/1.1\r\nHost: h\r\n\r\n');
  assert.equal((await answer(secured)).body.url, '/second');
  secured.write('POST /third HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n');
  assert.equal(await secured.head(), 'HTTP/1.1 100 Continue\r\n\r\n');
  secured.write('body');
  assert.equal((await answer(secured)).body.text, 'body');
});

test('mandatory: clients that do not stay', async (t) => {
  const { port, server } = await listen(t, { mandatory: true });
  const requests = [
    'GET / HTTP/1.0\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n',
    'CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n',
    'PUT / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n'
  ];

  server.on('connect', (req, socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'));
  server.on('checkContinue', (req, res) => res.end());
  for (const request of requests) {
    const client = await connect(t, port);

    client.write(request);
    const received = (await client.rest()).toString();

    assert.match(received, /^HTTP\/1\.1 426 /);
    assert.ok(received.includes(`\r\nUpgrade: ${OFFER}\r\n`), received);
    assert.match(received, /\r\nConnection: Upgrade, close\r\n/);
  }
});

test('mandatory for some requests', async (t) => {
  const { port } = await listen(t, { mandatory: (req) => req.url.startsWith('/secret') });
  const client = await connect(t, port);

  client.write('GET /secret HTTP/1.1\r\nHost: h\r\n\r\n');
  assert.equal((await answer(client)).status, 426);
  client.write('GET /open HTTP/1.1\r\nHost: h\r\n\r\n');
  assert.equal((await answer(client)).body.url, '/open');
  await assert.rejects(listen(t, { mandatory: 'yes' }), TypeError);
});

test('mandatory: a server of https has it', async (t) => {
  const { port } = await listen(t, { mandatory: true }, https.createServer(CERTIFICATE, tell));
  const client = await RawClient.connect({ port, tls: true });

  t.after(() => client.socket.destroy());
  client.write('GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: TLS/1.3\r\n\r\n');
  assert.equal((await answer(client)).status, 200);
});

test('a router that closes ends what is on its way, and routes nothing more', async (t) => {
  const { port, router } = await listen(t, { mandatory: true });
  const { client: shaking } = await ask(t, port);
  const { client: inside } = await ask(t, port);
  const secured = await secure(inside);

  await answer(secured);
  const sending = await connect(t, port);

  sending.write('POST / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: TLS/1.3\r\nContent-Length: 4\r\n\r\n');
  await new Promise((resolve) => setTimeout(resolve, 50));
  await router.close();
  await Promise.all([shaking.closed, sending.closed]);

  secured.write('GET /still HTTP/1.1\r\nHost: h\r\n\r\n');
  assert.equal((await answer(secured)).body.url, '/still');
  const { head } = await ask(t, port);

  assert.match(head, /^HTTP\/1\.1 200 /);
});
