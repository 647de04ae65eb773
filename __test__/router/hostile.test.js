'use strict';

// What do clients get who leave at the wrong moment, send what they must not, or wait for ever? An answer that is named
// here, and the server goes on.

const assert = require('node:assert/strict');
const http = require('node:http');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { promisify } = require('node:util');

const { HttpError } = require('../..');
const { RawClient } = require('../support/raw-client');
const { encode } = require('../support/frames');
const { exchange, routed, statusOf } = require('./support');

const sleep = promisify(setTimeout);

/** Waits until the server has no connection any more. */
async function emptied(server) {
  const count = promisify(server.getConnections.bind(server));

  for (let i = 0; i < 100 && (await count()) > 0; i++) await sleep(20);
  assert.equal(await count(), 0, 'no connection is left');
}

/** Answers slowly, so that something can wait behind it. */
function slowServer() {
  return http.createServer((req, res) => {
    if (req.url === '/slow') setTimeout(() => res.end('slow'), 60);
    else req.resume().on('end', () => setTimeout(() => res.end('plain'), 40));
  });
}

/** An upgrade to `x`. */
function asking(path, fields = '') {
  return `GET ${path} HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: x\r\n${fields}\r\n`;
}

const SLOW = 'GET /slow HTTP/1.1\r\nHost: h\r\n\r\n';

describe('after a refusal', () => {
  test('nothing is read as the new protocol, nor as a request', async (t) => {
    const { port, router } = await routed(t);

    router.websocket('/', { authenticate: () => sleep(20).then(() => Promise.reject(new HttpError(401))) }, () =>
      assert.fail('came in')
    );

    const client = await RawClient.connect(port);
    const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n';

    client.write(Buffer.concat([Buffer.from(RawClient.request()), encode(1, 'early'), Buffer.from(smuggled)]));
    await sleep(5);
    client.write(encode(1, 'later'));

    const received = String(await client.rest());

    assert.match(received, /^HTTP\/1.1 401 Unauthorized\r\nConnection: close\r\n[^]*\r\n\r\nUnauthorized$/);
  });

  test('a client that still sends is not cut off at once: that could overtake the answer', async (t) => {
    const { port, router, server } = await routed(t);
    const answered = new Promise((resolve) => {
      server.once('connection', (socket) => {
        socket.once('finish', async () => {
          // A moment later those who wait for the same have had their turn.
          for (let i = 0; i < 5; i++) await new Promise(setImmediate);
          resolve(socket);
        });
      });
    });

    router.protocol('x', () => assert.fail('came in'));

    const client = await RawClient.connect(port);

    client.endsToo = false;
    client.write(asking('/', 'Content-Length: 10\r\n'));

    const socket = await answered;

    assert.equal(socket.destroyed, false);
    assert.match(String(await client.rest()), /^HTTP\/1.1 400 /);
    client.socket.end('0123456789');
    await client.closed;
    if (!socket.closed) await once(socket, 'close');
  });

  test('a client that goes on sending is cut off', async (t) => {
    const { port, router, server } = await routed(t);

    router.protocol('x', () => assert.fail('came in'));

    const client = await RawClient.connect(port);

    client.endsToo = false;
    client.write(asking('/', 'Transfer-Encoding: chunked\r\n'));

    const timer = setInterval(() => client.write('5\r\nhello\r\n'), 10);

    assert.match(String(await client.rest()), /^HTTP\/1.1 400 /);
    await emptied(server);
    clearInterval(timer);
  });
});

describe('while somebody is asked', () => {
  test('a flood waits in the kernel, not in memory', async (t) => {
    const { port, router, server } = await routed(t);
    const connected = once(server, 'connection');

    router.protocol('x', { authenticate: () => sleep(100) }, (socket) => socket.destroy());

    const client = await RawClient.connect(port);
    const [socket] = await connected;

    client.write(asking('/'));
    for (let i = 0; i < 100; i++) client.write(Buffer.alloc(65536));
    await sleep(60);
    assert.ok(socket.readableLength <= 256 * 1024, `${socket.readableLength} bytes`);
    await client.closed;
  });

  test('who never decides costs nothing but the time allowed', async (t) => {
    const { port, router, server } = await routed(t, { upgradeTimeout: 60 });

    router.websocket('/', { authenticate: () => new Promise(() => {}) }, () => assert.fail('came in'));
    assert.deepEqual(await Promise.all(Array.from({ length: 50 }, () => statusOf(port))), Array(50).fill(503));
    await emptied(server);
    assert.equal(router._holds.size, 0);
  });

  test('who may wait for ever does', async (t) => {
    const { port, router } = await routed(t, { upgradeTimeout: 0 });

    router.websocket('/', { authenticate: () => sleep(100) }, (ws) => ws.close());
    assert.equal(await statusOf(port), 101);
  });

  test('a router that is closed refuses what is behind an unfinished response', async (t) => {
    for (const [path, upgrade] of [
      ['/x', asking('/x')],
      ['/ws', RawClient.request({ path: '/ws' })]
    ]) {
      const { port, router, server } = await routed(t, {}, slowServer());

      router.protocol('x', { path: '/x' }, () => assert.fail('came in'));
      router.websocket('/ws', () => assert.fail('came in'));

      const arrived = once(server, 'request');
      const received = exchange(port, SLOW + upgrade);

      // The upgrade lies in the same packet, and is read before any timer.
      await arrived;
      await new Promise(setImmediate);
      await router.close();
      assert.match(await received, /^HTTP\/1.1 200 [^]*slowHTTP\/1.1 503 /, path);
    }
  });

  test('a router that is closed answers all of them', async (t) => {
    const { port, router } = await routed(t);

    router.websocket('/', { authenticate: () => new Promise(() => {}) }, () => assert.fail('came in'));

    const statuses = Array.from({ length: 50 }, () => statusOf(port));

    while (router._holds.size < 50) await sleep(5);
    await router.close();
    assert.deepEqual(await Promise.all(statuses), Array(50).fill(503));
  });
});

test('a request with more fields than Node reads is taken by no route: what is missing could be its body', async (t) => {
  const { port, router } = await routed(t);
  const many = 'a:\r\n'.repeat(1100);
  const fail = () => assert.fail('came in');

  router.protocol('x', fail).websocket('/', fail);

  const handshake = RawClient.request().replace('\r\n\r\n', `\r\n${many}Content-Length: 3\r\n\r\nabc`);

  for (const request of [`${asking('/', `${many}Content-Length: 3\r\n`)}abc`, handshake]) {
    assert.match(await exchange(port, request), /^HTTP\/1.1 431 /);
  }
});

describe('what authenticate does wrong', () => {
  const FAULTS = {
    'throws at once': () => {
      throw new Error('oops');
    },
    'throws nothing': () => Promise.reject(),
    'throws text': () => Promise.reject('oops'),
    'throws what nobody may look at': () => {
      const { proxy, revoke } = Proxy.revocable({}, {});

      revoke();
      return Promise.reject(proxy);
    },
    'throws an answer that is none': () =>
      Promise.reject(Object.assign(new Error(), { name: 'HttpError', status: 200 })),
    'throws a status that is none': () =>
      Promise.reject(Object.assign(new Error(), { name: 'HttpError', status: 'x' })),
    'throws headers that are none': () => Promise.reject(new HttpError(401, 'a', { headers: { 'a b': 'c' } }))
  };

  for (const [name, authenticate] of Object.entries(FAULTS)) {
    test(`${name}: 500, and it is reported`, async (t) => {
      const { port, router } = await routed(t);
      let faults = 0;

      router.on('error', () => faults++);
      router.websocket('/', { authenticate }, () => assert.fail('came in'));
      assert.equal(await statusOf(port), 500);
      assert.equal(faults, 1);
    });
  }

  test('without a listener it is a warning', async (t) => {
    const { port, router } = await routed(t);
    const warned = once(process, 'warning');

    router.websocket('/', { authenticate: () => Promise.reject(new Error('oops')) }, () => assert.fail('came in'));
    assert.equal(await statusOf(port), 500);
    assert.equal((await warned)[0].message, 'oops');
  });

  test('an HttpError of another copy of this package is one, too', async (t) => {
    const { port, router } = await routed(t);
    const foreign = Object.assign(new Error('teapot'), { name: 'HttpError', status: 418, headers: { 'X-A': 'b' } });

    router.protocol('x', { authenticate: () => Promise.reject(foreign) }, () => assert.fail('came in'));
    assert.match(await exchange(port, asking('/')), /^HTTP\/1.1 418 [^]*\r\nX-A: b\r\n\r\nteapot$/);
  });
});
