'use strict';

// What do the limits mean at their ends, wherever they are named: a body above the one, and a wait without the other?

const assert = require('node:assert/strict');
const http = require('node:http');
const http2 = require('node:http2');
const { test } = require('node:test');

const makeExpress = require('express');
const makeFastify = require('fastify');

const express = require('../../lib/use/express');
const fastify = require('../../lib/use/fastify');
const { RawClient } = require('../support/raw-client');
const { createUpgradeRouter, upgradeToH2c } = require('../..');
const { exchange, keys, listening, routed, statusOf } = require('./support');

/** An upgrade to HTTP/2, of a request with a body. */
const ASKING =
  'POST / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\n' +
  'HTTP2-Settings: AAMAAABkAAQAAP__\r\nTransfer-Encoding: chunked\r\n\r\n';

const CHUNK = `10000\r\n${'x'.repeat(65536)}\r\n`;

test('a body in chunks that becomes too long for h2c is answered as HTTP/1.1, all of it', async (t) => {
  const server = http.createServer((req, res) => {
    let length = 0;

    req.on('data', (chunk) => (length += chunk.length)).on('end', () => res.end(`${length} bytes`));
  });
  const { port, router } = await routed(t, {}, server);
  const client = await RawClient.connect(port);

  router.h2c(() => assert.fail('HTTP/2'));
  client.write(ASKING);
  setTimeout(() => client.write(`${CHUNK.repeat(30)}0\r\n\r\n`), 20);
  assert.match(String(await client.rest()), /^HTTP\/1.1 200 [^]*1966080 bytes$/);
});

/** Reads the body of a request and answers with its length. */
async function count(req, res) {
  let length = 0;

  for await (const chunk of req) length += chunk.length;
  res.end(`${length} bytes`);
}

/** An upgrade to TLS, of a request with a body. */
const ASKING_TLS = ASKING.replace('Upgrade: h2c', 'Upgrade: TLS/1.2');

/** A body of five bytes, as it may come. */
const BODIES = {
  'in chunks': ['Transfer-Encoding: chunked', '5\r\nhello\r\n0\r\n\r\n'],
  'with a length': ['Content-Length: 5', 'hello']
};

/** Where limits may be named, as options of the router or of a route: `(limits) => [of the router, of the route]`. */
const PLACES = { router: (limits) => [limits, {}], route: (limits) => [{ upgradeTimeout: 5000 }, limits] };

/** What can be upgraded behind a body: how the route is added, and what asks for it. */
const UPGRADES = {
  h2c: [(router, limits) => router.h2c(count, limits), ASKING],
  tls: [(router, limits) => router.tls({ ...keys, ...limits }), ASKING_TLS]
};

for (const [kind, [add, asking]] of Object.entries(UPGRADES)) {
  for (const [place, put] of Object.entries(PLACES)) {
    /** Starts a server with the route and these limits. */
    const start = async (t, limits) => {
      const [ofRouter, ofRoute] = put(limits);
      const { port, router } = await routed(t, ofRouter, http.createServer(count));

      add(router, ofRoute);
      return port;
    };

    for (const [name, [field, body]] of Object.entries(BODIES)) {
      const request = asking.replace('Transfer-Encoding: chunked', field) + body;

      for (const maxUpgradeBody of [5, 2 ** 32, 2 ** 32 + 1, Infinity]) {
        test(`${kind}: ${maxUpgradeBody} as maxUpgradeBody of the ${place} lets a body ${name} through`, async (t) => {
          const client = await RawClient.connect(await start(t, { maxUpgradeBody }));

          client.write(request);
          assert.match(await client.head(), /^HTTP\/1.1 101 /);
          client.socket.destroy();
        });
      }

      for (const maxUpgradeBody of [0, 4]) {
        test(`${kind}: ${maxUpgradeBody} as maxUpgradeBody of the ${place} does not, ${name}`, async (t) => {
          assert.match(await exchange(await start(t, { maxUpgradeBody }), request), /^HTTP\/1.1 200 [^]*5 bytes/);
        });
      }
    }

    test(`${kind}: the upgradeTimeout of the ${place} ends the wait for a body`, async (t) => {
      const port = await start(t, { upgradeTimeout: 50 });

      assert.match(await exchange(port, asking), /^HTTP\/1.1 408 /);
    });

    test(`${kind}: the upgradeTimeout of the ${place} ends the wait behind the 101`, async (t) => {
      const port = await start(t, { upgradeTimeout: 50 });
      const [head, ...behind] = (await exchange(port, `${asking}0\r\n\r\n`)).split('\r\n\r\n');

      assert.match(head, /^HTTP\/1.1 101 /);
      assert.doesNotMatch(behind.join(), /HTTP/);
    });

    for (const upgradeTimeout of [0, Infinity, 2 ** 31, 2 ** 40]) {
      test(`${kind}: with ${upgradeTimeout} as upgradeTimeout of the ${place} it waits`, async (t) => {
        const client = await RawClient.connect(await start(t, { upgradeTimeout }));

        client.write(asking);
        setTimeout(() => client.write('0\r\n\r\n'), 50);
        assert.match(await client.head(), /^HTTP\/1.1 101 /);
        await new Promise((resolve) => setTimeout(resolve, 50));
        assert.equal(client.ended, false, 'and goes on to wait');
        client.socket.destroy();
      });
    }
  }
}

for (const upgradeTimeout of [0, Infinity, 2 ** 31, 2 ** 40]) {
  test(`authenticate may take its time with an upgradeTimeout of ${upgradeTimeout}`, async (t) => {
    const { port, router } = await routed(t, { upgradeTimeout });

    router.websocket('/', { authenticate: () => new Promise((go) => setTimeout(go, 50)) }, () => {});
    assert.equal(await statusOf(port), 101);
  });

  test(`upgradeToH2c() waits with an upgradeTimeout of ${upgradeTimeout}`, async (t) => {
    const http2Server = http2.createServer(count);
    const server = http.createServer(count).on('upgrade', (req, socket, head) => {
      const limits = { maxUpgradeBody: Infinity, upgradeTimeout };

      // The client leaves in the end.
      upgradeToH2c(req, socket, head, { server: http2Server, ...limits }).catch(() => {});
    });
    const client = await RawClient.connect(await listening(t, server));

    client.write(ASKING);
    setTimeout(() => client.write('0\r\n\r\n'), 50);
    assert.match(await client.head(), /^HTTP\/1.1 101 /);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(client.ended, false);
    client.socket.destroy();
  });

  test(`middleware of Express may take its time with an upgradeTimeout of ${upgradeTimeout}`, async (t) => {
    const app = express(makeExpress(), { upgradeTimeout });
    const server = http.createServer(app);

    app.upgrade(
      '/',
      (req, res, next) => setTimeout(next, 50),
      () => {}
    );
    app.websockets.attach(server);
    assert.equal(await statusOf(await listening(t, server)), 101);
  });

  test(`hooks of Fastify may take their time with an upgradeTimeout of ${upgradeTimeout}`, async (t) => {
    const app = makeFastify();

    app.addHook('onRequest', (request, reply, done) => setTimeout(done, 50));
    await app.register(fastify, { options: { upgradeTimeout } });
    app.get('/', { websocket: true }, () => {});
    await app.ready();
    assert.equal(await statusOf(await listening(t, app.server)), 101);
  });
}

test('what is no limit is refused wherever it is named', async (t) => {
  const router = createUpgradeRouter(http.createServer());
  const places = {
    createUpgradeRouter: (limits) => createUpgradeRouter(http.createServer(), limits),
    'router.h2c': (limits) => router.h2c(count, limits),
    'router.tls': (limits) => router.tls({ ...keys, ...limits })
  };
  const message = (name) => `The "${name}" option must be a number that is not negative`;

  for (const name of ['maxUpgradeBody', 'upgradeTimeout']) {
    for (const wrong of ['1000', -1, NaN, {}, true]) {
      const expected = { name: 'TypeError', message: message(name) };

      for (const [place, set] of Object.entries(places)) {
        assert.throws(() => set({ [name]: wrong }), expected, `${place} ${name} ${wrong}`);
      }
      await assert.rejects(upgradeToH2c({}, {}, null, { [name]: wrong }), expected);
    }
  }

  for (const wrong of ['1000', -1, NaN]) {
    const expected = { name: 'TypeError', message: message('upgradeTimeout') };
    const app = makeFastify();

    t.after(() => app.close().catch(() => {}));
    assert.throws(() => express(makeExpress(), { upgradeTimeout: wrong }), expected);
    assert.throws(() => fastify(app, { options: { upgradeTimeout: wrong } }, () => {}), expected);
  }
});
