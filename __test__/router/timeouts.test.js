'use strict';

// Are the timeouts of HTTP over when the protocol has changed? Those of the server, and the one that the end of an earlier
// response sets: a socket that is silent for long has the right to be.

const assert = require('node:assert/strict');
const http = require('node:http');
const { describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const { accept, upgrade } = require('../..');
const { RawClient } = require('../support/raw-client');
const { answer, secure } = require('../tls-upgrade/support');
const { keys, listening, routed } = require('./support');

/** How long everybody is silent, which is longer than any timeout here: Node adds a second to that of the last response. */
const SILENCE = 1400;

/** A server that waits for nothing for more than a moment, and notes each time it did. */
function impatient() {
  const server = http.createServer((req, res) => setTimeout(() => res.end('ordinary'), 20));
  const timeouts = [];

  server.timeout = 100;
  server.keepAliveTimeout = 50;
  server.on('connection', (socket) => socket.on('timeout', () => timeouts.push(socket)));
  return { server, timeouts };
}

/** A request for an upgrade. */
function asking(token, fields = '', body = '') {
  return `GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: ${token}\r\n${fields}\r\n${body}`;
}

/** Sends back what it gets. */
function echo(socket) {
  socket.pipe(socket);
}

/** Lets a listener of a bare server upgrade. */
function byHand(listener) {
  return (t, server) => listening(t, server.on('upgrade', listener));
}

/** Lets a route of a router upgrade. */
function byRoute(add) {
  return async (t, server) => {
    const { port, router } = await routed(t, {}, server);

    add(router);
    return port;
  };
}

/** Every way to a socket of one's own, with what it is asked. */
const WAYS = {
  'router.protocol()': [byRoute((router) => router.protocol('x', echo)), asking('x')],
  'router.protocol() that authenticates': [
    byRoute((router) => router.protocol('x', { authenticate: () => sleep(20) }, echo)),
    asking('x')
  ],
  'router.protocol() that takes a body': [
    byRoute((router) => router.protocol('x', { maxUpgradeBody: 10 }, echo)),
    asking('x', 'Content-Length: 5\r\n', 'hello')
  ],
  'accept()': [byHand(async (...args) => echo(await accept(...args, { protocol: 'x' }))), asking('x')]
};

/** Where on its connection a request stands. */
const PLACES = { 'the first on its connection': '', 'behind an ordinary one': 'GET / HTTP/1.1\r\nHost: h\r\n\r\n' };

describe("a socket of one's own", { concurrency: true }, () => {
  for (const [way, [start, request]] of Object.entries(WAYS)) {
    for (const [place, before] of Object.entries(PLACES)) {
      test(`${way}, ${place}`, async (t) => {
        const { server, timeouts } = impatient();
        const client = await RawClient.connect(await start(t, server));

        client.write(before + request);
        await client.take(() => {
          const at = client.received.indexOf('HTTP/1.1 101 ');
          const end = client.received.indexOf('\r\n\r\n', at);

          return at < 0 || end < 0 ? null : client.cut(end + 4);
        });
        await sleep(SILENCE);
        assert.equal(timeouts.length, 0);
        client.write('still there');
        assert.equal(
          String(await client.take(() => (client.received.length < 11 ? null : client.cut(11)))),
          'still there'
        );
        client.socket.destroy();
      });
    }
  }
});

describe('a WebSocket', { concurrency: true }, () => {
  for (const [way, start] of [
    [
      'router.websocket()',
      byRoute((router) => router.websocket('/', (ws) => ws.on('message', (data) => ws.send(data))))
    ],
    [
      'upgrade()',
      byHand(async (...args) => {
        const ws = await upgrade(...args);

        ws.on('message', (data) => ws.send(data));
      })
    ]
  ]) {
    test(way, async (t) => {
      const { server, timeouts } = impatient();
      const client = await RawClient.open(await start(t, server));

      await sleep(SILENCE);
      assert.equal(timeouts.length, 0);
      client.send(1, 'still there');
      assert.equal(String((await client.frame()).payload), 'still there');
      client.socket.destroy();
    });
  }
});

describe('router.tls(): a handshake may take longer than the server waits for a request', { concurrency: true }, () => {
  for (const [place, before] of Object.entries(PLACES)) {
    test(place, async (t) => {
      const { server, timeouts } = impatient();
      const { port, router } = await routed(t, {}, server);
      const client = await RawClient.connect(port);

      router.tls(keys);
      client.write(before + asking('TLS/1.2'));
      if (before !== '') await answer(client);
      assert.match(await client.head(), /^HTTP\/1.1 101 /);
      await sleep(SILENCE);
      assert.equal(timeouts.length, 0);
      assert.equal((await answer(await secure(client))).body, 'ordinary');
      client.socket.destroy();
    });
  }
});

test('the server does have them', async (t) => {
  const { server, timeouts } = impatient();
  const client = await RawClient.connect(await listening(t, server));

  client.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  await client.rest();
  assert.equal(timeouts.length, 1);
});
