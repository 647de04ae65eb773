'use strict';

// What may a client do while somebody decides whether it comes in? Send, of which nothing is lost, and leave, which is
// noticed; whoever decides, and whatever the connection is made of.

const assert = require('node:assert/strict');
const http = require('node:http');
const http2 = require('node:http2');
const https = require('node:https');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const { encode } = require('../support/frames');
const { RawClient } = require('../support/raw-client');
const { keys, routed } = require('./support');

/** The servers, and what a connection of theirs is made of. */
const SERVERS = {
  http: { create: () => http.createServer(), tls: false },
  https: { create: () => https.createServer(keys), tls: true },
  'http2 with allowHTTP1': { create: () => http2.createSecureServer({ ...keys, allowHTTP1: true }), tls: true }
};

/** Who decides: the options of a route, made of a function that is called when it waits, with how it goes on. */
const DECIDERS = {
  authenticate: (asked) => ({ authenticate: () => new Promise((go) => asked(go)) }),
  // Its length says that it answers later.
  verifyClient: (asked) => ({ verifyClient: (info, done) => asked(() => done(true)) })
};

/** Waits until the server has no connection any more. */
async function emptied(server) {
  for (let left = 1; left > 0; await sleep(5)) {
    left = await new Promise((done) => server.getConnections((err, count) => done(count)));
  }
}

for (const [kind, { create, tls }] of Object.entries(SERVERS)) {
  for (const [who, optionsFor] of Object.entries(DECIDERS)) {
    describe(`${kind}, ${who}`, () => {
      /** Starts a server and has somebody wait there. */
      async function start(t, { limits = { upgradeTimeout: 0 }, opened = () => {} } = {}) {
        const { port, router, server } = await routed(t, limits, create());
        const waiters = [];

        router.websocket(
          '/',
          optionsFor((go) => waiters.push(go)),
          opened
        );
        return { connect: () => RawClient.connect({ port, tls, host: '127.0.0.1' }), port, router, server, waiters };
      }

      /** Waits until so many wait. */
      async function until(waiters, count) {
        while (waiters.length < count) await sleep(2);
      }

      test('frames that come early are delivered in order', async (t) => {
        const received = [];
        const { connect, waiters } = await start(t, {
          opened: (ws) => ws.on('message', (data) => received.push(data.length) && ws.send(`${received.length}`))
        });
        const client = await connect();
        const first = Buffer.concat([Buffer.from(RawClient.request()), encode(1, 'a'), encode(1, 'bb').subarray(0, 3)]);

        client.write(first);
        await until(waiters, 1);
        client.write(encode(1, 'bb').subarray(3));
        await sleep(10);
        // More than is read meanwhile.
        for (let i = 3; i < 60; i++) client.send(2, Buffer.alloc(i * 100));
        await sleep(10);
        waiters[0]();
        assert.match(await client.head(), /^HTTP\/1.1 101 /);
        client.send(1, 'last');
        for (let i = 1; i <= 60; i++) assert.equal(String((await client.frame()).payload), `${i}`);
        assert.deepEqual(received, [1, 2, ...Array.from({ length: 57 }, (_, i) => (i + 3) * 100), 4]);
        client.socket.destroy();
      });

      for (const leave of tls ? ['end', 'destroy'] : ['end', 'destroy', 'resetAndDestroy']) {
        for (const early of [0, 10, 60_000]) {
          test(`a client that leaves by ${leave}() behind ${early} bytes is noticed`, async (t) => {
            const { connect, router, server, waiters } = await start(t, { opened: () => assert.fail('came in') });
            const client = await connect();

            client.write(RawClient.request());
            await until(waiters, 1);
            client.write(Buffer.alloc(early, 'x'));
            await sleep(20);
            client.socket[leave]();
            await emptied(server);
            assert.equal(router._holds.size, 0);
            waiters[0]();
            await sleep(10);
          });
        }
      }

      test('a flood waits in the kernel, not in memory', async (t) => {
        const { connect, server, waiters } = await start(t);
        const connected = once(server, tls ? 'secureConnection' : 'connection');
        const client = await connect();
        const [socket] = await connected;

        client.write(RawClient.request());
        await until(waiters, 1);
        for (let i = 0; i < 200; i++) client.write(Buffer.alloc(65536));
        await sleep(100);
        assert.ok(socket.bytesRead < 2 * 1024 * 1024, `${socket.bytesRead} bytes`);
        client.socket.destroy();
      });

      test('a decision that takes too long is made for it, and once', async (t) => {
        const { connect, router, waiters } = await start(t, {
          limits: { upgradeTimeout: 50 },
          opened: () => assert.fail('came in')
        });
        const client = await connect();

        client.write(RawClient.request());
        assert.match(String(await client.rest()), /^HTTP\/1.1 503 Service Unavailable\r\n/);
        assert.equal(router._holds.size, 0);
        waiters[0]();
        waiters[0]();
        await sleep(10);
      });

      test('a router that closes does not wait for it', async (t) => {
        const { connect, router, waiters } = await start(t, { opened: () => assert.fail('came in') });
        const client = await connect();

        client.write(RawClient.request());
        await until(waiters, 1);
        await router.close();
        assert.match(String(await client.rest()), /^HTTP\/1.1 503 /);
        waiters[0]();
      });

      test('and that it is said twice changes nothing', async (t) => {
        let count = 0;
        const { connect, waiters } = await start(t, { opened: () => count++ });
        const client = await connect();

        client.write(RawClient.request());
        await until(waiters, 1);
        waiters[0]();
        waiters[0]();
        assert.match(await client.head(), /^HTTP\/1.1 101 /);
        assert.equal(count, 1);
        client.socket.destroy();
      });
    });
  }
}

describe('verifyClient of a route', () => {
  test('is told what it is by a WebSocketServer, and its answer is the answer', async (t) => {
    const { port, router } = await routed(t);
    const seen = [];
    const options = {
      verifyClient(info, done) {
        assert.equal(this.verifyClient, options.verifyClient);
        seen.push([info.origin, info.secure, info.req.url]);
        if (info.req.url === '/away') done(false, 302, 'there', { Location: '/there' });
        else done(info.req.url === '/in');
      }
    };

    router.websocket(['/in', '/out', '/away'], options, () => {});
    router.websocket('/short', { verifyClient: ({ origin }) => origin === 'o' }, () => {});
    for (const [path, expected] of [
      ['/in', /^HTTP\/1.1 101 /],
      ['/out', /^HTTP\/1.1 401 Unauthorized\r\n[^]*\r\nContent-Type: text\/html\r\n/],
      ['/away', /^HTTP\/1.1 302 Found\r\n[^]*\r\nLocation: \/there\r\n/],
      ['/short', /^HTTP\/1.1 101 /]
    ]) {
      const client = await RawClient.connect(port);

      client.write(RawClient.request({ path, headers: { Origin: 'o' } }));
      assert.match(await client.head(), expected, path);
      client.socket.destroy();
    }

    const client = await RawClient.connect(port);

    client.write(RawClient.request({ path: '/short', headers: { Origin: 'p' } }));
    assert.match(await client.head(), /^HTTP\/1.1 401 /);
    client.socket.destroy();
    assert.deepEqual(seen, [
      ['o', false, '/in'],
      ['o', false, '/out'],
      ['o', false, '/away']
    ]);
  });

  test('comes behind authenticate', async (t) => {
    const { port, router } = await routed(t);
    const order = [];

    router.websocket(
      '/',
      {
        async authenticate() {
          await sleep(5);
          order.push('authenticate');
          return 'me';
        },
        verifyClient(info, done) {
          order.push('verifyClient');
          setTimeout(done, 5, true);
        }
      },
      (ws, req, { auth }) => ws.send(auth)
    );

    const client = await RawClient.open(port);

    assert.equal(String((await client.frame()).payload), 'me');
    assert.deepEqual(order, ['authenticate', 'verifyClient']);
    client.socket.destroy();
  });

  test('that throws is a fault of the application: 500, and it is reported', async (t) => {
    const { port, router } = await routed(t);
    const faults = [];

    router.on('error', (err) => faults.push(err.message));
    router.websocket(
      '/long',
      {
        // eslint-disable-next-line no-unused-vars
        verifyClient(info, done) {
          throw new Error('long');
        }
      },
      () => assert.fail('came in')
    );
    router.websocket(
      '/short',
      {
        verifyClient() {
          throw new Error('short');
        }
      },
      () => assert.fail('came in')
    );
    for (const path of ['/long', '/short']) {
      const client = await RawClient.connect(port);

      client.write(RawClient.request({ path }));
      assert.match(String(await client.rest()), /^HTTP\/1.1 500 /);
    }
    assert.deepEqual(faults, ['long', 'short']);
    assert.equal(router._holds.size, 0);
  });
});

test('a protocol may be told that a client has ended: what it has sent before is for the handler', async (t) => {
  const { port, router } = await routed(t, {}, http.createServer());

  router.protocol('x', { authenticate: () => sleep(50) }, (socket) => socket.pipe(socket));

  const client = await RawClient.connect(port);

  client.write('GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nearly');
  client.socket.end();
  assert.match(String(await client.rest()), /^HTTP\/1.1 101 [^]*\r\n\r\nearly$/);
});
