'use strict';

// Does a session outlive its idle timeout while it has WebSockets, and not longer? Many are silent for hours.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { test } = require('node:test');

const { WebSocket, WebSocketServer } = require('../support/implementation');
const { ask, connect, listen, pair, serve } = require('./support');

/** What sessions may be idle for. */
const IDLE = 100;

/** Longer than that, on a busy machine too. */
const LONGER = 400;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits for the end of a session. */
const ended = (session) => (session.destroyed ? undefined : new Promise((resolve) => session.once('close', resolve)));

test('of the server: silence does not end WebSockets', async (t) => {
  const running = await listen(t);

  running.server.setTimeout(IDLE);

  const wss = new WebSocketServer({ server: running.server });
  const session = connect(t, running.origin);
  const client = new WebSocket(running.origin.replace('http', 'ws'), { session });
  const [[socket]] = await Promise.all([once(wss, 'connection'), once(client, 'open')]);

  await sleep(LONGER);
  socket.send('still here');
  assert.equal(String((await once(client, 'message'))[0]), 'still here');
  assert.equal(running.sessions[0].timeout, 0);

  client.close();
  await ended(session);
  assert.equal(running.sessions[0].destroyed, true);
});

test('of the client: silence does not end WebSockets', async (t) => {
  const { client, session, socket } = await pair(t);
  let timeouts = 0;

  client.close();
  await once(socket, 'close');
  session.setTimeout(IDLE, () => {
    timeouts++;
    session.destroy();
  });

  const [one, two] = [1, 2].map(() => new WebSocket('ws://a', { session }));

  await Promise.all([once(one, 'open'), once(two, 'open')]);
  one.close();
  await once(one, 'close');
  await sleep(LONGER);
  assert.deepEqual([timeouts, two.readyState, session.timeout], [0, WebSocket.OPEN, 0]);
  two.close();
  await ended(session);
  assert.equal(timeouts, 1);
});

test('a timeout that is set meanwhile stays', async (t) => {
  const { client, session, socket } = await pair(t);

  session.setTimeout(60_000);
  client.terminate();
  await once(socket, 'close');
  await sleep(1);
  assert.equal(session.timeout, 60_000);
});

test('what was refused, or left, changes nothing', async (t) => {
  const running = await serve(t, { verifyClient: ({ req }) => req.url !== '/no' });
  const session = connect(t, running.origin);

  await once(session, 'remoteSettings');
  session.setTimeout(60_000);

  const [refused] = await once(new WebSocket('ws://a/no', { session }), 'error');

  assert.match(refused.message, /401/);
  assert.equal(session.timeout, 60_000);

  const [, served] = running.sessions;

  served.setTimeout(60_000);
  for (const code of [0, 8]) {
    const stream = ask(session);

    await once(stream, 'response');
    assert.equal(served.timeout, 0);
    stream.close(code);
    while (served.timeout === 0) await sleep(5);
    assert.equal(served.timeout, 60_000);
  }
});

test('of a server whose streams a router takes', async (t) => {
  const running = await listen(t);

  running.server.setTimeout(IDLE);
  WebSocket.createUpgradeRouter(running.server).websocket('/', (socket) =>
    socket.on('message', (data) => socket.send(data))
  );

  const session = connect(t, running.origin);
  const client = new WebSocket('ws://a', { session });

  await once(client, 'open');
  await sleep(LONGER);
  client.send('still here');
  assert.equal(String((await once(client, 'message'))[0]), 'still here');
});
