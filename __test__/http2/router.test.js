'use strict';

// Do the routes of a router serve HTTP/2 too?

const assert = require('node:assert/strict');
const http = require('node:http');
const { once } = require('node:events');
const { test } = require('node:test');

const ws = require('ws');

const { WebSocket, WebSocketServer } = require('../support/implementation');
const { answer, ask, connect, listen } = require('./support');

const { HttpError, createUpgradeRouter } = WebSocket;

/** A router with a room, and a session. */
async function routed(t, { secure, options } = {}) {
  const running = await listen(t, { secure, allowHTTP1: secure });
  const router = createUpgradeRouter(running.server, { upgradeTimeout: 200 });

  router.websocket(
    '/rooms/:id',
    {
      authenticate(req, { params, signal }) {
        const name = new URL(req.url, 'http://a').searchParams.get('name');

        if (name === 'wait') return once(signal, 'abort');
        if (name === null) throw new HttpError(401, 'Who are you?', { headers: { 'WWW-Authenticate': 'Bearer' } });
        return { name, room: params.id };
      },
      ...options
    },
    (socket, req, { params, auth }) => socket.send(JSON.stringify({ version: req.httpVersion, params, auth }))
  );

  const session = connect(t, running.origin);

  t.after(() => router.close());
  await once(session, 'remoteSettings');
  return { ...running, router, session };
}

test('parameters and what authenticate said reach the handler, over both kinds of HTTP', async (t) => {
  const { port, session } = await routed(t, { secure: true });
  const expected = (version) => ({ version, params: { id: '7' }, auth: { name: 'ada', room: '7' } });
  const two = new WebSocket(`wss://127.0.0.1:${port}/rooms/7?name=ada`, { session });

  assert.deepEqual(JSON.parse((await once(two, 'message'))[0]), expected('2.0'));

  const one = new ws(`wss://127.0.0.1:${port}/rooms/7?name=ada`, { rejectUnauthorized: false });

  assert.deepEqual(JSON.parse((await once(one, 'message'))[0]), expected('1.1'));
  one.terminate();
});

test('an HttpError is the answer', async (t) => {
  const { session } = await routed(t);
  const { status, headers, body } = await answer(ask(session, { ':path': '/rooms/1' }));

  assert.deepEqual([status, headers['www-authenticate'], body], [401, 'Bearer', 'Who are you?']);
});

test('upgradeTimeout and the end of the router are 503, a client that left is nothing', async (t) => {
  const { router, session } = await routed(t);

  assert.equal((await answer(ask(session, { ':path': '/rooms/1?name=wait' }))).status, 503);

  const gone = ask(session, { ':path': '/rooms/1?name=wait' });

  while (router._holds.size === 0) await new Promise(setImmediate);
  gone.close(8);
  while (router._holds.size > 0) await new Promise(setImmediate);

  const late = answer(ask(session, { ':path': '/rooms/1?name=wait' }));

  while (router._holds.size === 0) await new Promise(setImmediate);
  router.close();
  assert.equal((await late).status, 503);
});

test('what no route takes is for the WebSocket servers beside it, or for the application', async (t) => {
  const { server, session } = await routed(t);

  assert.equal((await answer(ask(session, { ':path': '/elsewhere' }))).status, 404);

  const wss = new WebSocketServer({ server, path: '/legacy' });

  t.after(() => wss.close());
  wss.on('connection', (socket) => socket.send('legacy'));

  const legacy = new WebSocket('ws://a/legacy', { session });

  assert.equal(String((await once(legacy, 'message'))[0]), 'legacy');

  const mine = new WebSocket('ws://a/rooms/1?name=ada', { session });

  assert.equal(JSON.parse((await once(mine, 'message'))[0]).auth.name, 'ada');
  assert.equal((await answer(ask(session, { ':path': '/elsewhere' }))).status, 400);
});

test('the application answers the rest in its connect listener', async (t) => {
  const { server, session } = await routed(t);

  server.on('request', (req, res) => res.end('ordinary'));
  server.on('connect', (req, res) => {
    res.statusCode = 410;
    res.end('gone');
  });

  const stream = ask(session, { ':path': '/elsewhere' });
  const [headers] = await once(stream, 'response');

  assert.equal(headers[':status'], 410);
  stream.close();
  assert.equal((await answer(session.request({ ':path': '/' }))).body, 'ordinary');
});

test('the sessions of router.h2c() have the same routes', async (t) => {
  const server = http.createServer((req, res) => res.end('plain'));
  const router = createUpgradeRouter(server);

  router.h2c((req, res) => res.end(req.httpVersion));
  router.websocket('/rooms/:id', (socket, req, { params }) => socket.send(`${req.httpVersion} ${params.id}`));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const origin = `http://127.0.0.1:${server.address().port}`;
  const session = connect(t, origin);
  const client = new WebSocket(`${origin.replace('http', 'ws')}/rooms/9`, { session });
  const closed = once(client, 'close');

  assert.equal(String((await once(client, 'message'))[0]), '2.0 9');
  assert.equal((await answer(session.request({ ':path': '/' }))).body, '2.0');

  const one = new ws(`${origin.replace('http', 'ws')}/rooms/9`);

  assert.equal(String((await once(one, 'message'))[0]), '1.1 9');
  await router.close();
  assert.equal((await closed)[0], 1001);
  one.terminate();
  server.close();
});

test('a bad handshake on a route is refused before authenticate', async (t) => {
  const { session } = await routed(t, { options: { authenticate: () => assert.fail('too early') } });
  const { status, body } = await answer(ask(session, { ':path': '/rooms/1', 'sec-websocket-version': '7' }));

  assert.deepEqual([status, body], [400, 'Missing or invalid Sec-WebSocket-Version header']);
});
