'use strict';

// Who gets an upgrade that no route takes, where others listen to 'upgrade'? They, whatever they could want; and the
// ordinary answer those clients who would have been content with it from the start.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');

const ws = require('ws');
const { Server: SocketIo } = require('socket.io');
const { io } = require('socket.io-client');

const { createUpgradeRouter } = require('../..');
const { RawClient } = require('../support/raw-client');
const { exchange, listening, tell } = require('./support');

/** A request for an upgrade, after which the connection is to be closed. */
function asking(upgrade, { more = '', version = '1.1' } = {}) {
  return `GET /page HTTP/${version}\r\nHost: h\r\nConnection: Upgrade, close\r\nUpgrade: ${upgrade}\r\n${more}\r\n`;
}

/** Requests that nobody who listens knows what to do with, and whoever has sent them is content with a page. */
const CONTENT = {
  "Java's HttpClient": asking('h2c', { more: 'HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n' }),
  'curl --http2': asking('h2c', { more: 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n' }),
  "Apache's HttpClient": asking('TLS/1.2'),
  'a printer': asking('TLS/1.2, TLS/1.1, TLS/1.0'),
  'a draft of HTTP/2': asking('h2c-14, HTTP/2.0'),
  'HTTP/1.0': asking('websocket', { version: '1.0' }),
  'a list that fits no grammar': asking('web socket'),
  'an empty list': asking(''),
  'too many protocols': asking(`${'p,'.repeat(100)}websocket`)
};

/** Adds a router with a route that echoes. */
function addRouter(server, options) {
  const router = createUpgradeRouter(server, options);

  router.websocket('/ours', (socket) => socket.on('message', (data) => socket.send(`ours ${data}`)));
  return router;
}

/** Sends a message to a WebSocket and tells what comes back. */
async function say(port, request) {
  const client = await RawClient.open(port, request);

  client.send(1, 'hello');

  const { payload } = await client.frame();

  client.socket.destroy();
  return String(payload);
}

/** Starts Vite on a server. */
async function addVite(t, server) {
  const { createServer } = await import('vite');
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'upshift-vite-'));
  const vite = await createServer({
    configFile: false,
    logLevel: 'error',
    optimizeDeps: { noDiscovery: true },
    root,
    server: { hmr: { server }, middlewareMode: true, watch: null }
  });

  t.after(async () => {
    await vite.close();
    fs.rmSync(root, { recursive: true });
  });
  return { path: `/?token=${vite.config.webSocketToken}`, headers: { 'Sec-WebSocket-Protocol': 'vite-hmr' } };
}

/** Who else listens on a server, and how one sees that they are well. */
const OTHERS = {
  'a WebSocketServer of ws with a path': async (t, server) => {
    const wss = new ws.WebSocketServer({ path: '/theirs', server });

    wss.on('connection', (socket) => socket.on('message', (data) => socket.send(`theirs ${data}`)));
    return async (port) => assert.equal(await say(port, { path: '/theirs' }), 'theirs hello');
  },
  'Socket.IO': async (t, server) => {
    const theirs = new SocketIo(server, { destroyUpgradeTimeout: 50 });

    theirs.on('connection', (socket) => socket.on('message', (text) => socket.emit('message', `theirs ${text}`)));
    t.after(() => theirs.close());
    return async (port) => {
      const client = io(`http://127.0.0.1:${port}`, { transports: ['websocket'] });

      client.emit('message', 'hello');
      assert.equal(await new Promise((resolve) => client.once('message', resolve)), 'theirs hello');
      client.close();
    };
  },
  Vite: async (t, server) => {
    const request = await addVite(t, server);

    return async (port) => {
      const client = await RawClient.open(port, request);

      assert.equal(String((await client.frame()).payload), '{"type":"connected"}');
      client.socket.destroy();
    };
  }
};

for (const [name, add] of Object.entries(OTHERS)) {
  for (const first of ['router', 'other']) {
    test(`beside ${name}, the ${first} first`, async (t) => {
      const server = http.createServer(tell);

      if (first === 'router') addRouter(server);

      const isWell = await add(t, server);

      if (first === 'other') addRouter(server);

      const port = await listening(t, server);
      const ours = await RawClient.open(port, { path: '/ours' });

      for (const [client, request] of Object.entries(CONTENT)) {
        assert.match(await exchange(port, request), /^HTTP\/1.1 200 OK\r\n[^]*"url":"\/page"/, client);
      }
      await isWell(port);
      ours.send(1, 'still here');
      assert.equal(String((await ours.frame()).payload), 'ours still here');
      ours.socket.destroy();
    });
  }
}

describe('a listener of the application', () => {
  /** What others could want, and what they could not, by what becomes of each. */
  const BY_DEFAULT = {
    theirs: ['websocket', 'foo', 'FOO/2', 'h2c, foo', 'foo/1, h2c', 'tlsx', 'h2cx', 'xmpp'],
    plain: ['h2c', 'H2C', 'h2c/1', 'h2', 'TLS/1.3', 'tls', 'HTTP/2.0', 'HTTP/3', 'h2c-14', 'h2c, TLS/1.2']
  };

  /**
   * Asks a server for upgrades.
   *
   * @param {TestContext} t The test
   * @param {Object[]} options Those of the routers
   * @param {Object} expected Lists of protocols, by who gets them
   */
  async function check(t, options, expected) {
    const server = http.createServer(tell).on('upgrade', (req, socket) => socket.end('theirs'));

    for (const one of options) createUpgradeRouter(server, one);

    const port = await listening(t, server);

    for (const upgrade of expected.theirs) assert.equal(await exchange(port, asking(upgrade)), 'theirs', upgrade);
    for (const upgrade of expected.plain) {
      assert.match(await exchange(port, asking(upgrade)), /^HTTP\/1.1 200 OK\r\n/, upgrade);
    }
  }

  test('gets by default what could be for it', (t) => check(t, [undefined], BY_DEFAULT));

  test('gets everything when that is said', (t) =>
    check(t, [{ passOn: 'all' }], { theirs: Object.values(BY_DEFAULT).flat(), plain: ['', 'a b'] }));

  test('gets what it knows when that is said', (t) =>
    check(t, [{ passOn: ['websocket', 'H2C', 'foo/2'] }], {
      theirs: ['WebSocket', 'websocket/13', 'h2c', 'h2c/1', 'foo/2', 'bar, FOO/2'],
      plain: ['foo', 'foo/1', 'h2', 'TLS/1.2', 'bar']
    }));

  test('gets nothing when that is said', (t) =>
    check(t, [{ passOn: [] }], { theirs: [], plain: ['websocket', 'foo'] }));

  test('gets what one of several routers passes on that has a say', async (t) => {
    await check(t, [undefined, { passOn: ['h2c'] }, { passOn: ['foo'] }], {
      theirs: ['h2c', 'foo'],
      plain: ['websocket', 'TLS/1.2']
    });
  });

  test('stays with what the routers say that are left', async (t) => {
    const server = http.createServer(tell).on('upgrade', (req, socket) => socket.end('theirs'));
    const one = createUpgradeRouter(server, { passOn: 'all' });
    const two = createUpgradeRouter(server);
    const port = await listening(t, server);

    assert.equal(await exchange(port, asking('h2c')), 'theirs');
    await one.close();
    assert.match(await exchange(port, asking('h2c')), /^HTTP\/1.1 200 OK\r\n/);
    await two.close();
    assert.equal(await exchange(port, asking('h2c')), 'theirs');
  });

  test('what it knows are protocols', () => {
    for (const passOn of ['some', 'websocket', true, 5, {}]) {
      assert.throws(() => createUpgradeRouter(http.createServer(), { passOn }), {
        name: 'TypeError',
        message: 'The "passOn" option must be "all" or an array of protocols'
      });
    }
    for (const passOn of [[''], ['a b'], [undefined], ['a', 5]]) {
      assert.throws(() => createUpgradeRouter(http.createServer(), { passOn }), {
        name: 'TypeError',
        message: /^Not the name of a protocol: /
      });
    }
  });
});
