'use strict';

// May a request have a body that is upgraded to a protocol of the application's own? Where that is said: it is read to its
// end, then comes the 101, and what follows the body is the protocol's.

const assert = require('node:assert/strict');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const { describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const { HttpError, accept } = require('../..');
const { readsBodies } = require('../../lib/upgrades/body-reading');
const { RawClient } = require('../support/raw-client');
const { exchange, keys, listening, routed, tell } = require('./support');

const MOST = 1000;

/** The head of a request for the protocol. */
function asking(fields) {
  return `POST /path HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: x\r\n${fields}\r\n`;
}

/** Says what the body was, and then sends back what it gets. */
function serve(socket, body) {
  socket.write(`[${body.length > 20 ? body.length : body}]`);
  // Not by `pipe()`: a listener has to be enough.
  socket.on('data', (chunk) => socket.write(chunk));
  socket.on('end', () => socket.end());
}

/** The ways to say it: each starts a server, which notes its sockets. */
const WAYS = {
  'router.protocol()': async (t, { create = http.createServer, limits, sockets = [] } = {}) => {
    const { port, router } = await routed(t, limits, create(tell));

    router.protocol('x', { maxUpgradeBody: MOST }, (socket, req, { body }) => {
      sockets.push(socket, req.socket);
      serve(socket, body);
    });
    return port;
  },
  'accept()': async (t, { create = http.createServer, limits, sockets = [] } = {}) => {
    const server = create(tell).on('upgrade', async (req, socket, head) => {
      try {
        const same = await accept(req, socket, head, { ...limits, maxUpgradeBody: MOST, protocol: 'x' });

        sockets.push(same, req.socket);
        serve(same, req.body);
      } catch (err) {
        assert.equal(err.name, 'HandshakeError');
      }
    });

    return listening(t, server);
  }
};

/** Bodies as they are announced and come, and what they are. */
const BODIES = {
  'no body': ['', '', '[]'],
  'a body of nothing': ['Content-Length: 0\r\n', '', '[]'],
  'a body with a length': ['Content-Length: 5\r\n', 'hello', '[hello]'],
  'a body in chunks': ['Transfer-Encoding: chunked\r\n', '2\r\nhe\r\n3;a=b\r\nllo\r\n0\r\nX: y\r\n\r\n', '[hello]'],
  'chunks of nothing': ['Transfer-Encoding: chunked\r\n', '0\r\n\r\n', '[]'],
  'a body of the most there may be': [`Content-Length: ${MOST}\r\n`, 'x'.repeat(MOST), `[${MOST}]`]
};

/** Bodies that are too much, or none, and what they get. */
const REFUSED = {
  'is too long': [`Content-Length: ${MOST + 1}\r\n`, 'x'.repeat(MOST + 1), / 413 .*The request body is too long$/s],
  'becomes too long': ['Transfer-Encoding: chunked\r\n', `3e9\r\n${'x'.repeat(MOST + 1)}\r\n0\r\n\r\n`, / 413 /],
  'is none': [
    'Transfer-Encoding: chunked\r\n',
    '5\r\nhellooo\r\n',
    readsBodies() ? / 408 / : / 400 .*Invalid request body$/s
  ],
  'does not come': ['Content-Length: 5\r\n', 'hell', / 408 .*The upgrade has timed out$/s]
};

for (const [way, start] of Object.entries(WAYS)) {
  describe(way, () => {
    for (const [name, [fields, raw, expected]] of Object.entries(BODIES)) {
      for (const when of ['at once', 'behind the head', 'in pieces']) {
        test(`${name}, ${when}, and what is behind it`, async (t) => {
          const sockets = [];
          const client = await RawClient.connect(await start(t, { sockets }));
          const parts = { 'at once': [], 'behind the head': [raw], 'in pieces': [raw.slice(0, 3), raw.slice(3)] }[when];

          client.write(asking(fields) + (when === 'at once' ? `${raw}early ` : ''));
          for (const part of parts) {
            await sleep(20);
            client.write(part);
          }
          if (when !== 'at once') client.write('early ');
          assert.match(
            await client.head(),
            /^HTTP\/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n/
          );
          client.write('later');
          client.socket.end();
          assert.equal(String(await client.rest()), `${expected}early later`);
          assert.equal(sockets[0], sockets[1], 'on the socket itself');
          assert.ok(sockets[0] instanceof net.Socket);
        });
      }
    }

    test('a client that expects it is told to continue, once', async (t) => {
      const port = await start(t);

      for (const fields of ['Content-Length: 5\r\n', 'Transfer-Encoding: chunked\r\n']) {
        const client = await RawClient.connect(port);

        client.write(asking(`Expect: 100-continue\r\n${fields}`));
        assert.equal(await client.head(), 'HTTP/1.1 100 Continue\r\n\r\n');
        client.write(fields.startsWith('C') ? 'hello' : '5\r\nhello\r\n0\r\n\r\n');
        assert.match(await client.head(), /^HTTP\/1.1 101 /);
        client.socket.end();
        assert.equal(String(await client.rest()), '[hello]');
      }
    });

    for (const [name, [fields, raw, expected]] of Object.entries(REFUSED)) {
      for (const isLater of [false, true]) {
        test(`a body that ${name} is refused, ${isLater ? 'later' : 'at once'}`, async (t) => {
          // Only what is none, or not all there, is waited for.
          const port = await start(t, { limits: { upgradeTimeout: expected.source.includes('408') ? 100 : 5000 } });
          const client = await RawClient.connect(port);

          client.write(asking(fields) + (isLater ? '' : raw));
          if (isLater) {
            await sleep(20);
            client.write(raw);
          }

          const received = String(await client.rest());

          assert.match(received, /^HTTP\/1.1 4/);
          assert.match(received, expected);
        });
      }
    }

    test('it waits for the response before it', async (t) => {
      const client = await RawClient.connect(await start(t));

      client.write(`GET /before HTTP/1.1\r\nHost: h\r\n\r\n${asking('Content-Length: 5\r\n')}`);
      await sleep(20);
      client.write('hello');
      client.socket.end();
      assert.match(String(await client.rest()), /^HTTP\/1.1 200 [^]*\/before[^]*HTTP\/1.1 101 [^]*\r\n\r\n\[hello\]$/);
    });

    test('inside TLS', async (t) => {
      const port = await start(t, { create: (listener) => https.createServer(keys, listener) });

      for (const isLater of [false, true]) {
        const client = await RawClient.connect({ port, tls: true, host: '127.0.0.1' });

        client.write(asking('Content-Length: 5\r\n') + (isLater ? '' : 'hello'));
        if (isLater) {
          await sleep(20);
          client.write('hello');
        }
        client.write('early');
        assert.match(await client.head(), /^HTTP\/1.1 101 /);
        assert.equal(
          String(await client.take(() => (client.received.length < 12 ? null : client.cut(12)))),
          '[hello]early'
        );
        client.socket.destroy();
      }
    });

    test('a client that leaves within its body costs its connection only', async (t) => {
      const server = http.createServer(tell);
      const port = await start(t, {
        create: (listener) => server.on('request', listener),
        limits: { upgradeTimeout: 0 }
      });

      for (const leave of ['end', 'destroy', 'resetAndDestroy']) {
        const client = await RawClient.connect(port);

        client.write(`${asking('Content-Length: 5\r\n')}he`);
        await sleep(20);
        client.socket[leave]();
        await client.closed;
      }
      for (let left = 1; left > 0; await sleep(5)) {
        left = await new Promise((done) => server.getConnections((err, count) => done(count)));
      }
    });
  });
}

test('who may not come in need not send a body', async (t) => {
  const { port, router } = await routed(t);

  router.protocol(
    'x',
    {
      maxUpgradeBody: MOST,
      authenticate(req) {
        if (req.headers.authorization === undefined) throw new HttpError(401);
        return sleep(20, req.headers.authorization);
      }
    },
    (socket, req, { auth, body }) => socket.end(`${auth} ${body}`)
  );
  assert.match(await exchange(port, asking('Expect: 100-continue\r\nContent-Length: 5\r\n')), /^HTTP\/1.1 401 /);

  const client = await RawClient.connect(port);

  client.write(`${asking('Authorization: me\r\nContent-Length: 5\r\n')}he`);
  await sleep(50);
  client.write('llo');
  assert.match(String(await client.rest()), /^HTTP\/1.1 101 [^]*\r\n\r\nme hello$/);
});

test('a router that closes does not wait for a body', async (t) => {
  const { port, router } = await routed(t, { upgradeTimeout: 0 });

  router.protocol('x', { maxUpgradeBody: MOST }, () => assert.fail('came in'));

  const client = await RawClient.connect(port);

  client.write(asking('Content-Length: 5\r\n'));
  await sleep(30);
  await router.close();
  assert.match(String(await client.rest()), /^HTTP\/1.1 503 /);
});

test('without the option there is no body, and nothing to be seen of one', async (t) => {
  const { port, router } = await routed(t);
  let seen;

  router.protocol('x', (socket, req, { body }) => {
    seen = body;
    socket.end();
  });
  assert.match(await exchange(port, `${asking('Content-Length: 1\r\n')}x`), /^HTTP\/1.1 400 /);
  assert.match(await exchange(port, asking('Content-Length: 0\r\n')), /^HTTP\/1.1 101 /);
  assert.equal(seen.length, 0);
  for (const maxUpgradeBody of ['x', -1, NaN]) {
    assert.throws(() => router.protocol('x', { maxUpgradeBody }, () => {}), {
      name: 'TypeError',
      message: /maxUpgradeBody/
    });
    await assert.rejects(accept({}, {}, null, { maxUpgradeBody, protocol: 'x' }), TypeError);
  }
});
