'use strict';

// Does a router get on with everybody else who listens to 'upgrade' on the same server? They are registered before or
// after it, on TCP and on TLS, and never see what a route takes; what no route takes is theirs.

const assert = require('node:assert/strict');
const http = require('node:http');
const http2 = require('node:http2');
const https = require('node:https');
const { describe, test } = require('node:test');

const ws = require('ws');
const { Server: SocketIo } = require('socket.io');
const { io } = require('socket.io-client');

const { WebSocketServer, createUpgradeRouter } = require('../..');
const { RawClient } = require('../support/raw-client');
const { exchange, keys, listening, statusOf, tell } = require('./support');

/** The servers, and how a client reaches them. */
const SERVERS = {
  http: { create: () => http.createServer(tell), tls: false },
  https: { create: () => https.createServer(keys, tell), tls: true },
  'http2 with allowHTTP1': {
    create: () => http2.createSecureServer({ ...keys, allowHTTP1: true }, tell),
    tls: true
  }
};

/** Has a WebSocketServer echo, each message with its name in front. */
function echo(wss, name) {
  wss.on('connection', (socket) => socket.on('message', (data) => socket.send(`${name} ${data}`)));
}

/** Adds a router with a route that echoes. */
function addRouter(server) {
  const router = createUpgradeRouter(server);

  router.websocket('/ours', (socket) => socket.on('message', (data) => socket.send(`ours ${data}`)));
  return router;
}

/** Sends a message to a path and tells what comes back. */
async function say(port, tls, path) {
  const client = await RawClient.open({ port, tls, host: '127.0.0.1' }, { path });

  client.send(1, 'hello');

  const { payload } = await client.frame();

  client.send(1, 'again');
  assert.match(String((await client.frame()).payload), / again$/);
  client.socket.destroy();
  return String(payload);
}

for (const [name, { create, tls }] of Object.entries(SERVERS)) {
  describe(name, () => {
    for (const first of ['router', 'other']) {
      test(`beside a WebSocketServer of ws with a path, the ${first} first`, async (t) => {
        const server = create();

        if (first === 'router') addRouter(server);
        echo(new ws.WebSocketServer({ server, path: '/theirs' }), 'theirs');
        if (first === 'other') addRouter(server);

        const port = await listening(t, server);

        assert.equal(await say(port, tls, '/ours'), 'ours hello');
        assert.equal(await say(port, tls, '/theirs'), 'theirs hello');

        const client = await RawClient.connect({ port, tls, host: '127.0.0.1' });

        client.write(RawClient.request({ path: '/nobody' }));
        assert.match(await client.head(), /^HTTP\/1.1 400 /, 'theirs to refuse');
        client.socket.destroy();
      });
    }

    test('alone, everything else is ordinary', async (t) => {
      const server = create();

      addRouter(server);

      const port = await listening(t, server);
      const client = await RawClient.connect({ port, tls, host: '127.0.0.1' });

      client.write(RawClient.request({ path: '/nobody' }));
      assert.match(await client.head(), /^HTTP\/1.1 200 /);
      client.socket.destroy();
    });
  });
}

test('our own WebSocketServer on the same server gets the rest', async (t) => {
  const server = http.createServer(tell);

  echo(new WebSocketServer({ server }), 'rest');
  addRouter(server);

  const port = await listening(t, server);

  assert.equal(await say(port, false, '/ours'), 'ours hello');
  assert.equal(await say(port, false, '/'), 'rest hello');
});

test('Socket.IO works beside it, and leaves our connections alone', async (t) => {
  const server = http.createServer(tell);
  const theirs = new SocketIo(server, { destroyUpgradeTimeout: 50 });

  theirs.on('connection', (socket) => socket.on('message', (text) => socket.emit('message', `theirs ${text}`)));
  addRouter(server);

  const port = await listening(t, server);
  const ours = await RawClient.open(port, { path: '/ours' });
  const client = io(`http://127.0.0.1:${port}`, { transports: ['websocket'] });

  t.after(() => {
    client.close();
    theirs.close();
  });
  client.emit('message', 'hello');
  assert.equal(await new Promise((resolve) => client.once('message', resolve)), 'theirs hello');
  await new Promise((resolve) => setTimeout(resolve, 100));
  ours.send(1, 'still here');
  assert.equal(String((await ours.frame()).payload), 'ours still here');
});

test('a listener of the application gets what no route takes, as it was', async (t) => {
  const server = http.createServer(tell);
  const seen = [];

  addRouter(server);
  server.on('upgrade', (req, socket, head) => {
    seen.push(req.url, socket === req.socket, String(head));
    socket.end('theirs');
  });

  const port = await listening(t, server);

  assert.equal(await say(port, false, '/ours'), 'ours hello');
  assert.equal(await exchange(port, `${RawClient.request({ path: '/theirs' })}early`), 'theirs');
  assert.deepEqual(seen, ['/theirs', true, 'early']);
});

test('several routers are asked one after the other', async (t) => {
  const server = http.createServer(tell);
  const one = addRouter(server);
  const two = createUpgradeRouter(server);

  two.websocket('/ours', (socket) => socket.terminate());
  two.websocket('/two', (socket) => socket.on('message', (data) => socket.send(`two ${data}`)));

  const port = await listening(t, server);

  assert.equal(await say(port, false, '/ours'), 'ours hello');
  assert.equal(await say(port, false, '/two'), 'two hello');
  await one.close();
  assert.equal(await say(port, false, '/two'), 'two hello');
  await two.close();
  assert.equal(await statusOf(port, { path: '/two' }), 200, 'nobody listens any more');
  assert.equal(server.listenerCount('upgrade'), 0);
  addRouter(server);
  assert.equal(await say(port, false, '/ours'), 'ours hello');
});

test('who has wrapped emit since keeps working when the router leaves', async (t) => {
  const server = http.createServer(tell);
  const router = addRouter(server);
  const { emit } = server;
  const events = [];

  server.emit = function (...args) {
    events.push(args[0]);
    return emit.apply(this, args);
  };

  const port = await listening(t, server);

  assert.equal(await say(port, false, '/ours'), 'ours hello');
  await router.close();
  assert.equal(await statusOf(port, { path: '/ours' }), 200);
  assert.deepEqual(
    events.filter((event) => event !== 'connection' && event !== 'listening'),
    ['upgrade', 'request']
  );
  addRouter(server);
  assert.equal(await say(port, false, '/ours'), 'ours hello');
});
