'use strict';

// Is an `Upgrade` list read in the same way at every door? What is asked for in two fields is one list; what fits no grammar,
// is too long, or is empty, asks for nothing.

const assert = require('node:assert/strict');
const http = require('node:http');
const http2 = require('node:http2');
const { describe, test } = require('node:test');

const makeExpress = require('express');
const makeFastify = require('fastify');

const express = require('../../lib/use/express');
const fastify = require('../../lib/use/fastify');
const { accept, upgrade, upgradeToH2c } = require('../..');
const { RawClient } = require('../support/raw-client');
const { keys, listening, routed, tell } = require('./support');

/** Lets a listener of a bare server upgrade; what it leaves alone gets an answer of its own. */
function byHand(listener) {
  return (t) => {
    const server = http.createServer(tell);

    server.on('upgrade', (req, socket, head) => {
      listener(req, socket, head).catch(({ code }) => {
        if (['ERR_UPSHIFT_NOT_ASKED', 'ERR_UPSHIFT_NOT_WEBSOCKET'].includes(code))
          socket.end('HTTP/1.1 204 Left\r\n\r\n');
      });
    });
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

/** What a door makes of a list that asks for nothing, and of one that asks for something else. */
const ORDINARY = { nothing: 200, else: 200 };

/** Every door: what starts a server, what it takes, and how it answers otherwise. */
const DOORS = {
  'router.websocket()': [byRoute((router) => router.websocket('/', () => {})), 'websocket', ORDINARY],
  'router.protocol()': [byRoute((router) => router.protocol('x/1', () => {})), 'x/1', ORDINARY],
  'router.h2c()': [byRoute((router) => router.h2c(tell)), 'h2c', ORDINARY],
  'router.tls()': [byRoute((router) => router.tls(keys)), 'TLS/1.2', ORDINARY],
  'upgrade()': [byHand((...args) => upgrade(...args)), 'websocket', { nothing: 400, else: 204 }],
  'accept()': [byHand((...args) => accept(...args, { protocol: 'x/1' })), 'x/1', { nothing: 204, else: 204 }],
  'upgradeToH2c()': [byHand((...args) => upgradeToH2c(...args, { server: http2.createServer() })), 'h2c', ORDINARY],
  Express: [
    async (t) => {
      const app = express(makeExpress());
      const server = http.createServer(app);

      app.upgrade('/', () => {});
      app.get('/', (req, res) => res.send('ordinary'));
      app.websockets.attach(server);
      return listening(t, server);
    },
    'websocket',
    ORDINARY
  ],
  Fastify: [
    async (t) => {
      const app = makeFastify();

      await app.register(fastify);
      app.route({ method: 'GET', url: '/', handler: async () => 'ordinary', wsHandler: () => {} });
      await app.ready();
      return listening(t, app.server);
    },
    'websocket',
    ORDINARY
  ]
};

const MANY = 'p, '.repeat(99);

/** Lists, each of one field or of several, around the token that a door takes. */
const LISTS = {
  good: {
    alone: (token) => [token],
    'in another case': (token) => [token === 'websocket' ? 'WebSocket' : token.toUpperCase()]
  },
  // Fastify asks as @fastify/websocket does, by the rules of ws.
  strict: {
    'behind another, in one field': (token) => [`foo, ${token}`],
    'behind another, in two fields': (token) => ['foo', token],
    'twice, in two fields': (token) => [token, token],
    'among empty elements': (token) => [`, ,${token},, `],
    'the last of a hundred': (token) => [MANY + token],
    'the last of a hundred, in two fields': (token) => [MANY, token]
  },
  // To Node itself that is no upgrade.
  empty: {
    'that is empty': () => [''],
    'that is empty, in two fields': () => ['', '']
  },
  nothing: {
    'of nothing but commas': () => [', ,,'],
    'beside what is no token': (token) => [`${token}, foo bar`],
    'beside what is no token, in another field': (token) => [token, '"foo"'],
    'with a parameter': (token) => [`${token}; q=1`],
    'with two slashes': (token) => [`${token}/1/2`],
    'with letters beyond ASCII': (token) => [`${token}, f\u00e9`],
    'the last of a hundred and one': (token) => [`p, ${MANY}${token}`],
    'the last of a thousand': (token) => [`${'p,'.repeat(999)}${token}`],
    'the first of a thousand': (token) => [`${token},${'p,'.repeat(999)}`],
    'the last of a thousand, in two fields': (token) => ['p,'.repeat(999), token]
  },
  else: {
    'of something else': () => ['foo'],
    'with a version nobody knows': (token) => [`${token.split('/')[0]}/99`]
  }
};

/** Asks with some fields, and tells the status. */
async function ask(port, upgrades) {
  const client = await RawClient.connect(port);
  const request = RawClient.request({
    headers: { Connection: 'Upgrade, HTTP2-Settings', 'HTTP2-Settings': 'AAMAAABk', Upgrade: upgrades }
  });

  client.socket.write(request, 'latin1');

  const head = await client.head();

  client.socket.destroy();
  return Number(head.split(' ')[1]);
}

for (const [door, [start, token, otherwise]] of Object.entries(DOORS)) {
  describe(door, () => {
    for (const [kind, lists] of Object.entries(LISTS)) {
      if (kind === 'strict' && door === 'Fastify') continue;

      for (const [name, list] of Object.entries(lists)) {
        const expected = kind === 'empty' ? 200 : (otherwise[kind] ?? 101);

        test(`${expected}: a list ${name}`, async (t) => {
          assert.equal(await ask(await start(t), list(token)), expected);
        });
      }
    }
  });
}
