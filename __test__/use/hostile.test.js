'use strict';

/**
 * What do clients, middleware and hooks do wrong while an upgrade is on its way through an app, and what does the client
 * get? The same for both frameworks.
 */

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, it } = require('node:test');
const express = require('../../lib/use/express');
const fastify = require('../../lib/use/fastify');
const { RawClient } = require('../support/raw-client');
const { encode } = require('../support/frames');
const { EXPRESSES, FASTIFIES, answerOf, connect, refusal, serve, sleep, targetOf, until } = require('./support');

/**
 * Makes an app of one of the frameworks: `wait(proceed)` runs on each request to /wait, `open(ws)` when it is upgraded.
 * Ordinary requests to /slow are answered after 50 ms.
 */
const APPS = [
  ...EXPRESSES.map(([name, make]) => [
    name,
    async (t, { open = () => {}, upgradeTimeout, wait }) => {
      const app = express(make(), { upgradeTimeout });
      app.set('env', 'test');
      app.get('/slow', (req, res) => setTimeout(() => res.send('slow'), 50));
      app.upgrade('/wait', (req, res, next) => wait(next, res), open);
      return serve(t, app);
    }
  ]),
  ...FASTIFIES.map(([name, make]) => [
    name,
    async (t, { open = () => {}, upgradeTimeout, wait }) => {
      const app = make();
      await app.register(fastify, { options: { upgradeTimeout } });
      app.get('/slow', async () => {
        await sleep(50);
        return 'slow';
      });
      const preValidation = (request, reply, done) => wait(done, reply.raw);
      app.get('/wait', { preValidation, websocket: true }, open);
      t.after(() => {
        app.close();
        app.server.closeAllConnections();
      });
      await app.listen({ port: 0, host: '127.0.0.1' });
      return targetOf(app.server);
    }
  ])
];

for (const [name, start] of APPS) {
  describe(name, () => {
    it('calls no handler when the client has gone meanwhile', async (t) => {
      for (const leave of ['destroy', 'resetAndDestroy', 'end']) {
        let proceed = null;
        let socket = null;
        const target = await start(t, {
          open: () => assert.fail('opened'),
          wait: (next, res) => {
            proceed = next;
            socket = res.socket;
          }
        });
        const client = await RawClient.connect(target.raw);
        client.write(RawClient.request({ path: '/wait' }));
        await until(() => proceed !== null);
        client.socket[leave]();
        await until(() => socket.destroyed || socket.readableEnded);
        proceed();
        await client.closed;
        await until(() => socket.destroyed);
      }
    });

    it('goes on when an answered response is answered again', async (t) => {
      const target = await start(t, {
        wait: (next, res) => {
          res.statusCode = 401;
          res.end('no');
          next();
        }
      });
      const { body, status } = await refusal(t, target, '/wait');
      assert.deepEqual([status, body], [401, 'no']);
      assert.equal((await refusal(t, target, '/wait')).status, 401);
    });

    it('answers 503 when nothing goes on', async (t) => {
      let late = null;
      const target = await start(t, {
        open: () => assert.fail('opened'),
        upgradeTimeout: 30,
        wait: (next, res) => {
          res.setHeader('Content-Length', 1000);
          late = next;
        }
      });
      const { body, headers, status } = await refusal(t, target, '/wait');
      assert.deepEqual([status, body, headers.connection], [503, 'Service Unavailable', ['close']]);
      late();
      await sleep(10);
    });

    it('cuts off when a response is wrapped and never ends', async (t) => {
      const target = await start(t, {
        open: () => assert.fail('opened'),
        upgradeTimeout: 30,
        wait: (next, res) => {
          res.end = () => res;
          next();
        }
      });
      const client = await RawClient.connect(target.raw);
      client.write(RawClient.request({ path: '/wait' }));
      assert.equal((await client.rest()).length, 0);
    });

    it('waits without a limit when told so, and keeps what arrives meanwhile', async (t) => {
      const target = await start(t, {
        open: (ws) => ws.on('message', (data) => ws.send(`${data}`)),
        upgradeTimeout: 0,
        wait: (next) => setTimeout(next, 30)
      });
      const client = await RawClient.connect(target.raw);
      client.write(Buffer.concat([Buffer.from(RawClient.request({ path: '/wait' })), encode(1, 'early')]));
      await sleep(10);
      client.send(1, 'later');
      assert.match(await client.head(), /^HTTP\/1.1 101 /);
      assert.equal((await client.frame()).payload.toString(), 'early');
      assert.equal((await client.frame()).payload.toString(), 'later');
      client.socket.destroy();
    });

    it('reads nothing behind a refusal', async (t) => {
      let asked = 0;
      const target = await start(t, {
        wait: (next, res) => {
          asked += 1;
          res.statusCode = 403;
          res.end('no');
        }
      });
      const client = await RawClient.connect(target.raw);
      const request = RawClient.request({ path: '/wait' });
      client.write(request + request);
      const { body, status } = answerOf(await client.rest());
      assert.deepEqual([status, body, asked], [403, 'no', 1]);
    });

    it('upgrades behind an ordinary request whose response is not finished', async (t) => {
      const target = await start(t, { open: (ws) => ws.send('hello'), wait: (next) => next() });
      const client = await RawClient.connect(target.raw);
      client.write(`GET /slow HTTP/1.1\r\nHost: a\r\n\r\n${RawClient.request({ path: '/wait' })}`);
      assert.match(await client.head(), /^HTTP\/1.1 200 /);
      await client.take(() => (client.received.length >= 4 ? client.cut(4) : null));
      assert.match(await client.head(), /^HTTP\/1.1 101 /);
      assert.equal((await client.frame()).payload.toString(), 'hello');
      client.socket.destroy();
    });

    it('has no timeout left from an earlier request', async (t) => {
      const timeouts = [];
      const target = await start(t, {
        open: (ws) => ws.close(),
        wait: (next, res) => {
          timeouts.push(res.socket.timeout);
          next();
        }
      });
      const client = await RawClient.connect(target.raw);
      client.write(`GET /slow HTTP/1.1\r\nHost: a\r\n\r\n${RawClient.request({ path: '/wait' })}`);
      assert.match(await client.head(), /^HTTP\/1.1 200 /);
      await until(() => timeouts.length > 0);
      assert.deepEqual(timeouts, [0]);
      client.socket.destroy();
    });

    it('refuses a body before anybody waits for it', async (t) => {
      const target = await start(t, { wait: () => assert.fail('asked') });
      for (const headers of [{ 'Content-Length': '5' }, { 'Transfer-Encoding': 'chunked' }]) {
        const { body, status } = await refusal(t, target, '/wait', { headers });
        assert.deepEqual([status, body], [400, 'A WebSocket handshake must not have a body']);
      }
    });

    it('refuses what is no proper handshake, with the headers of the middleware', async (t) => {
      const target = await start(t, {
        open: () => assert.fail('opened'),
        wait: (next, res) => {
          res.setHeader('X-Seen', 'yes');
          next();
        }
      });
      for (const [headers, status] of [
        // Fastify's plugin goes by the rules of ws.
        [{ 'Sec-WebSocket-Version': '12' }, name.startsWith('Fastify') ? 400 : 426],
        [{ 'Sec-WebSocket-Key': 'short' }, 400],
        [{ 'Sec-WebSocket-Protocol': 'a, a' }, 400]
      ]) {
        const answer = await refusal(t, target, '/wait', { headers });
        assert.deepEqual([answer.status, answer.headers['x-seen']], [status, ['yes']]);
      }
    });

    it('survives a reset while an answer is on its way', async (t) => {
      let response = null;
      const target = await start(t, {
        wait: (next, res) => {
          response = res;
          res.statusCode = 400;
          res.on('error', () => {});
          res.write(Buffer.alloc(1 << 22));
        }
      });
      const client = await RawClient.connect(target.raw);
      client.socket.pause();
      client.write(RawClient.request({ path: '/wait' }));
      await until(() => response !== null);
      const closed = once(response, 'close');
      client.socket.resetAndDestroy();
      await closed;
      response.end();
    });

    it('upgrades many at once', async (t) => {
      const target = await start(t, { open: (ws) => ws.send('hello'), wait: (next) => setTimeout(next, 5) });
      const clients = await Promise.all(Array.from({ length: 50 }, () => connect(t, target, '/wait')));
      assert.deepEqual(
        await Promise.all(clients.map((client) => client.next())),
        clients.map(() => 'hello')
      );
    });
  });
}
