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
 * Makes an app of one of the frameworks: `wait(proceed, res)` runs on each request to /wait and /plain, `open(ws)` when
 * that to /wait is upgraded. Ordinary requests to /slow are answered after 50 ms. `close()` closes server or app.
 */
const APPS = [
  ...EXPRESSES.map(([name, make]) => [
    name,
    async (t, { open = () => {}, upgradeTimeout, wait }) => {
      const app = express(make(), { upgradeTimeout });
      app.set('env', 'test');
      app.get('/slow', (req, res) => setTimeout(() => res.send('slow'), 50));
      app.get('/plain', (req, res, next) => wait(next, res));
      app.upgrade('/wait', (req, res, next) => wait(next, res), open);
      const target = await serve(t, app);
      return { ...target, close: () => new Promise((resolve) => target.server.close(resolve)) };
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
      app.get('/plain', { preValidation }, async () => 'plain');
      app.get('/wait', { preValidation, websocket: true }, open);
      t.after(() => {
        app.close();
        app.server.closeAllConnections();
      });
      await app.listen({ port: 0, host: '127.0.0.1' });
      return { ...targetOf(app.server), close: () => app.close() };
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

    for (const leave of ['destroy', 'resetAndDestroy', 'end']) {
      for (const [when, says] of [
        ['before the answer', () => {}],
        ['within the answer', (res) => res.writeHead(403).write('part')]
      ]) {
        it(`tells middleware of a client that leaves (${leave}) ${when}, as in an ordinary request`, async (t) => {
          let seen = [];
          const target = await start(t, {
            open: () => assert.fail('opened'),
            wait: (next, res) => {
              says(res);
              seen = eventsOf(res);
            }
          });
          const told = {};
          for (const path of ['/plain', '/wait']) {
            const client = await RawClient.connect(target.raw);
            client.write(path === '/wait' ? RawClient.request({ path }) : `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
            await until(() => seen.length > 0);
            // With something unread its end would be a reset.
            if (when === 'within the answer') await client.take(() => client.received.includes('part') || null);
            client.socket[leave]();
            await until(
              () => seen.includes('req close') && seen.includes('res close') && seen.includes('socket close')
            );
            told[path] = seen;
            seen = [];
          }
          assert.deepEqual(told['/wait'], told['/plain']);
          assert.ok(told['/wait'].includes('req aborted'));
          await target.close();
        });
      }
    }

    it('notices a client that leaves behind early frames', async (t) => {
      let seen = [];
      const target = await start(t, { open: () => assert.fail('opened'), wait: (next, res) => (seen = eventsOf(res)) });
      const client = await RawClient.connect(target.raw);
      client.write(Buffer.concat([Buffer.from(RawClient.request({ path: '/wait' })), encode(1, 'early')]));
      await until(() => seen.length > 0);
      client.send(1, 'later');
      client.socket.end();
      await until(() => seen.includes('res close'));
      assert.ok(seen.includes('req aborted'));
      await target.close();
    });

    it('answers a client that ends its half where the server allows that', async (t) => {
      let response = null;
      const target = await start(t, { open: () => assert.fail('opened'), wait: (next, res) => (response = res) });
      target.server.httpAllowHalfOpen = true;
      const client = await RawClient.connect(target.raw);
      client.write(RawClient.request({ path: '/wait' }));
      client.socket.end();
      await until(() => response?.socket.readableEnded);
      response.writeHead(403, { 'Content-Length': 2 }).end('no');
      const { body, status } = answerOf(await client.rest());
      assert.deepEqual([status, body], [403, 'no']);
      await target.close();
    });

    it('keeps all that arrives meanwhile, also more than is read', async (t) => {
      let proceed = null;
      const target = await start(t, {
        open: (ws) => ws.on('message', (data) => ws.send(`${data[0]} ${data.length}`)),
        wait: (next) => (proceed = next)
      });
      const client = await RawClient.connect(target.raw);
      client.write(RawClient.request({ path: '/wait' }));
      await until(() => proceed !== null);
      for (let i = 0; i < 8; i++) client.send(2, Buffer.alloc(50_000, i));
      await sleep(20);
      proceed();
      assert.match(await client.head(), /^HTTP\/1.1 101 /);
      for (let i = 0; i < 8; i++) assert.equal((await client.frame()).payload.toString(), `${i} 50000`);
      client.socket.destroy();
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

/** Notes what request, response and socket of an exchange tell from now on. */
function eventsOf(res) {
  const { req, socket } = res;
  const seen = ['asked'];
  const sources = { req: [req, 'aborted', 'error', 'end', 'close'], res: [res, 'error', 'finish', 'close'] };
  for (const [name, [source, ...events]] of Object.entries({ ...sources, socket: [socket, 'error', 'end', 'close'] })) {
    for (const event of events) source.on(event, () => seen.push(`${name} ${event}`));
  }
  return seen;
}
