'use strict';

/**
 * Does a WebSocket over HTTP/2 pass through an app as one over HTTP/1.1 does? In both frameworks and both of their
 * versions, in the clear, over TLS, and beside HTTP/1.1.
 */

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { Readable } = require('node:stream');
const { describe, it } = require('node:test');
const WebSocket = require('../..');
const { RawClient } = require('../support/raw-client');
const { encode } = require('../support/frames');
const { answer, ask, openRaw } = require('../http2/support');
const { APPS, SERVERS, open, versionsOf } = require('./http2-support');
const { session: sessions, sleep, until } = require('./support');

const { WebSocketServer, createUpgradeRouter } = WebSocket;

/** Middleware that changes nothing. */
const pass = (req, res, next) => next();

for (const [name, start] of APPS) {
  for (const [place, kind] of SERVERS) {
    describe(`${name}, ${place}`, () => {
      it('runs middleware and parameters, and sends the headers of the app with the answer', async (t) => {
        const seen = [];
        const target = await start(t, kind, {
          first: (req, res, next) => {
            seen.push(`${req.method} ${req.url} ${req.headers.cookie} ${Boolean(req.socket.encrypted)}`);
            res.setHeader('X-First', 'yes');
            setTimeout(next, 2);
          },
          routes: [
            [
              '/rooms/:id',
              (req, res, next) => {
                res.setHeader('Set-Cookie', ['a=1', 'b=2']);
                next();
              },
              (ws, req, { id }) => ws.on('message', (data) => ws.send(`${id} ${req.httpVersion} ${data}`))
            ]
          ]
        });
        for (const version of versionsOf(kind)) {
          const client = await open(t, target, version, '/rooms/7?as=ada', { headers: { Cookie: 'sid=a1' } });
          client.send('hello');
          assert.equal(await client.next(), `7 ${version} hello`);
          const { headers } = client.response;
          assert.deepEqual(headers['set-cookie'], ['a=1', 'b=2']);
          assert.deepEqual([headers['x-first'], headers['content-type']], ['yes', undefined]);
          assert.deepEqual(seen.splice(0), [`GET /rooms/7?as=ada sid=a1 ${kind.isSecure}`]);
        }
        assert.equal((await answer(target.session.request({ ':path': '/page' }))).body, 'ordinary');
      });

      it('sends what middleware answers, complete, and goes on with the connection', async (t) => {
        const target = await start(t, kind, {
          routes: [
            [
              '/',
              (req, res) => {
                res.statusCode = 401;
                res.setHeader('WWW-Authenticate', 'Basic');
                res.setHeader('Connection', 'keep-alive');
                res.end('who are you?');
              },
              () => assert.fail('opened')
            ]
          ]
        });
        for (let i = 0; i < 2; i++) {
          const { body, headers, rstCode, status } = await answer(ask(target.session));
          assert.deepEqual([status, body, rstCode], [401, 'who are you?', 0]);
          assert.deepEqual([headers['www-authenticate'], headers.connection], ['Basic', undefined]);
        }
        await assert.rejects(open(t, target, '2.0', '/'), { message: 'Unexpected server response: 401' });
      });
    });
  }

  describe(`${name} over HTTP/2`, () => {
    const kind = { isSecure: false };

    /** Starts an app with one route. */
    const startWith = (t, middleware, handler = () => assert.fail('opened'), more = {}) =>
      start(t, kind, { routes: [['/', middleware, handler]], ...more });

    it('knows the session, sets its cookie, and saves it before', async (t) => {
      const store = { saved: [], users: { a1: 'ada' } };
      const target = await startWith(t, sessions(store), (ws, req) =>
        ws.send(`${req.session.user} ${store.saved.length}`)
      );
      const known = await open(t, target, '2.0', '/', { headers: { Cookie: 'sid=a1' } });
      assert.equal(await known.next(), 'ada 1');
      const unknown = await open(t, target, '2.0', '/');
      assert.equal(await unknown.next(), 'null 2');
      assert.deepEqual(unknown.response.headers['set-cookie'], ['sid=new; HttpOnly']);
    });

    it('answers in every way there is', async (t) => {
      const big = Buffer.alloc(3 * 1024 * 1024, 'x');
      const ways = {
        bare(res) {
          res.statusCode = 401;
          res.end();
        },
        chunked(res) {
          res.writeHead(404, { 'Transfer-Encoding': 'chunked', Trailer: 'x' });
          res.write('in ');
          res.end('pieces');
        },
        empty: (res) => res.writeHead(204).end(),
        flushed(res) {
          res.statusCode = 400;
          res.flushHeaders();
          setTimeout(() => res.end('late'), 5);
        },
        hints(res) {
          res.writeEarlyHints({ link: '</style.css>; rel=preload', 'x-hint': '1' }, () => {
            res.writeContinue();
            res.writeHead(403, { 'X-B': ['1', '2'] });
            res.end('after hints');
          });
        },
        implicit: (res) => res.end('200 is no WebSocket'),
        stream(res) {
          res.statusCode = 500;
          Readable.from([big, big]).pipe(res);
        }
      };
      const target = await startWith(t, (req, res) => ways[req.headers['x-way']](res));
      const told = {};
      const hints = [];
      for (const way of Object.keys(ways)) {
        const stream = ask(target.session, { 'x-way': way });
        stream.on('headers', (headers) => hints.push([headers[':status'], headers.link, headers['x-hint']]));
        told[way] = await answer(stream);
        assert.equal(told[way].rstCode, 0, way);
        assert.equal(told[way].headers['transfer-encoding'], undefined);
      }
      const statusAndBody = ({ body, status }) => [status, body];
      assert.deepEqual(statusAndBody(told.bare), [401, '']);
      assert.deepEqual(statusAndBody(told.chunked), [404, 'in pieces']);
      assert.deepEqual(statusAndBody(told.empty), [204, '']);
      assert.deepEqual(statusAndBody(told.flushed), [400, 'late']);
      assert.deepEqual(statusAndBody(told.hints), [403, 'after hints']);
      assert.equal(told.hints.headers['x-b'], '1, 2');
      assert.deepEqual(hints, [
        [103, '</style.css>; rel=preload', '1'],
        [100, undefined, undefined]
      ]);
      assert.deepEqual(statusAndBody(told.implicit), [200, '200 is no WebSocket']);
      assert.deepEqual([told.stream.status, told.stream.body.length], [500, 2 * big.length]);
    });

    it('has errors of the middleware, and the app has the last word about them', async (t) => {
      const target = await startWith(t, (req, res, next) => next(Object.assign(new Error('odd'), { statusCode: 418 })));
      const { body, status } = await answer(ask(target.session));
      assert.equal(status, 418);
      assert.match(body, /odd|teapot/i);
    });

    it('refuses what is no proper handshake, with the headers of the middleware', async (t) => {
      const target = await startWith(t, (req, res, next) => {
        res.setHeader('X-Seen', 'yes');
        next();
      });
      for (const [edits, text] of [
        [{ 'sec-websocket-version': '12' }, 'Missing or invalid Sec-WebSocket-Version header'],
        [{ 'sec-websocket-protocol': 'a, a' }, 'Invalid Sec-WebSocket-Protocol header']
      ]) {
        const { body, headers, status } = await answer(ask(target.session, edits));
        assert.deepEqual([status, body, headers['x-seen']], [400, text, 'yes']);
      }
      const { body, headers, status } = await answer(ask(target.session, { 'content-length': '5' }));
      assert.deepEqual([status, body], [400, 'A WebSocket handshake must not have a body']);
      assert.equal(headers['x-seen'], undefined, 'before any middleware');
    });

    it('answers 503 when nothing goes on, and cuts off what never ends', async (t) => {
      const target = await startWith(
        t,
        (req, res, next) => {
          if (req.headers['x-way'] === 'wrapped') {
            res.end = () => res;
            next();
          } else {
            res.setHeader('Content-Length', 1000);
          }
        },
        undefined,
        { options: { upgradeTimeout: 30 } }
      );
      const { body, status } = await answer(ask(target.session));
      assert.deepEqual([status, body], [503, 'Service Unavailable']);
      const cut = ask(target.session, { 'x-way': 'wrapped' });
      cut.on('response', () => assert.fail('answered'));
      await new Promise((resolve) => cut.on('close', resolve));
      assert.equal(cut.rstCode, 8);
    });

    it('calls no handler when the client has gone meanwhile', async (t) => {
      let proceed = null;
      let stream = null;
      const target = await startWith(t, (req, res, next) => {
        proceed = next;
        stream = res.socket;
      });
      for (const leave of [(one) => one.close(8), (one) => one.close(0), (one) => one.end()]) {
        const asked = ask(target.session);
        await until(() => proceed !== null);
        leave(asked);
        await until(() => stream.destroyed || stream.readableEnded || stream._readableState.ended);
        proceed();
        await until(() => stream.destroyed);
        proceed = null;
      }
    });

    it('tells middleware of a client that leaves', async (t) => {
      let seen = [];
      const target = await startWith(t, (req, res) => {
        if (req.headers['x-begun']) res.writeHead(403).write('part');
        seen = ['asked'];
        for (const event of ['aborted', 'close']) req.on(event, () => seen.push(`req ${event}`));
        res.on('close', () => seen.push('res close'));
      });
      for (const headers of [{}, { 'x-begun': 'yes' }]) {
        for (const leave of [(one) => one.close(8), (one) => one.end(), (one) => one.write('early') && one.end()]) {
          const asked = ask(target.session, headers);
          asked.on('response', ({ ':status': status }) => assert.equal(status, 403));
          asked.resume();
          await until(() => seen.length > 0);
          leave(asked);
          await until(() => seen.includes('req close') && seen.includes('res close'));
          assert.deepEqual(seen.sort(), ['asked', 'req aborted', 'req close', 'res close']);
          seen = [];
        }
      }
      assert.equal((await answer(target.session.request({ ':path': '/page' }))).body, 'ordinary');
    });

    it('keeps what arrives before it accepts', async (t) => {
      let proceed = null;
      const target = await startWith(
        t,
        (req, res, next) => (proceed = next),
        (ws) => ws.on('message', (data) => ws.send(`${data}`))
      );
      const stream = ask(target.session);
      const client = new RawClient(stream);
      client.write(encode(1, 'early'));
      await until(() => proceed !== null);
      client.send(1, 'later');
      await sleep(20);
      proceed();
      assert.equal((await client.frame()).payload.toString(), 'early');
      assert.equal((await client.frame()).payload.toString(), 'later');
    });

    it('stands beside a router and a WebSocketServer, which get what no route wants', async (t) => {
      const seen = [];
      const target = await startWith(
        t,
        (req, res, next) => {
          seen.push(req.url);
          next();
        },
        (ws) => ws.send('app'),
        {
          prepare(server) {
            new WebSocketServer({ path: '/server', server }).on('connection', (ws) => ws.send('server'));
            createUpgradeRouter(server).websocket('/router', (ws) => ws.send('router'));
          }
        }
      );
      for (const [url, text] of [
        ['/', 'app'],
        ['/server', 'server'],
        ['/router', 'router']
      ]) {
        assert.equal(await (await open(t, target, '2.0', url)).next(), text);
      }
      assert.deepEqual(seen, ['/']);
      assert.equal((await answer(ask(target.session, { ':path': '/none' }))).status, 400);
    });

    it('leaves what nobody wants to Node, or to the application', async (t) => {
      const target = await startWith(t, pass, (ws) => ws.send('app'));
      const refused = ask(target.session, { ':path': '/none' });
      assert.equal((await once(refused, 'response'))[0][':status'], 405);
      target.server.on('connect', (req, res) => {
        res.statusCode = 410;
        res.end(req.url);
      });
      const gone = ask(target.session, { ':path': '/none' });
      assert.equal((await once(gone, 'response'))[0][':status'], 410);
      assert.equal(await (await open(t, target, '2.0', '/')).next(), 'app');
    });

    if (name.startsWith('Express')) {
      it('passes on what turns out to be none of its own', async (t) => {
        const target = await startWith(
          t,
          (req, res, next) => setTimeout(next, 2, 'route'),
          () => assert.fail('opened'),
          {
            prepare(server) {
              createUpgradeRouter(server).websocket('/router', () => assert.fail('asked'));
            }
          }
        );
        assert.equal((await once(ask(target.session), 'response'))[0][':status'], 405, 'nobody has it');
        target.server.on('connect', (req, res) => res.writeHead(410).end(req.url));
        assert.equal((await once(ask(target.session), 'response'))[0][':status'], 410, 'the application has it');
        createUpgradeRouter(target.server).websocket('/', (ws) => ws.send('router'));
        assert.equal(await (await open(t, target, '2.0', '/')).next(), 'router');
      });
    } else {
      it('closes a WebSocket on a route for ordinary requests, unless somebody may want it', async (t) => {
        const target = await startWith(t, pass, (ws) => ws.send('app'));
        const closed = await open(t, target, '2.0', '/page');
        await once(closed, 'close');
        target.server.on('connect', (req, res) => res.writeHead(410).end());
        const asked = ask(target.session, { ':path': '/page' });
        assert.equal((await once(asked, 'response'))[0][':status'], 410);
        createUpgradeRouter(target.server).websocket('/page', (ws) => ws.send('router'));
        assert.equal(await (await open(t, target, '2.0', '/page')).next(), 'router');
      });
    }

    it('closes its WebSockets with the app, and takes none any more', async (t) => {
      const target = await startWith(t, pass, (ws) => ws.send('app'));
      const client = await open(t, target, '2.0', '/');
      await client.next();
      const closed = once(client, 'close');
      target.close().catch(() => {});
      await closed;
      if (name.startsWith('Express')) {
        await until(() => target.server.listenerCount('upgrade') === 0);
        assert.equal((await once(ask(target.session), 'response'))[0][':status'], 405);
      }
    });

    it('upgrades many at once', async (t) => {
      const target = await startWith(
        t,
        (req, res, next) => setTimeout(next, 5),
        (ws) => ws.send('hello')
      );
      const clients = await Promise.all(Array.from({ length: 50 }, () => open(t, target, '2.0', '/')));
      assert.deepEqual(
        await Promise.all(clients.map((client) => client.next())),
        clients.map(() => 'hello')
      );
      const { response } = await openRaw(target.session);
      assert.equal(response[':status'], 200);
    });
  });
}
