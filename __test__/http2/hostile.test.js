'use strict';

// What do peers do wrong over HTTP/2, and when? Nothing of it may cost more than their own stream or connection.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { test } = require('node:test');

const { RawClient } = require('../support/raw-client');
const { encode } = require('../support/frames');
const { WebSocket, WebSocketServer } = require('../support/implementation');
const { answer, ask, connect, listen, openRaw, pair, serve } = require('./support');

/** Waits until something is so. */
async function until(isSo) {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('frames that come before the answer are delivered after it', async (t) => {
  let decide;
  const { session, wss } = await serve(t, { verifyClient: (info, done) => (decide = done) });
  const messages = [];

  wss.on('connection', (socket) => {
    socket.on('message', (data) => messages.push(String(data)));
    socket.send('hello');
  });

  const stream = ask(session);
  const raw = new RawClient(stream);

  for (let i = 0; i < 100; i++) raw.send(1, String(i));
  await until(() => decide !== undefined);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(messages, []);
  decide(true);
  assert.equal((await raw.frame()).payload.toString(), 'hello');
  await until(() => messages.length === 100);
  assert.deepEqual(
    messages,
    Array.from({ length: 100 }, (_, i) => String(i))
  );
});

test('a client that sends before it is refused gets the refusal', async (t) => {
  const { session } = await serve(t, { verifyClient: (info, done) => setTimeout(done, 30, false, 403, 'no') });
  const stream = ask(session);

  for (let i = 0; i < 10; i++) stream.write(encode(2, Buffer.alloc(60_000)));

  const { status, body } = await answer(stream);

  assert.deepEqual([status, body], [403, 'no']);
});

test('streams that come and go at once leave nothing behind', async (t) => {
  const { session, wss } = await serve(t);

  for (let round = 0; round < 10; round++) {
    const streams = Array.from({ length: 50 }, () => ask(session));

    for (const [i, stream] of streams.entries()) {
      if (i % 3 === 0) stream.close(8);
      else stream.on('response', () => stream.close(i % 3 === 1 ? 0 : 8));
    }

    await Promise.all(streams.map((stream) => new Promise((resolve) => stream.on('close', resolve))));
  }
  await until(() => wss.clients.size === 0);

  const raw = await openRaw(session);

  assert.equal(raw.response[':status'], 200);
});

test('a connection that breaks in the middle of messages closes all of its WebSockets', async (t) => {
  const { sessions, session, wss } = await serve(t);
  const codes = [];

  wss.on('connection', (socket) => {
    socket.on('error', (err) => assert.fail(err));
    socket.on('close', (code) => codes.push(code));
    for (let i = 0; i < 20; i++) socket.send(Buffer.alloc(20_000));
  });

  const all = await Promise.all(Array.from({ length: 20 }, () => openRaw(session)));

  for (const raw of all) raw.write(encode(2, Buffer.alloc(1000)).subarray(0, 500));
  await until(() => wss.clients.size === 20);
  session.destroy();
  await until(() => codes.length === 20);
  assert.ok(codes.every((code) => code === 1006));
  assert.equal(wss.clients.size, 0);
  await until(() => sessions.every((one) => one.destroyed));
});

test('1000 subprotocols, and fields as long as Node lets them through', async (t) => {
  const { session, wss } = await serve(t);
  const names = Array.from({ length: 1000 }, (_, i) => `p${i}`);

  wss.options.handleProtocols = (offered) => [...offered].at(-1);

  const { response } = await openRaw(session, {
    'sec-websocket-protocol': names.join(','),
    cookie: 'x'.repeat(30_000)
  });

  assert.equal(response['sec-websocket-protocol'], 'p999');
});

test('a subprotocol of the application that makes no header field smuggles in none', async (t) => {
  const { session } = await serve(t, { handleProtocols: () => 'a\r\nb: c' });
  const { response } = await openRaw(session, { 'sec-websocket-protocol': 'a' });

  assert.deepEqual([response[':status'], response.b, response['sec-websocket-protocol']], [200, undefined, undefined]);
});

test('the other side may end the stream inside any handler', async (t) => {
  for (const end of ['terminate', 'close', 'destroy', 'session']) {
    const { client, session, socket } = await pair(t);
    const closed = Promise.all([client, socket].map((one) => new Promise((resolve) => one.on('close', resolve))));
    let count = 0;

    socket.on('message', () => {
      count++;
      if (end === 'destroy') socket._socket.destroy();
      else if (end === 'session') socket._socket.session?.destroy();
      else socket[end]();
    });
    for (let i = 0; i < 5; i++) client.send('x');
    await closed;
    if (end === 'terminate') assert.equal(count, 1);
    // What came before the answer to it is delivered, as on every connection.
    if (end === 'close') assert.equal(count, 5);
    if (end !== 'session') assert.equal(session.destroyed, false, end);
  }
});

test('a stream is taken once', async (t) => {
  const { server, origin } = await listen(t, { settings: { enableConnectProtocol: true } });
  const wss = new WebSocketServer({ noServer: true });
  const thrown = new Promise((resolve) => {
    server.on('stream', (stream, headers) => {
      wss.handleStream(stream, headers, () => {});
      try {
        wss.handleStream(stream, headers, () => {});
      } catch (err) {
        resolve(err);
      }
    });
  });
  const client = new WebSocket('ws://a', { session: connect(t, origin) });

  await once(client, 'open');
  assert.match((await thrown).message, /answered already/);
});
