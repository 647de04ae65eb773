'use strict';

/**
 * Where do the tests of WebSockets over HTTP/2 get apps from? Both frameworks in both versions, made alike.
 */

const http2 = require('node:http2');
const { once } = require('node:events');
const express = require('../../lib/use/express');
const fastify = require('../../lib/use/fastify');
const { connect: connectSession } = require('../http2/support');
const { CREDENTIALS, EXPRESSES, FASTIFIES, connect } = require('./support');

/** The kinds of servers, and what makes them. */
const SERVERS = [
  ['in the clear', { isSecure: false }],
  ['over TLS', { isSecure: true }],
  ['beside HTTP/1.1', { allowHTTP1: true, isSecure: true }]
];

/** The protocols that reach a kind of server. */
const versionsOf = ({ allowHTTP1 }) => (allowHTTP1 ? ['2.0', '1.1'] : ['2.0']);

/**
 * Starts an app with WebSocket routes, each with middleware `(req, res, next)` and a handler `(ws, req, params)`, and
 * resolves with its server, a session to it and what closes its WebSockets.
 */
const APPS = [
  ...EXPRESSES.map(([name, make]) => [
    name,
    async (t, kind, { first, options, prepare = () => {}, routes }) => {
      const app = express(make(), options);
      app.set('env', kind.env ?? 'test');
      if (first) app.use(first);
      for (const [path, middleware, handler] of routes) {
        app.upgrade(path, middleware, (ws, req) => handler(ws, req, req.params));
      }
      const server = serverOf(kind, (req, res) => {
        // Express itself does not know the requests of HTTP/2.
        if (req.httpVersionMajor === 2) res.end('ordinary');
        else app(req, res);
      });
      prepare(server);
      app.websockets.attach(server);
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return started(t, kind, server, () => app.websockets.close());
    }
  ]),
  ...FASTIFIES.map(([name, make]) => [
    name,
    async (t, kind, { first, options, prepare = () => {}, routes }) => {
      const tls = kind.isSecure ? { https: { allowHTTP1: kind.allowHTTP1, ...CREDENTIALS } } : {};
      const app = make({ http2: true, ...tls });
      prepare(app.server);
      await app.register(fastify, { options });
      const hook = (middleware) => (request, reply, done) => middleware(request.raw, reply.raw, done);
      if (first) app.addHook('onRequest', hook(first));
      for (const [path, middleware, handler] of routes) {
        app.get(path, { preValidation: hook(middleware), websocket: true }, (ws, request) =>
          handler(ws, request.raw, request.params)
        );
      }
      app.get('/page', async () => 'ordinary');
      await app.listen({ port: 0, host: '127.0.0.1' });
      return started(t, kind, app.server, () => app.close());
    }
  ])
];

/** Makes a server of a kind. */
function serverOf({ allowHTTP1, isSecure }, listener) {
  return isSecure ? http2.createSecureServer({ allowHTTP1, ...CREDENTIALS }, listener) : http2.createServer(listener);
}

/** Connects a session to a server, which ends with the test. */
async function started(t, { isSecure }, server, close) {
  const { port } = server.address();
  const served = [];

  server.on('session', (one) => served.push(one));
  t.after(() => {
    for (const one of served) one.destroy();
    server.close();
    close().catch(() => {});
  });

  const session = connectSession(t, `${isSecure ? 'https' : 'http'}://127.0.0.1:${port}`);

  await once(session, 'remoteSettings');
  return { close, isSecure, port, server, session };
}

/** Opens a WebSocket over a version of HTTP. */
function open(t, target, version, url, options) {
  return connect(t, target, url, version === '2.0' ? { session: target.session, ...options } : options);
}

module.exports = { APPS, SERVERS, open, versionsOf };
