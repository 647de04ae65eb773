'use strict';

// Does a `WebSocketServer` serve HTTP/2 as it serves HTTP/1.1? (RFC 8441)

const assert = require('node:assert/strict');
const https = require('node:https');
const { once } = require('node:events');
const { text } = require('node:stream/consumers');
const { test } = require('node:test');

const ws = require('ws');

const { WebSocket, WebSocketServer } = require('../support/implementation');
const { answer, ask, connect, listen, openRaw, pair, serve } = require('./support');

for (const secure of [false, true]) {
  test(`echoes over ${secure ? 'TLS' : 'plain HTTP/2'}`, async (t) => {
    const { client, socket, req } = await pair(t, {}, {}, { secure });

    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    client.send('text');
    assert.deepEqual(await once(client, 'message'), [Buffer.from('text'), false]);
    client.send(Buffer.alloc(300_000, 7));
    assert.deepEqual(await once(client, 'message'), [Buffer.alloc(300_000, 7), true]);
    assert.equal(Boolean(req.socket.encrypted), secure);
    assert.equal(req.socket.getProtocol()?.startsWith('TLSv1.') ?? false, secure);
    assert.equal(typeof req.socket.getPeerCertificate(), secure ? 'object' : 'undefined');
    assert.equal(socket.transport, 'stream');

    client.close(4000, 'done');

    const [[code, reason]] = await Promise.all([once(socket, 'close'), once(client, 'close')]);

    assert.deepEqual([code, reason.toString()], [4000, 'done']);
  });
}

test('the answer is a 200 without anything of HTTP/1.1', async (t) => {
  const { session } = await serve(t);
  const { response } = await openRaw(session);
  const { date, ...headers } = response;

  assert.equal(typeof date, 'string');
  assert.deepEqual(Object.entries(headers), [[':status', 200]]);
});

test('handlers get a request as from HTTP/1.1', async (t) => {
  const { session, wss, origin } = await serve(t);

  ask(session, { ':path': '/chat?x=1', ':authority': 'example.com', origin: 'http://a', cookie: 'b=c' });

  const [socket, req] = await once(wss, 'connection');

  assert.equal(req.url, '/chat?x=1');
  assert.equal(req.method, 'GET');
  assert.equal(req.httpVersion, '2.0');
  assert.deepEqual(req.headers, {
    host: 'example.com',
    origin: 'http://a',
    cookie: 'b=c',
    'sec-websocket-version': '13'
  });
  assert.deepEqual(req.rawHeaders.slice(0, 2), ['host', 'example.com']);
  assert.equal(req.headersDistinct.origin[0], 'http://a');
  assert.equal(req.socket, socket._socket);
  assert.equal(req.socket.remoteAddress, '127.0.0.1');
  assert.equal(req.socket.localPort, Number(new URL(origin).port));
  assert.equal(req.socket.address().address, '127.0.0.1');
  assert.equal(req.socket.setNoDelay(), req.socket);
  assert.equal(req.complete, true);
  assert.equal(req.upgrade, true);
  assert.equal(req.stream, req.socket);
  assert.equal(req.authority, 'example.com');
  assert.equal(req.scheme, 'http');

  session.destroy();
  await once(socket, 'close');
  assert.equal(req.socket.remoteAddress, '127.0.0.1');
});

test('both kinds of HTTP arrive in one handler (allowHTTP1)', async (t) => {
  const { server, wss, session, port } = await serve(t, {}, { secure: true, allowHTTP1: true });
  const seen = [];

  server.on('request', (req, res) => res.end(`plain over ${req.httpVersion}`));
  wss.on('connection', (socket, req) => {
    seen.push([req.httpVersion, req.url, req.headers.host, req.method]);
    socket.send(req.httpVersion);
  });

  const first = new ws(`wss://127.0.0.1:${port}/one`, { rejectUnauthorized: false });

  assert.equal(String(await once(first, 'message')), '1.1,false');

  const second = new WebSocket(`wss://127.0.0.1:${port}/two`, { session });

  assert.equal(String(await once(second, 'message')), '2.0,false');
  assert.deepEqual(seen, [
    ['1.1', '/one', `127.0.0.1:${port}`, 'GET'],
    ['2.0', '/two', `127.0.0.1:${port}`, 'GET']
  ]);

  const { body } = await answer(session.request({ ':path': '/' }));

  assert.equal(body, 'plain over 2.0');

  const [res] = await once(https.get({ port, host: '127.0.0.1', rejectUnauthorized: false, agent: false }), 'response');

  assert.equal(await text(res), 'plain over 1.1');
  first.close();
  await once(first, 'close');
});

for (const order of ['before', 'after']) {
  test(`a 'request' listener ${order} the WebSocket server does not answer with 405`, async (t) => {
    const { server, origin } = await listen(t);
    /** Answers ordinary requests. */
    const onRequest = (req, res) => res.end('ordinary');

    if (order === 'before') server.on('request', onRequest);

    const wss = new WebSocketServer({ server });

    if (order === 'after') server.on('request', onRequest);
    wss.on('connection', (socket) => socket.send('hello'));

    const session = connect(t, origin);

    await once(session, 'remoteSettings');

    const raw = await openRaw(session);

    assert.equal(raw.response[':status'], 200);
    assert.equal((await raw.frame()).payload.toString(), 'hello');
    assert.equal((await answer(session.request({ ':path': '/' }))).body, 'ordinary');
  });
}

test('other extended CONNECTs, and plain ones, are left to the application', async (t) => {
  const { server, session, wss } = await serve(t);
  const seen = [];

  wss.on('connection', () => assert.fail('not a WebSocket'));
  server.on('stream', (stream, headers) => {
    seen.push([headers[':method'], headers[':protocol']]);
    stream.respond({ ':status': 404 });
    stream.once('finish', () => stream.close());
    stream.end('other');
  });

  assert.equal((await answer(ask(session, { ':protocol': 'connect-udp' }))).status, 404);

  const plain = session.request({ ':method': 'CONNECT', ':authority': 'example.com:80' });

  assert.equal((await answer(plain)).status, 404);
  assert.deepEqual(seen, [
    ['CONNECT', 'connect-udp'],
    ['CONNECT', undefined]
  ]);
  ask(session);
  wss.removeAllListeners('connection');
  await once(wss, 'connection');
  assert.equal(seen.length, 2);
});

test('several WebSocket servers share a server by their paths', async (t) => {
  const { server, session, wss: first } = await serve(t, { path: '/a' });
  const second = new WebSocketServer({ server, path: '/b' });

  t.after(() => second.close());
  ask(session, { ':path': '/b?x' });
  await once(second, 'connection');
  ask(session, { ':path': '/a' });
  await once(first, 'connection');

  const refused = await answer(ask(session, { ':path': '/c' }));

  assert.deepEqual([refused.status, refused.body], [400, 'Bad Request']);
});

test('subprotocols, compression and the headers event', async (t) => {
  const { client, socket, wss, session } = await pair(
    t,
    { perMessageDeflate: { threshold: 0 }, handleProtocols: (offered) => [...offered].at(-1) },
    { protocols: ['a', 'b'] }
  );

  assert.equal(client.protocol, 'b');
  assert.equal(socket.protocol, 'b');
  assert.equal(client.extensions, 'permessage-deflate');

  const long = 'compressible '.repeat(10_000);

  socket.on('message', (data) => socket.send(data));
  client.send(long);
  assert.equal(String((await once(client, 'message'))[0]), long);

  wss.once('headers', (lines, req) => {
    assert.equal(lines[0], 'HTTP/2 200');
    assert.equal(req.url, '/');
    lines.push('Set-Cookie: a=1', 'set-cookie: grüße=2', 'X-Other: y', 'Connection: upgrade');
  });

  const { response } = await openRaw(session, { 'sec-websocket-protocol': 'c' });

  assert.deepEqual(response['set-cookie'], ['a=1', `${Buffer.from('grüße').toString('latin1')}=2`]);
  assert.equal(response['x-other'], 'y');
  assert.equal(response.connection, undefined);
  assert.equal(response['sec-websocket-protocol'], 'c');
});

test('verifyClient decides, at once or later, with a response of its own', async (t) => {
  const { session, wss } = await serve(t, {
    verifyClient({ req, origin, secure }, done) {
      assert.equal(secure, false);
      if (origin === 'http://good') setImmediate(done, true);
      else setImmediate(done, false, 403, 'no entry', { 'X-Url': req.url });
    }
  });
  const { status, headers, body } = await answer(ask(session, { origin: 'http://bad', ':path': '/here' }));

  assert.deepEqual([status, headers['x-url'], body], [403, '/here', 'no entry']);
  ask(session, { origin: 'http://good' });
  await once(wss, 'connection');
});

test('a client that leaves while verifyClient decides costs nothing', async (t) => {
  let decide;
  const { session, wss } = await serve(t, { verifyClient: (info, done) => (decide = done) });

  wss.on('connection', () => assert.fail('nobody is there'));
  for (const code of [0, 2, 8]) {
    const stream = ask(session);

    while (decide === undefined) await new Promise(setImmediate);
    stream.close(code);
    await new Promise((resolve) => stream.on('close', resolve));
    await new Promise((resolve) => setTimeout(resolve, 20));
    decide(true);
    decide = undefined;
  }
  assert.equal(wss.clients.size, 0);
});

test('limits hold', async (t) => {
  const { session, wss } = await serve(t, { maxPayload: 10 });

  wss.on('connection', (socket) => socket.on('error', () => {}));

  const raw = await openRaw(session);

  raw.send(1, 'x'.repeat(11), { mask: true });

  const { opcode, payload } = await raw.frame();

  assert.deepEqual([opcode, payload.readUInt16BE()], [8, 1009]);
});

test('many WebSockets share a session, and a paused one holds nobody up', async (t) => {
  const { session, wss, url } = await serve(t);

  wss.on('connection', (socket, req) => {
    if (req.url === '/slow') socket.pause();
    socket.on('message', (data) => socket.send(data));
  });

  const slow = new WebSocket(`${url}/slow`, { session });

  await once(slow, 'open');
  for (let i = 0; i < 40; i++) slow.send(Buffer.alloc(50_000));

  const clients = Array.from({ length: 50 }, () => new WebSocket(url, { session }));

  await Promise.all(clients.map((client) => once(client, 'open')));
  await Promise.all(
    clients.map(async (client, index) => {
      for (let i = 0; i < 5; i++) {
        client.send(`${index} ${i}`);
        assert.equal(String((await once(client, 'message'))[0]), `${index} ${i}`);
      }
    })
  );
  assert.ok(slow.bufferedAmount > 1_000_000, `flow control holds back ${slow.bufferedAmount} bytes`);
  for (const socket of wss.clients) socket.resume();

  let received = 0;

  slow.on('message', (data) => (received += data.length));
  while (received < 2_000_000) await once(slow, 'message');
  assert.equal(session.socket.remotePort, Number(new URL(url).port));
});

test('a slow reader holds the server back, and drain tells of the end', async (t) => {
  const { client, socket } = await pair(t);

  client.pause();
  for (let i = 0; i < 100; i++) socket.send(Buffer.alloc(20_000));
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok(socket.bufferedAmount > 1_000_000, `${socket.bufferedAmount}`);

  const drained = once(socket, 'drain');

  client.resume();
  await drained;
  assert.equal(socket.bufferedAmount, 0);
});

test('after close() the streams are the next one’s, or refused', async (t) => {
  const { server, session, wss } = await serve(t);

  await new Promise((resolve) => wss.close(resolve));
  assert.equal((await answer(ask(session))).status, 503);

  const next = new WebSocketServer({ server });

  ask(session);
  await once(next, 'connection');
  next.close();
});
