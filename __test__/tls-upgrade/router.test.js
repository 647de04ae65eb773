'use strict';

// Does `router.tls()` live beside the other routes and listeners, and what does the mandatory mode let through?

const assert = require('node:assert/strict');
const http = require('node:http');
const https = require('node:https');
const tls = require('node:tls');
const { once } = require('node:events');
const { test } = require('node:test');

const ws = require('ws');
const { CERTIFICATE, answer, ask, fixture, secure, tell } = require('./support');
const { RawClient } = require('../support/raw-client');
const { WebSocket, createUpgradeRouter, requestUpgrade } = require('../..');
const { exchange, listening } = require('../router/support');

const OFFER = 'TLS/1.3, TLS/1.2, HTTP/1.1';

/** Asks for something else. */
function asking(upgrade) {
  return `GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\n\r\n`;
}

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

test('inside TLS an end is one of both sides, as with https', async (t) => {
  for (const isHttps of [false, true]) {
    const server = isHttps ? https.createServer(CERTIFICATE, tell) : http.createServer(tell);
    const { port, router } = await listen(t, {}, server);
    let client;

    // It does not end by itself.
    router.protocol('silent', (socket) => socket.resume());
    if (isHttps) {
      client = await RawClient.connect({ port, tls: true });
    } else {
      client = await secure((await ask(t, port)).client);
      await answer(client);
    }

    client.endsToo = false;
    client.write(asking('silent'));
    assert.match(await client.head(), /^HTTP\/1\.1 101 /);
    client.socket.end();
    await client.closed;
  }
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

/** What a client sees of the server inside TLS. */
async function shown(t, port, versions = 'TLS/1.3, TLS/1.2') {
  const { client, head } = await ask(t, port, asking(versions));
  const [, named] = /\r\nUpgrade: (.*), HTTP\/1\.1\r\n/.exec(head);
  const secured = await secure(client);
  const { CN } = secured.socket.getPeerCertificate().subject;

  return { client: secured, seen: [named, secured.socket.getProtocol(), CN] };
}

test('a certificate is replaced while the server runs, and other options with it', async (t) => {
  const renewed = { cert: fixture('renewed-cert.pem'), key: fixture('renewed-key.pem') };
  const { port, router } = await listen(t, { maxVersion: 'TLSv1.2' });
  const before = await shown(t, port);

  assert.deepEqual(before.seen, ['TLS/1.2', 'TLSv1.2', 'localhost']);

  // One that asked before gets what there was then.
  const asked = await connect(t, port);

  asked.write('POST / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: TLS/1.2\r\nContent-Length: 5\r\n\r\n');
  await new Promise((resolve) => setTimeout(resolve, 50));
  router.setSecureContext(renewed);
  assert.deepEqual((await shown(t, port)).seen, ['TLS/1.2', 'TLSv1.2', 'renewed'], 'the rest stays');
  router.setSecureContext({ maxVersion: undefined, minVersion: 'TLSv1.3' });
  assert.deepEqual((await shown(t, port)).seen, ['TLS/1.3', 'TLSv1.3', 'renewed']);
  assert.match((await ask(t, port, asking('TLS/1.2'))).head, /^HTTP\/1\.1 200 /, 'it is not offered any more');

  asked.write('hello');
  assert.match(await asked.head(), /^HTTP\/1\.1 101 [^]*\r\nUpgrade: TLS\/1\.2, /);

  const late = await secure(asked);

  assert.equal(late.socket.getPeerCertificate().subject.CN, 'localhost');
  assert.equal((await answer(late)).body.text, 'hello');

  // The connections there are go on.
  before.client.write('GET /still HTTP/1.1\r\nHost: h\r\n\r\n');
  await answer(before.client);
  assert.equal((await answer(before.client)).body.url, '/still');
});

test('options that are wrong change nothing', async (t) => {
  const { port, router } = await listen(t);

  router.tls({ ...CERTIFICATE, maxVersion: 'TLSv1.2' });
  for (const wrong of [
    { cert: 'none' },
    { cert: undefined, key: undefined },
    { minVersion: 'TLSv1.3' },
    { maxVersion: 'TLSv1.1' },
    { ciphers: 'none' }
  ]) {
    assert.throws(() => router.setSecureContext(wrong), JSON.stringify(wrong));
    assert.deepEqual((await shown(t, port)).seen, ['TLS/1.3', 'TLSv1.3', 'localhost']);
  }
  assert.throws(() => createUpgradeRouter(http.createServer()).setSecureContext(CERTIFICATE), {
    message: 'The router has no route to TLS'
  });
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

/** What HTTP/2 begins with, and a request for `/`. */
const HTTP2 = Buffer.from(
  `${Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n').toString('hex')}000000040000000000` +
    '000006010500000001828684010178',
  'hex'
);

/** Where a route to HTTP/2 may be, beside one that makes TLS mandatory. */
const BESIDE = {
  'on the same router, before': (server, options) => createUpgradeRouter(server).h2c(tell).tls(options),
  'on the same router, behind': (server, options) => createUpgradeRouter(server).tls(options).h2c(tell),
  'on a router before': (server, options) => {
    createUpgradeRouter(server).h2c(tell);
    return createUpgradeRouter(server).tls(options);
  },
  'on a router behind': (server, options) => {
    const router = createUpgradeRouter(server).tls(options);

    createUpgradeRouter(server).h2c(tell);
    return router;
  }
};

for (const [where, add] of Object.entries(BESIDE)) {
  for (const mandatory of [true, (req) => req.url === '/secret']) {
    test(`mandatory: HTTP/2 in the clear is none, ${where}, ${mandatory}`, async (t) => {
      const server = http.createServer(tell);
      const router = add(server, { ...CERTIFICATE, mandatory });
      const port = await listening(t, server);
      const settings = 'HTTP2-Settings: AAMAAABk\r\n';
      const asks = `Host: h\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\n${settings}\r\n`;
      const errors = [];

      server.on('clientError', (err, socket) => {
        errors.push(err.code);
        socket.destroy();
      });
      for (const bytes of [HTTP2, HTTP2.subarray(0, 24)]) {
        const received = await exchange(port, bytes);

        assert.match(received, /^HTTP\/1\.1 426 Upgrade Required\r\nConnection: Upgrade, close\r\n/);
        assert.ok(received.includes(`\r\nUpgrade: ${OFFER}\r\n`), received);
        assert.ok(received.endsWith('\r\n\r\nThis server answers over TLS only\n'), received);
      }
      assert.match(await exchange(port, `GET /secret HTTP/1.1\r\n${asks}`), /^HTTP\/1\.1 426 /);
      assert.match(
        await exchange(port, `GET / HTTP/1.1\r\n${asks}`),
        mandatory === true ? /^HTTP\/1\.1 426 / : /^HTTP\/1\.1 200 /
      );
      assert.deepEqual(errors, []);
      assert.equal(await exchange(port, 'nonsense\r\n\r\n'), '');
      assert.equal(errors.length, 1, 'other errors are what they were');

      await router.close();
      if (where.startsWith('on a router')) {
        const client = await connect(t, port);

        client.write(HTTP2);
        // A SETTINGS frame.
        assert.equal(await client.take(() => (client.received.length < 9 ? null : client.received[3])), 4);
      }
    });
  }
}

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
