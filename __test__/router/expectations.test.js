'use strict';

// Is a client that expects a 100 told to continue before the protocol changes, whatever it changes to? "The server MUST send
// a 100 (Continue) response before sending a 101" (RFC 9110 section 7.8), also where there is no body to continue with.

const assert = require('node:assert/strict');
const http = require('node:http');
const http2 = require('node:http2');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const makeExpress = require('express');

const express = require('../../lib/use/express');
const { HttpError, WebSocket, accept, requestUpgrade, upgrade, upgradeToH2c } = require('../..');
const { RawClient } = require('../support/raw-client');
const { keys, listening, routed, tell } = require('./support');

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

/** A request for an upgrade. */
function asking(token, fields = '') {
  return `GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: ${token}\r\n${fields}\r\n`;
}

const WEBSOCKET = asking('websocket', 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n');
const H2C = asking('h2c', 'HTTP2-Settings: AAMAAABk\r\n');
const TLS = asking('TLS/1.2');

/** Lets a listener of a bare server upgrade. */
function byHand(listener) {
  return async (t) => {
    const server = http.createServer(tell).on('upgrade', listener);

    return listening(t, server);
  };
}

/** Lets a route of a router upgrade. */
function byRoute(add) {
  return async (t) => {
    const { port, router } = await routed(t);

    add(router);
    return port;
  };
}

/** Every way to another protocol: what starts a server, and what it is asked. */
const WAYS = {
  'router.websocket()': [byRoute((router) => router.websocket('/', () => {})), WEBSOCKET],
  'router.websocket() with compression and a subprotocol': [
    byRoute((router) => router.websocket('/', { perMessageDeflate: true }, () => {})),
    WEBSOCKET.replace(
      '\r\n\r\n',
      '\r\nSec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: a\r\n\r\n'
    )
  ],
  'router.protocol()': [byRoute((router) => router.protocol('x', () => {})), asking('x')],
  'router.h2c()': [byRoute((router) => router.h2c(tell)), H2C],
  'router.tls()': [byRoute((router) => router.tls(keys)), TLS],
  'upgrade()': [byHand((req, socket, head) => upgrade(req, socket, head)), WEBSOCKET],
  'accept()': [byHand((req, socket, head) => accept(req, socket, head, { protocol: 'x' })), asking('x')],
  'upgradeToH2c()': [
    byHand((req, socket, head) => {
      // The client leaves in the end.
      upgradeToH2c(req, socket, head, { server: http2.createServer() }).catch(() => {});
    }),
    H2C
  ],
  'app.upgrade() of Express': [
    async (t) => {
      const app = express(makeExpress());
      const server = http.createServer(app);

      app.upgrade('/', () => {});
      app.websockets.attach(server);
      return listening(t, server);
    },
    WEBSOCKET
  ]
};

/** Adds an expectation. */
function expecting(request, what = '100-continue') {
  return request.replace('\r\n\r\n', `\r\nExpect: ${what}\r\n\r\n`);
}

for (const [way, [start, request]] of Object.entries(WAYS)) {
  describe(way, () => {
    test('sends a 100, and then the 101', async (t) => {
      const port = await start(t);

      for (const what of ['100-continue', '100-Continue', 'tea, 100-continue']) {
        const client = await RawClient.connect(port);

        client.write(expecting(request, what));
        assert.equal(await client.head(), CONTINUE);
        assert.match(await client.head(), /^HTTP\/1.1 101 /);
        client.socket.destroy();
      }
    });

    test('sends no 100 to those who expect none', async (t) => {
      const port = await start(t);

      for (const asked of [request, expecting(request, 'tea'), expecting(request, '100-continued')]) {
        const client = await RawClient.connect(port);

        client.write(asked);
        assert.match(await client.head(), /^HTTP\/1.1 101 /);
        client.socket.destroy();
      }
    });

    test('sends it behind the response before', async (t) => {
      const port = await start(t);
      const client = await RawClient.connect(port);

      client.write(`GET /unknown HTTP/1.1\r\nHost: h\r\n\r\n${expecting(request)}`);

      const text = await client.take(() => {
        const received = String(client.received);

        return received.includes(' 101 ') ? received : null;
      });

      assert.match(text, /^HTTP\/1.1 (?:200|404) [^]*HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 101 /);
      assert.equal(text.split('100 Continue').length, 2);
      client.socket.destroy();
    });
  });
}

test('a refusal is the only answer', async (t) => {
  const { port, router } = await routed(t);

  router.websocket('/', { authenticate: () => Promise.reject(new HttpError(401)) }, () => assert.fail('came in'));

  const client = await RawClient.connect(port);

  client.write(expecting(WEBSOCKET));
  assert.match(String(await client.rest()), /^HTTP\/1.1 401 /);
});

test('what follows the 101 is the new protocol, and Node understands both answers', async (t) => {
  const { port, router } = await routed(t);
  const headers = { Expect: '100-continue' };

  router.websocket('/', (ws) => ws.on('message', (data) => ws.send(data)));
  router.protocol('echo', (socket) => socket.pipe(socket));

  const ws = new WebSocket(`ws://127.0.0.1:${port}`, { headers });

  await once(ws, 'open');
  ws.send('hello');
  assert.equal(String((await once(ws, 'message'))[0]), 'hello');
  ws.terminate();

  const { stream } = await requestUpgrade(`http://127.0.0.1:${port}/`, { headers, protocol: 'echo' });

  stream.write('hello');
  assert.equal(String((await once(stream, 'data'))[0]), 'hello');
  stream.destroy();
});
