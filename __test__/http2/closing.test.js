'use strict';

// What does each end of a stream, a session or a server mean for the WebSockets on it?

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { test } = require('node:test');

const { WebSocket } = require('../support/implementation');
const { openRaw, pair, serve } = require('./support');

const NO_ERROR = 0;
const INTERNAL_ERROR = 2;
const CANCEL = 8;

/** Waits for the end of a WebSocket. */
async function ending(socket) {
  const [code, reason] = await new Promise((resolve) => socket.once('close', (...end) => resolve(end)));

  return [code, reason.toString()];
}

test('the closing handshake ends the stream, with END_STREAM from both sides', async (t) => {
  for (const side of ['client', 'server']) {
    const { session, wss } = await serve(t);
    const connected = once(wss, 'connection');
    const raw = await openRaw(session);
    const [socket] = await connected;
    const closed = ending(socket);

    raw.endsToo = false;
    if (side === 'client') raw.sendClose(4000, 'bye');
    else socket.close(4000, 'bye');

    const { opcode, payload } = await raw.frame();

    assert.deepEqual([opcode, payload.readUInt16BE(), payload.subarray(2).toString()], [8, 4000, 'bye']);
    if (side === 'server') raw.sendClose(4000, 'bye');
    await raw.rest();
    raw.socket.end();
    assert.deepEqual(await closed, [4000, 'bye']);
    await raw.closed;
    assert.equal(raw.socket.rstCode, NO_ERROR, `begun by the ${side}`);
    assert.equal(session.destroyed, false);
  }
});

test('a client that ends nothing after the closing handshake, as Chromium, is not waited for', async (t) => {
  const { session, wss } = await serve(t);

  for (const [opcode, code] of [
    [8, 4000],
    [3, 1006]
  ]) {
    const raw = await openRaw(session);
    const socket = [...wss.clients].at(-1);
    const started = Date.now();

    raw.endsToo = false;
    socket.on('error', () => {});
    if (opcode === 8) raw.sendClose(4000);
    else raw.send(opcode);
    assert.equal((await ending(socket))[0], code);
    await raw.closed;
    assert.equal(raw.socket.rstCode, NO_ERROR);
    assert.ok(Date.now() - started < 10_000);
  }
});

test('terminate() is RST_STREAM with CANCEL, and 1006 for the peer', async (t) => {
  const { client, socket } = await pair(t);
  const [stream, closed] = [client._socket, ending(client)];

  socket.terminate();
  assert.deepEqual(await closed, [1006, '']);
  assert.equal(stream.rstCode, CANCEL);
});

test('what was sent before terminate() arrives', async (t) => {
  const { client, socket } = await pair(t);
  const messages = [];

  client.on('message', (data) => messages.push(String(data)));
  socket.send('last words');
  setTimeout(() => socket.terminate(), 20);
  await ending(client);
  assert.deepEqual(messages, ['last words']);
});

test('destroying the socket of a handler is the same', async (t) => {
  const { client, socket, req } = await pair(t);
  const [stream, both] = [client._socket, Promise.all([ending(client), ending(socket)])];

  req.socket.destroy();
  assert.deepEqual(await both, [
    [1006, ''],
    [1006, '']
  ]);
  assert.equal(stream.rstCode, CANCEL);
});

for (const code of [NO_ERROR, INTERNAL_ERROR, CANCEL]) {
  test(`RST_STREAM with code ${code} is a close with 1006 and no error`, async (t) => {
    const { session, wss } = await serve(t);
    const raw = await openRaw(session);
    const [socket] = [...wss.clients];
    const messages = [];

    socket.on('error', (err) => assert.fail(err));
    socket.on('message', (data) => messages.push(String(data)));
    raw.send(1, 'before');
    await once(socket, 'message');
    raw.socket.close(code);
    assert.deepEqual(await ending(socket), [1006, '']);
    assert.deepEqual(messages, ['before']);
    assert.equal(wss.clients.size, 0);
    assert.equal(session.destroyed, false);
  });
}

test('END_STREAM without a close frame is 1006, and is answered', async (t) => {
  const { session, wss } = await serve(t);
  const raw = await openRaw(session);
  const [socket] = [...wss.clients];

  raw.socket.end();
  assert.deepEqual(await ending(socket), [1006, '']);
  await raw.closed;
});

test('a GOAWAY without error lets WebSockets live, and takes no new ones', async (t) => {
  const { client, session, socket, url } = await pair(t);

  socket.on('message', (data) => socket.send(data));
  socket._socket.session.goaway(NO_ERROR);
  await once(session, 'goaway');
  client.send('still here');
  assert.equal(String((await once(client, 'message'))[0]), 'still here');

  const late = new WebSocket(url, { session });
  const [err] = await once(late, 'error');

  assert.equal(err.code, 'ERR_UPSHIFT_SESSION_CLOSED');
  client.close(1000);
  assert.deepEqual(await ending(socket), [1000, '']);
  if (!session.destroyed) await once(session, 'close');
});

test('a GOAWAY with an error, or the end of the session, closes all with 1006', async (t) => {
  for (const end of [
    (session) => session.goaway(INTERNAL_ERROR),
    (session) => session.destroy(),
    (session) => session.socket.remoteAddress && session.destroy(new Error('gone'), INTERNAL_ERROR)
  ]) {
    const { client, session, socket, url, wss } = await pair(t);
    const connected = once(wss, 'connection');
    const other = new WebSocket(url, { session });
    const [second] = await connected;

    for (const one of [client, other, socket, second]) one.on('error', (err) => assert.fail(err));

    if (other.readyState !== WebSocket.OPEN) await once(other, 'open');

    const all = Promise.all([client, other, socket, second].map(ending));

    end(socket._socket.session);
    for (const one of await all) assert.deepEqual(one, [1006, '']);
  }
});

test('a breach of the protocol ends the stream only', async (t) => {
  const { client, session, socket, wss } = await pair(t);
  const raw = await openRaw(session);
  const broken = [...wss.clients].at(-1);
  const failed = once(broken, 'error');

  raw.send(3, 'x');
  assert.equal((await failed)[0].code, 'WS_ERR_INVALID_OPCODE');
  assert.equal((await raw.frame()).payload.readUInt16BE(), 1002);
  raw.socket.end();
  await raw.closed;
  socket.send('fine');
  assert.equal(String((await once(client, 'message'))[0]), 'fine');
});

test('a client that never answers a close frame is cut off', async (t) => {
  const { session, wss } = await serve(t, { closeTimeout: 50 });
  const raw = await openRaw(session);
  const [socket] = [...wss.clients];

  raw.endsToo = false;
  socket.close();
  assert.deepEqual(await ending(socket), [1006, '']);
  await raw.closed;
});

test('server.close() of the application waits for WebSockets', async (t) => {
  const { client, server, session, socket } = await pair(t);
  let isClosed = false;

  server.close(() => (isClosed = true));
  socket.send('still here');
  assert.equal(String((await once(client, 'message'))[0]), 'still here');
  assert.equal(isClosed, false);
  client.close();
  await ending(socket);
  // Older versions of Node leave that to the client.
  session.close();
  while (!isClosed) await new Promise(setImmediate);
});
