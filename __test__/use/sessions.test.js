'use strict';

/**
 * Do the packages that people keep sessions with really run on an upgrade, over both kinds of HTTP? Who has logged in with
 * an ordinary request is known, who has not is refused, and what an upgrade changes about the session is saved.
 */

const assert = require('node:assert/strict');
const http2 = require('node:http2');
const { once } = require('node:events');
const { describe, it } = require('node:test');
const expressSession = require('express-session');
const { Passport, Strategy } = require('passport');
const express = require('../../lib/use/express');
const fastify = require('../../lib/use/fastify');
const { answer, ask, connect: connectSession } = require('../http2/support');
const { CREDENTIALS, EXPRESSES, FASTIFIES, connect, get, refusal, targetOf } = require('./support');

const SECRET = 'a secret of at least thirty-two characters';

/** The plugins of each version of Fastify. */
const PLUGINS = {
  'Fastify 4': [require('fastify4-cookie'), require('fastify4-session')],
  'Fastify 5': [require('@fastify/cookie'), require('@fastify/session')]
};

/** Lets everybody in who says who they are. */
class TrustingStrategy extends Strategy {
  /** @param {http.IncomingMessage} req The request */
  authenticate(req) {
    if (req.query.user) this.success({ name: req.query.user });
    else this.fail('Trust', 401);
  }
}

/** Makes a passport that keeps users in the session as they are. */
function passportFor() {
  const passport = new Passport();

  passport.use('trusting', new TrustingStrategy());
  passport.serializeUser((user, done) => done(null, JSON.stringify(user)));
  passport.deserializeUser((text, done) => done(null, JSON.parse(text)));
  return passport;
}

/**
 * Starts an app over TLS that speaks both kinds of HTTP: POST /login?user= begins a session, /live is a WebSocket for those
 * who have one, which says who they are and how often they were here.
 */
const APPS = [
  ...EXPRESSES.map(([name, make]) => [
    name,
    async (t) => {
      const app = express(make());
      const passport = passportFor();
      const server = http2.createSecureServer({ allowHTTP1: true, ...CREDENTIALS }, app);

      app.use(expressSession({ resave: false, rolling: true, saveUninitialized: false, secret: SECRET }));
      app.use(passport.initialize(), passport.session());
      app.post('/login', passport.authenticate('trusting'), (req, res) => res.send('welcome'));
      app.upgrade(
        '/live',
        (req, res, next) => (req.isAuthenticated() ? next() : res.status(401).send('log in first')),
        (req, res, next) => {
          req.session.visits = (req.session.visits ?? 0) + 1;
          next();
        },
        (ws, req) => ws.send(`${req.user.name} ${req.session.visits}`)
      );
      app.websockets.attach(server);
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      t.after(() => server.close());
      return targetOf(server, true);
    }
  ]),
  ...FASTIFIES.map(([name, make]) => [
    name,
    async (t) => {
      const app = make({ http2: true, https: { allowHTTP1: true, ...CREDENTIALS } });
      const [cookie, session] = PLUGINS[name];

      await app.register(cookie);
      await app.register(session, { saveUninitialized: false, secret: SECRET });
      await app.register(fastify, { responseHooks: true });
      app.post('/login', async (request, reply) => {
        if (!request.query.user) return reply.code(401).send('who?');
        request.session.user = request.query.user;
        return 'welcome';
      });
      app.get(
        '/live',
        {
          async preValidation(request, reply) {
            if (!request.session.user) return reply.code(401).send('log in first');
            request.session.visits = (request.session.visits ?? 0) + 1;
          },
          websocket: true
        },
        (ws, request) => ws.send(`${request.session.user} ${request.session.visits}`)
      );
      // Not awaited: it waits for the clients, which go in a later hook.
      t.after(() => void app.close());
      await app.listen({ port: 0, host: '127.0.0.1' });
      return targetOf(app.server, true);
    }
  ])
];

/** Logs in and resolves with the cookie. */
async function logIn(target, user) {
  const { body, headers, status } = await get(target, `/login?user=${user}`, { method: 'POST' });

  assert.deepEqual([status, body], [200, 'welcome']);
  return cookieOf(headers);
}

/** Connects a session of HTTP/2. */
async function sessionTo(t, { port }) {
  const session = connectSession(t, `https://127.0.0.1:${port}`);

  await once(session, 'remoteSettings');
  return session;
}

/** The cookie that a response sets. */
function cookieOf({ 'set-cookie': [cookie] }) {
  return cookie.split(';')[0];
}

for (const [name, start] of APPS) {
  describe(name, () => {
    it('knows who has logged in, and saves the session with the upgrade', async (t) => {
      const target = await start(t);
      const session = await sessionTo(t, target);
      const ada = await logIn(target, 'ada');
      const alan = await logIn(target, 'alan');
      let visits = 0;

      for (const options of [{}, { session }, {}, { session }]) {
        const client = await connect(t, target, '/live', { headers: { Cookie: ada }, ...options });

        visits++;
        assert.equal(await client.next(), `ada ${visits}`);
        assert.equal(cookieOf(client.response.headers), ada, 'the session goes on');
        client.terminate();
      }

      const other = await connect(t, target, '/live', { headers: { Cookie: alan } });

      assert.equal(await other.next(), 'alan 1');
      other.terminate();
    });

    it('refuses who has not, or brings a cookie that was tampered with', async (t) => {
      const target = await start(t);
      const session = await sessionTo(t, target);
      const cookie = await logIn(target, 'ada');

      assert.equal((await get(target, '/login', { method: 'POST' })).status, 401);
      for (const headers of [{}, { Cookie: cookie.slice(0, -4) }, { Cookie: 'connect.sid=none; sessionId=none' }]) {
        const one = await refusal(t, target, '/live', { headers });
        const two = await answer(ask(session, { ':path': '/live', cookie: headers.Cookie ?? '' }));

        assert.deepEqual([one.status, one.body], [401, 'log in first']);
        assert.deepEqual([two.status, two.body], [401, 'log in first']);
      }
    });
  });
}
