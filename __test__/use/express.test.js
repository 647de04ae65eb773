'use strict';

/**
 * Does an upgrade pass through an Express app as any request does, and does whatever the app says reach the client?
 */

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { Readable } = require('node:stream');
const { describe, it } = require('node:test');
const upgrades = require('../../lib/use/express');
const { RawClient } = require('../support/raw-client');
const { EXPRESSES, connect, get, refusal, serve, session, until } = require('./support');

for (const [name, express] of EXPRESSES) {
  for (const isSecure of [false, true]) {
    describe(`${name}${isSecure ? ' over TLS' : ''}`, () => {
      /** Makes an app that is quiet about errors. */
      function makeApp(options) {
        const app = upgrades(express(), options);
        app.set('env', 'test');
        return app;
      }

      it('has routes for upgrades, with parameters and a query', async (t) => {
        const app = makeApp();
        app.upgrade('/rooms/:id', (ws, req) => {
          ws.on('message', (data) => ws.send(`${req.params.id} ${req.query.as} ${req.method} ${data}`));
        });
        const target = await serve(t, app, isSecure);
        const client = await connect(t, target, '/rooms/7?as=ada');
        client.send('hello');
        assert.equal(await client.next(), '7 ada GET hello');
        assert.equal(client.response.headers['x-powered-by'], 'Express');
        assert.equal(client.response.headers['content-type'], undefined);
      });

      it('runs middleware, of the app and of the route, also such that takes its time', async (t) => {
        const app = makeApp();
        const seen = [];
        app.use((req, res, next) => {
          seen.push(`app ${req.method} ${req.originalUrl}`);
          setTimeout(next, 5);
        });
        app.use('/chat', (req, res, next) => {
          seen.push(`mounted ${req.url} ${req.baseUrl}`);
          next();
        });
        const last = async (req, res, next) => {
          seen.push('last');
          await new Promise((resolve) => setTimeout(resolve, 5));
          next();
        };
        app.upgrade(
          '/chat',
          (req, res, next) => next(),
          [last],
          (ws) => ws.send(seen.join(', '))
        );
        const target = await serve(t, app, isSecure);
        const client = await connect(t, target, '/chat');
        assert.equal(await client.next(), 'app GET /chat, mounted / /chat, last');
      });

      it('knows the session, sets its cookie with the 101, and saves it before', async (t) => {
        const app = makeApp();
        const store = { saved: [], users: { a1: 'ada' } };
        app.use(session(store));
        app.upgrade('/', (ws, req) => {
          ws.send(`${req.session.user} ${store.saved.length}`);
        });
        const target = await serve(t, app, isSecure);
        const known = await connect(t, target, '/', { headers: { Cookie: 'sid=a1' } });
        assert.equal(await known.next(), 'ada 1');
        assert.equal(known.response.headers['set-cookie'], undefined);
        const unknown = await connect(t, target, '/');
        assert.equal(await unknown.next(), 'null 2');
        assert.deepEqual(unknown.response.headers['set-cookie'], ['sid=new; HttpOnly']);
      });

      it('sends what middleware answers, complete, and closes', async (t) => {
        const app = makeApp();
        const store = { saved: [], users: {} };
        app.use(session(store));
        app.use((req, res, next) => {
          res.setHeader('Connection', 'keep-alive');
          if (req.session.user) next();
          else res.status(401).set('WWW-Authenticate', 'Basic').send('who are you?');
        });
        app.upgrade('/', () => assert.fail('upgraded'));
        const target = await serve(t, app, isSecure);
        const { body, headers, status } = await refusal(t, target, '/');
        assert.equal(status, 401);
        assert.equal(body, 'who are you?');
        assert.deepEqual(headers.connection, ['close']);
        assert.deepEqual(headers['www-authenticate'], ['Basic']);
        assert.deepEqual(headers['set-cookie'], ['sid=new; HttpOnly']);
        assert.equal(store.saved.length, 1);
      });

      it('redirects, answers with JSON and status, and streams with backpressure', async (t) => {
        const app = makeApp();
        const big = Buffer.alloc(3 * 1024 * 1024, 'x');
        app.upgrade('/redirect', (req, res) => res.redirect('/login'), assert.fail);
        app.upgrade('/json', (req, res) => res.status(403).json({ no: true }), assert.fail);
        app.upgrade('/status', (req, res) => res.sendStatus(404), assert.fail);
        app.upgrade('/stream', (req, res) => Readable.from([big, big]).pipe(res.status(400)), assert.fail);
        const target = await serve(t, app, isSecure);
        const redirected = await refusal(t, target, '/redirect');
        assert.deepEqual([redirected.status, redirected.headers.location], [302, ['/login']]);
        assert.equal((await refusal(t, target, '/json')).body, '{"no":true}');
        assert.equal((await refusal(t, target, '/status')).status, 404);
        const streamed = await refusal(t, target, '/stream');
        assert.equal(streamed.status, 400);
        assert.ok(streamed.body.length > 2 * big.length, `${streamed.body.length}`);
        assert.ok(streamed.body.endsWith('\r\n0\r\n\r\n'));
      });

      it('has routers, mounted with parameters, and in each other', async (t) => {
        const app = makeApp();
        const outer = express.Router({ mergeParams: true });
        const inner = upgrades(express.Router({ mergeParams: true }));
        inner.upgrade('/live', (ws, req) => ws.send(`${req.params.team} ${req.params.room} ${req.baseUrl} ${req.url}`));
        outer.use('/rooms/:room', inner);
        app.use('/teams/:team', outer);
        const target = await serve(t, app, isSecure);
        const client = await connect(t, target, '/teams/red/rooms/7/live');
        assert.equal(await client.next(), 'red 7 /teams/red/rooms/7 /live');
      });

      it('has mounted apps, also through one that knows nothing of upgrades', async (t) => {
        const app = makeApp();
        const middle = express();
        const inner = upgrades(express());
        const direct = upgrades(express());
        inner.upgrade('/deep', (ws, req) => ws.send(`${req.baseUrl} ${req.app === inner}`));
        direct.upgrade('/near', (ws, req) => ws.send(req.baseUrl));
        middle.use('/inner', inner);
        app.use('/direct', direct);
        app.use('/middle', middle);
        const target = await serve(t, app, isSecure);
        assert.equal(await (await connect(t, target, '/middle/inner/deep')).next(), '/middle/inner true');
        assert.equal(await (await connect(t, target, '/direct/near')).next(), '/direct');
      });

      it('runs parameter callbacks', async (t) => {
        const app = makeApp();
        app.param('id', (req, res, next, id) => {
          req.room = `room ${id}`;
          next(id === 'none' ? Object.assign(new Error('no such room'), { status: 404 }) : undefined);
        });
        app.upgrade('/rooms/:id', (ws, req) => ws.send(req.room));
        const target = await serve(t, app, isSecure);
        assert.equal(await (await connect(t, target, '/rooms/7')).next(), 'room 7');
        assert.equal((await refusal(t, target, '/rooms/none')).status, 404);
      });

      it('asks guards made with all(), and no routes for GET, nor files', async (t) => {
        const app = makeApp();
        app.use(express.static(__dirname));
        app.get('/*splat'.slice(0, name.endsWith('4') ? 2 : 7), (req, res) => res.send('a page'));
        app
          .route('/chat')
          .all((req, res, next) => next())
          .get((req, res) => res.send('chat page'));
        app.all('/chat', (req, res, next) => (req.query.token ? next() : res.sendStatus(401)));
        app.upgrade('/chat', (ws) => ws.send('upgraded'));
        app.upgrade('/support.js', (ws) => ws.send('no file'));
        const target = await serve(t, app, isSecure);
        assert.equal(await (await connect(t, target, '/chat?token=1')).next(), 'upgraded');
        assert.equal((await refusal(t, target, '/chat')).status, 401);
        assert.equal(await (await connect(t, target, '/support.js')).next(), 'no file');
        assert.equal((await get(target, '/chat')).body, 'a page');
        assert.match((await get(target, '/support.js')).body, /use strict/);
      });

      it('leaves ordinary requests to the routes behind', async (t) => {
        const app = makeApp();
        app.upgrade('/chat', () => assert.fail('upgraded'));
        app.get('/chat', (req, res) => res.send('page'));
        app.post('/chat', (req, res) => res.send('posted'));
        const target = await serve(t, app, isSecure);
        assert.equal((await get(target, '/chat')).body, 'page');
        assert.equal((await get(target, '/chat', { method: 'POST' })).body, 'posted');
        assert.equal((await get(target, '/chat', { method: 'HEAD' })).status, 200);
        assert.equal((await get(target, '/other')).status, 404);
      });

      it('has error middleware, and Express itself has the last word', async (t) => {
        const app = makeApp();
        app.upgrade('/next', (req, res, next) => next(new Error('handled')), assert.fail);
        app.upgrade('/throw', () => assert.fail('upgraded'), assert.fail);
        app.upgrade(
          '/unhandled',
          (req, res, next) => next(Object.assign(new Error('odd'), { status: 418 })),
          assert.fail
        );
        app.use((err, req, res, next) => {
          if (err.status) next(err);
          else res.status(500).send(`sorry: ${err.message}`);
        });
        const target = await serve(t, app, isSecure);
        assert.deepEqual(pick(await refusal(t, target, '/next')), [500, 'sorry: handled']);
        assert.deepEqual(pick(await refusal(t, target, '/throw')), [500, 'sorry: upgraded']);
        const last = await refusal(t, target, '/unhandled');
        assert.equal(last.status, 418);
        assert.match(last.body, /<pre>Error: odd/);
      });

      it("goes on with next('route') and next('router')", async (t) => {
        const app = makeApp();
        const router = upgrades(express.Router());
        router.upgrade('/', (req, res, next) => next('router'), assert.fail);
        router.upgrade('/', () => assert.fail('next in the router'));
        app.use('/a', router);
        app.upgrade('/a', (req, res, next) => next('route'), assert.fail);
        app.upgrade('/a', (ws) => ws.send('third'));
        app.upgrade('/b', (req, res, next) => next('route'), assert.fail);
        const target = await serve(t, app, isSecure);
        assert.equal(await (await connect(t, target, '/a')).next(), 'third');
        // Nobody wants it: it is an ordinary request.
        await assert.rejects(connect(t, target, '/b'), { message: 'Unexpected server response: 404' });
        app.get('/b', (req, res) => res.status(402).send('page'));
        await assert.rejects(connect(t, target, '/b'), { message: 'Unexpected server response: 402' });
      });

      it('has options, of the app and of routes', async (t) => {
        const app = makeApp({ maxPayload: 10, handleProtocols: () => 'second' });
        app.upgrade('/small', (ws) => ws.on('message', (data) => ws.send(data.length)));
        app.upgrade('/large', { maxPayload: 100 }, (ws) => ws.on('message', (data) => ws.send(data.length)));
        const target = await serve(t, app, isSecure);
        const large = await connect(t, target, '/large', { protocols: ['first', 'second'] });
        large.send('x'.repeat(100));
        assert.equal(await large.next(), '100');
        assert.equal(large.protocol, 'second');
        const small = await connect(t, target, '/small', { protocols: ['first', 'second'] });
        small.send('x'.repeat(100));
        assert.equal((await once(small, 'close'))[0], 1009);
        assert.throws(() => makeApp({ transport: 'air' }), TypeError);
      });

      it('tells loggers that the response is complete', async (t) => {
        const app = makeApp();
        const events = [];
        app.use((req, res, next) => {
          res.on('finish', () => events.push(`finish ${res.statusCode}`));
          res.on('close', () => events.push('close'));
          next();
        });
        app.upgrade('/', (ws) => ws.send(events.join(', ')));
        app.upgrade('/no', (req, res) => res.sendStatus(401), assert.fail);
        const target = await serve(t, app, isSecure);
        assert.equal(await (await connect(t, target, '/')).next(), 'finish 101, close');
        events.length = 0;
        await refusal(t, target, '/no');
        await until(() => events.length === 2);
        assert.deepEqual(events, ['finish 401', 'close']);
      });

      it('does not upgrade when a head cannot be written, and writes no body with a 101', async (t) => {
        const app = makeApp();
        app.use('/throws', (req, res, next) => {
          const { writeHead } = res;
          res.writeHead = function (status, ...rest) {
            if (status === 101) throw new Error('no 101');
            return writeHead.call(this, status, ...rest);
          };
          next();
        });
        app.use('/writes', (req, res, next) => {
          const { end } = res;
          res.end = function (...args) {
            res.flushHeaders();
            res.write('a body');
            return end.apply(this, args);
          };
          next();
        });
        app.upgrade('/throws', assert.fail);
        app.upgrade('/writes', (ws) => ws.send('open'));
        app.use((err, req, res, _next) => res.status(500).send(err.message));
        const target = await serve(t, app, isSecure);
        assert.deepEqual(pick(await refusal(t, target, '/throws')), [500, 'no 101']);
        assert.equal(await (await connect(t, target, '/writes')).next(), 'open');
      });

      it('closes its WebSockets, and then knows nothing of upgrades', async (t) => {
        const app = makeApp();
        app.upgrade('/', (ws) => ws.send('open'));
        const target = await serve(t, app, isSecure);
        const client = await RawClient.open(target.raw);
        assert.equal((await client.frame()).payload.toString(), 'open');
        assert.equal(app.websockets.clients.size, 1);
        const closing = app.websockets.close();
        assert.equal((await client.frame()).payload.readUInt16BE(), 1001);
        assert.equal((await refusal(t, target, '/')).status, 503);
        client.sendClose(1001);
        await closing;
        assert.equal(app.websockets.clients.size, 0);
        assert.equal((await get(target, '/')).status, 404);
        assert.equal(target.server.listenerCount('upgrade'), 0);
      });

      it('survives handlers that fail', async (t) => {
        const failures = [];
        const app = makeApp({ errorHandler: (err, ws) => ws.close(4000, failures.push(err.message) && err.message) });
        const quiet = makeApp();
        for (const one of [app, quiet]) {
          one.upgrade('/throws', () => {
            throw new Error('thrown');
          });
          one.upgrade('/rejects', async () => {
            throw new Error('rejected');
          });
          one.upgrade('/peer', () => {});
        }
        const target = await serve(t, app, isSecure);
        const other = await serve(t, quiet, isSecure);
        for (const [url, reason] of [
          ['/throws', 'thrown'],
          ['/rejects', 'rejected']
        ]) {
          const [code, text] = await once(await connect(t, target, url), 'close');
          assert.deepEqual([code, text.toString()], [4000, reason]);
          assert.equal((await once(await connect(t, other, url), 'close'))[0], 1011);
        }
        for (const one of [target, other]) {
          const client = await connect(t, one, '/peer');
          client.send(Buffer.from([0xff]), { binary: false });
          assert.equal((await once(client, 'close'))[0], 1007);
        }
        assert.deepEqual(failures, ['thrown', 'rejected', 'Invalid WebSocket frame: invalid UTF-8 sequence']);
      });
    });
  }

  it(`${name}: listen() is enough`, async (t) => {
    const app = upgrades(express());
    app.upgrade('/', (ws) => ws.send('hello'));
    const server = app.listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const client = await connect(t, { port: server.address().port }, '/');
    assert.equal(await client.next(), 'hello');
    client.terminate();
    assert.equal(upgrades(app), app);
  });

  it(`${name}: decides by itself which requests it is asked about`, async (t) => {
    const app = upgrades(express(), { shouldHandle: (req) => req.url.startsWith('/api/') });
    app.set('env', 'test');
    app.use((req, res, next) => {
      req.url = req.url.slice(4);
      next();
    });
    app.upgrade('/live', (ws, req) => ws.send(req.originalUrl));
    const target = await serve(t, app);
    assert.equal(await (await connect(t, target, '/api/live')).next(), '/api/live');
    await assert.rejects(connect(t, target, '/api/none'), { message: 'Unexpected server response: 404' });
  });
}

/** Status and body of an answer. */
function pick({ body, status }) {
  return [status, body];
}
