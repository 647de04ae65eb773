'use strict';

// What is left of a client that leaves, at each moment at which the server waits for something? Nothing: no connection, no
// wait, and a server that serves others. Nothing here has a deadline that would end it, too.

const assert = require('node:assert/strict');
const http = require('node:http');
const https = require('node:https');
const { describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const { HttpError } = require('../..');
const { RawClient } = require('../support/raw-client');
const { SLOW, asking, keys, routed } = require('./support');

/** The servers, and how clients leave them. */
const SERVERS = {
  http: { create: (listener) => http.createServer(listener), tls: false, ways: ['end', 'destroy', 'resetAndDestroy'] },
  https: { create: (listener) => https.createServer(keys, listener), tls: true, ways: ['end', 'destroy'] }
};

const BODY = 'Content-Length: 10\r\n';
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** What somebody may be waiting for when the client leaves. */
const MOMENTS = {
  'authenticate of a WebSocket': RawClient.request({ path: '/asked' }),
  'authenticate of a protocol': asking('x', '/asked'),
  'verifyClient of a WebSocket': RawClient.request({ path: '/verified' }),
  'a response before the WebSocket': SLOW + RawClient.request({ path: '/ws' }),
  'a response before the protocol': SLOW + asking('x', '/x'),
  'a response before a refusal': SLOW + RawClient.request({ path: '/ws', headers: { 'Sec-WebSocket-Key': 'x' } }),
  'a response before authenticate': SLOW + RawClient.request({ path: '/asked' }),
  'a response before an ordinary answer': SLOW + asking('y', '/ordinary'),
  'a response before a body': `${SLOW}${asking('x', '/body', BODY)}half`,
  'an ordinary answer': asking('y', '/ordinary'),
  'the body of an ordinary request': `${asking('y', '/ordinary', BODY)}half`,
  'the body of a protocol': `${asking('x', '/body', BODY)}half`,
  'the body of a protocol that was asked for': asking('x', '/body', `Expect: 100-continue\r\n${BODY}`),
  'the last word of a refusal': RawClient.request({ path: '/refused' }),
  'the first bytes of the protocol': asking('x', '/x'),
  'the first frames': RawClient.request({ path: '/ws' })
};

/** The same of what is not done inside TLS. */
const IN_THE_CLEAR = {
  'a response before h2c': SLOW + asking('h2c', '/'),
  'a response before h2c with a body': `${SLOW}${asking('h2c', '/', BODY)}half`,
  'a response before a refusal of h2c': SLOW + asking('h2c', '/').replace('AAMAAABk', ''),
  'the body for h2c': `${asking('h2c', '/', BODY)}half`,
  'the body for h2c, in chunks': `${asking('h2c', '/', 'Transfer-Encoding: chunked\r\n')}5\r\nhel`,
  'the preface of HTTP/2': asking('h2c', '/'),
  'the rest of it': asking('h2c', '/') + PREFACE.slice(0, 20),
  'the settings behind it': asking('h2c', '/') + PREFACE,
  'the settings of one who knew': PREFACE,
  'a response before TLS': SLOW + asking('TLS/1.2', '/'),
  'a response before TLS with a body': `${SLOW}${asking('TLS/1.2', '/', BODY)}half`,
  'the body for TLS': `${asking('TLS/1.2', '/', BODY)}half`,
  'the body for TLS, in chunks': `${asking('TLS/1.2', '/', 'Transfer-Encoding: chunked\r\n')}5\r\nhel`,
  'the handshake of TLS': asking('TLS/1.2', '/'),
  'the rest of that': `${asking('TLS/1.2', '/')}\x16\x03\x01\x01\x00\x01`
};

/** Answers slowly, so that something can wait behind it. */
function slowly(req, res) {
  if (req.url === '/slow') setTimeout(() => res.end('slow'), 60);
  else req.resume().on('end', () => setTimeout(() => res.end('plain'), 40));
}

/** Adds a route for each of the moments. */
function addRoutes(router) {
  const asked = { authenticate: () => sleep(50) };
  const refused = { authenticate: () => Promise.reject(new HttpError(401)) };
  const echo = (socket) => socket.pipe(socket);

  router.websocket('/asked', asked, (ws) => ws.on('error', () => {}));
  router.websocket('/verified', { verifyClient: (info, done) => setTimeout(done, 50, true) }, () => {});
  router.websocket('/refused', refused, () => assert.fail('came in'));
  router.websocket('/ws', () => {});
  router.protocol('x', { ...asked, path: '/asked' }, echo);
  router.protocol('x', { path: '/x' }, echo);
  router.protocol('x', { maxUpgradeBody: 100, path: '/body' }, echo);
  router.h2c((req, res) => req.resume().on('end', () => res.end()));
  router.tls(keys);
}

/** Waits until the server has no connection any more. */
async function emptied(server) {
  for (let left = 1; left > 0; await sleep(5)) {
    left = await new Promise((done) => server.getConnections((err, count) => done(count)));
  }
}

for (const [kind, { create, tls, ways }] of Object.entries(SERVERS)) {
  describe(`${kind}: a client that leaves while the server waits for`, { concurrency: 4 }, () => {
    for (const [moment, bytes] of Object.entries(tls ? MOMENTS : { ...MOMENTS, ...IN_THE_CLEAR })) {
      test(moment, async (t) => {
        const { port, router, server } = await routed(t, { upgradeTimeout: 0 }, create(slowly));

        addRoutes(router);
        for (const way of ways) {
          for (const wait of [0, 15]) {
            const client = await RawClient.connect({ port, tls, host: '127.0.0.1' });

            client.socket.write(bytes, 'latin1');
            await (wait === 0 ? new Promise(setImmediate) : sleep(wait));
            client.socket[way]();
          }
        }
        await emptied(server);
        assert.equal(router._holds.size, 0);

        const client = await RawClient.open({ port, tls, host: '127.0.0.1' }, { path: '/ws' });

        client.socket.destroy();
      });
    }
  });
}
