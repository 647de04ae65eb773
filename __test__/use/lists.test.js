'use strict';

/**
 * What becomes of each kind of `Upgrade` list? The same behind every door: in apps of Express and Fastify, behind a router,
 * and by hand. What asks for a WebSocket gets one; everything else is an ordinary request.
 */

const assert = require('node:assert/strict');
const http = require('node:http');
const { describe, it } = require('node:test');
const express = require('../../lib/use/express');
const fastify = require('../../lib/use/fastify');
const { createUpgradeRouter, upgrade } = require('../..');
const { RawClient } = require('../support/raw-client');
const { EXPRESSES, FASTIFIES, listen, serve, targetOf } = require('./support');

/** A list of protocols with `websocket` at its end. */
const many = (count) => [...Array.from({ length: count - 1 }, (_, at) => `p${at}`), 'websocket'].join(', ');

/** The lines that ask, and what comes of them: 101, or 200 for what is ordinary; `byHand` is the answer of `upgrade()`. */
const ROWS = {
  websocket: { lines: ['Upgrade: websocket'], status: 101 },
  'in other letters': { lines: ['Upgrade: WebSocket', 'Connection: UPGRADE'], status: 101 },
  'behind another protocol': { lines: ['Upgrade: foo, websocket'], status: 101 },
  'before another protocol': { lines: ['Upgrade: websocket, foo/1.1'], status: 101 },
  'in a second field': { lines: ['Upgrade: foo', 'Upgrade: websocket'], status: 101 },
  'among empty elements': { lines: ['Upgrade: ,, websocket ,\t,'], status: 101 },
  twice: { lines: ['Upgrade: websocket', 'Upgrade: websocket'], status: 101 },
  '100 protocols': { lines: [`Upgrade: ${many(100)}`], status: 101 },
  '101 protocols': { lines: [`Upgrade: ${many(101)}`], status: 200, byHand: 400 },
  '1000 protocols': { lines: [`Upgrade: ${many(1000)}`], status: 200, byHand: 400 },
  '101 protocols in two fields': { lines: ['Upgrade: foo', `Upgrade: ${many(100)}`], status: 200, byHand: 400 },
  'an empty list, which Node passes over': { lines: ['Upgrade:'], status: 200 },
  'a list of nothing': { lines: ['Upgrade: , ,'], status: 200, byHand: 400 },
  'a version': { lines: ['Upgrade: websocket/13'], status: 200, byHand: 'left alone' },
  'another protocol': { lines: ['Upgrade: foo'], status: 200, byHand: 'left alone' },
  'characters of no token': { lines: ['Upgrade: web socket'], status: 200, byHand: 400 },
  'a bad element before it': { lines: ['Upgrade: b@d, websocket'], status: 200, byHand: 400 },
  'a bad element behind it': { lines: ['Upgrade: websocket, foo/1/2'], status: 200, byHand: 400 },
  'letters beyond ASCII': { lines: ['Upgrade: w\u00e9bsocket'], status: 200, byHand: 400 },
  'a bad element in the second field': { lines: ['Upgrade: websocket', 'Upgrade: ;'], status: 200, byHand: 400 },
  'no Connection': { lines: ['Upgrade: websocket', 'Connection:'], status: 200 },
  'a Connection about something else': { lines: ['Upgrade: websocket', 'Connection: keep-alive'], status: 200 }
};

/** Starts each kind of server, with a WebSocket that says hello and a page, both at `/`. */
const DOORS = [
  ...EXPRESSES.map(([name, make]) => [
    name,
    async (t) => {
      const app = express(make());
      app.upgrade('/', (ws) => ws.send('hello'));
      app.get('/', (req, res) => res.send('page'));
      return serve(t, app);
    }
  ]),
  ...FASTIFIES.map(([name, make]) => [
    name,
    async (t) => {
      const app = make();
      await app.register(fastify);
      app.route({ handler: async () => 'page', method: 'GET', url: '/', wsHandler: (ws) => ws.send('hello') });
      t.after(() => {
        app.close();
        app.server.closeAllConnections();
      });
      await app.listen({ port: 0, host: '127.0.0.1' });
      return targetOf(app.server);
    }
  ]),
  [
    'a router',
    async (t) => {
      const server = http.createServer((req, res) => res.end('page'));
      createUpgradeRouter(server).websocket('/', (ws) => ws.send('hello'));
      return listen(t, server);
    }
  ],
  [
    'by hand',
    async (t) => {
      const server = http.createServer((req, res) => res.end('page'));
      server.on('upgrade', (req, socket, head) =>
        upgrade(req, socket, head).then(
          (ws) => ws.send('hello'),
          ({ code }) => code === 'ERR_UPSHIFT_NOT_WEBSOCKET' && socket.end('left alone')
        )
      );
      return listen(t, server);
    }
  ]
];

/** The request of a row. */
function requestOf(lines) {
  const fields = [
    'Host: a',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    ...(lines.some((line) => line.startsWith('Connection')) ? [] : ['Connection: Upgrade']),
    ...lines
  ];
  return Buffer.from(`GET / HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n`, 'latin1');
}

for (const [name, start] of DOORS) {
  describe(name, () => {
    for (const [row, { lines, status, byHand = status }] of Object.entries(ROWS)) {
      const expected = name === 'by hand' ? byHand : status;

      it(`${row}: ${expected}`, async (t) => {
        const { raw } = await start(t);
        const client = await RawClient.connect(raw);

        client.socket.write(requestOf(lines));
        if (expected === 'left alone') {
          assert.equal(String(await client.rest()), 'left alone');
        } else {
          assert.match(await client.head(), new RegExp(`^HTTP/1.1 ${expected} `));
          if (expected === 101) assert.equal(String((await client.frame()).payload), 'hello');
          if (expected === 200) await client.take(() => (String(client.received).startsWith('page') ? true : null));
        }

        client.socket.destroy();
      });
    }
  });
}
