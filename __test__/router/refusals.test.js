'use strict';

// What does no route take, though it asks for just what the route is for? What Node has not read whole, and what names two
// hosts: nobody can say where such a request ends, or to whom it is.

const assert = require('node:assert/strict');
const http = require('node:http');
const { describe, test } = require('node:test');

const { accept } = require('../..');
const { RawClient } = require('../support/raw-client');
const { exchange, keys, listening, routed, tell } = require('./support');

/** A request for an upgrade, after which an ordinary answer would close the connection. */
function asking(token, fields = '') {
  return (
    `GET / HTTP/1.1\r\nHost: h\r\nConnection: close, Upgrade, HTTP2-Settings\r\nUpgrade: ${token}\r\n` +
    'HTTP2-Settings: AAMAAABk\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
    `${fields}\r\n`
  );
}

/** How many fields that is, the empty line not counted. */
const FIELDS = asking('x').split('\r\n').length - 3;

/** Every route, and what it is asked. */
const ROUTES = {
  'router.websocket()': [(router) => router.websocket('/', () => {}), 'websocket'],
  'router.protocol()': [(router) => router.protocol('x', () => {}), 'x'],
  'router.h2c()': [(router) => router.h2c(tell), 'h2c'],
  'router.tls()': [(router) => router.tls(keys), 'TLS/1.2'],
  'router.tls(), mandatory': [(router) => router.tls({ ...keys, mandatory: true }), 'TLS/1.2']
};

/** Ways to say two hosts. */
const HOSTS = ['Host: i\r\n', 'host: h\r\n', 'HOST:\r\n'];

for (const [name, [add, token]] of Object.entries(ROUTES)) {
  describe(name, () => {
    /** Starts a server with the route. */
    async function start(t, most) {
      const server = http.createServer(tell);

      if (most !== undefined) server.maxHeadersCount = most;

      const { port, router } = await routed(t, {}, server);

      add(router);
      return port;
    }

    /** Asks with so many fields. */
    async function statusWith(port, count) {
      const client = await RawClient.connect(port);

      client.write(asking(token, 'a: b\r\n'.repeat(count - FIELDS)));

      const head = await client.head();

      client.socket.destroy();
      return Number(head.split(' ')[1]);
    }

    for (const host of HOSTS) {
      test(`refuses a second host, ${JSON.stringify(host)}`, async (t) => {
        const received = await exchange(await start(t), `${asking(token, host)}GET /smuggled HTTP/1.1\r\n\r\n`);

        assert.match(received, /^HTTP\/1.1 400 Bad Request\r\n[^]*\r\n\r\nRepeated Host header$/);
      });
    }

    test('takes as many fields as the server reads, and not more', async (t) => {
      const port = await start(t, 20);

      assert.equal(await statusWith(port, 20), 101);
      assert.equal(await statusWith(port, 21), 431);
      assert.equal(await statusWith(port, 100), 431);
    });

    test('takes any number of fields where the server reads any', async (t) => {
      assert.equal(await statusWith(await start(t, 0), name === 'router.h2c()' ? 124 : 1500), 101);
    });
  });
}

test('an ordinary answer is given as without a router', async (t) => {
  const limited = http.createServer(tell);
  const unlimited = http.createServer(tell);

  limited.maxHeadersCount = 20;
  unlimited.maxHeadersCount = 0;

  const [some, any] = [await routed(t, {}, limited), await routed(t, {}, unlimited)];
  const body = 'GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n';
  const with1500 = asking('x', `${'a: b\r\n'.repeat(1500)}Content-Length: ${body.length}\r\n`);

  assert.match(await exchange(some.port, asking('x', 'a: b\r\n'.repeat(20 - FIELDS))), /^HTTP\/1.1 200 /);
  assert.match(await exchange(some.port, asking('x', 'a: b\r\n'.repeat(21 - FIELDS))), /^HTTP\/1.1 431 /);

  const received = await exchange(any.port, with1500 + body);

  assert.match(received, new RegExp(`^HTTP/1.1 200 [^]*"length":${body.length}[^]*}$`));
  assert.doesNotMatch(received, /smuggled/);
  // The first one counts.
  assert.match(await exchange(any.port, asking('x', 'Host: i\r\n')), /^HTTP\/1.1 200 /);
});

test('where Node leaves fields out, a number that may have been larger is refused', async (t) => {
  const server = http.createServer(tell);
  // A batch of the parser, and what is left of any larger number.
  const [most, body] = [31, 'GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n'];

  server.maxHeadersCount = most;

  const { port } = await routed(t, {}, server);
  const fields = 'a: b\r\n'.repeat(most - FIELDS);
  const received = await exchange(port, `${asking('x', `${fields}Content-Length: ${body.length}\r\n`)}${body}`);

  assert.match(received, /^HTTP\/1.1 431 /);
  assert.doesNotMatch(received, /smuggled/);
});

test('accept() refuses two hosts', async (t) => {
  const outcomes = [];
  const server = http.createServer(tell).on('upgrade', (req, socket, head) => {
    outcomes.push(accept(req, socket, head, { protocol: 'x' }).catch((err) => err));
  });
  const port = await listening(t, server);

  assert.match(
    await exchange(port, asking('x', 'Host: i\r\n')),
    /^HTTP\/1.1 400 Bad Request\r\n[^]*Repeated Host header$/
  );

  const { code, name, status } = await outcomes[0];

  assert.deepEqual({ code, name, status }, { code: 'ERR_UPSHIFT_REPEATED_HOST', name: 'HandshakeError', status: 400 });
});
