'use strict';

/**
 * Does an upgrade pass through a Fastify app as any request does, with the API of @fastify/websocket? What that package
 * tests itself is tested in published.test.js.
 */

const assert = require('node:assert/strict');
const { AsyncLocalStorage } = require('node:async_hooks');
const { once } = require('node:events');
const { describe, it } = require('node:test');
const plugin = require('../../lib/use/fastify');
const WebSocket = require('../..');
const { RawClient } = require('../support/raw-client');
const { CREDENTIALS, FASTIFIES, connect, get, refusal, targetOf, until } = require('./support');

for (const [name, fastify] of FASTIFIES) {
  for (const isSecure of [false, true]) {
    describe(`${name}${isSecure ? ' over TLS' : ''}`, () => {
      /** Makes an app with the plugin; it ends with the test. */
      async function makeApp(t, options) {
        const app = fastify({ https: isSecure ? CREDENTIALS : null });
        await app.register(plugin, options);
        t.after(() => {
          app.server.closeAllConnections();
          return app.close();
        });
        return app;
      }

      /** Lets an app listen and resolves with what clients connect to. */
      async function start(app) {
        await app.listen({ port: 0, host: '127.0.0.1' });
        return targetOf(app.server, isSecure);
      }

      it('has routes for WebSockets, with parameters, a query and decorators', async (t) => {
        const app = await makeApp(t);
        app.register(async (inner) => {
          inner.decorate('greeting', 'hello');
          inner.decorateRequest('who', '');
          inner.addHook('onRequest', async (request) => {
            request.who = `${request.query.as} ${request.ws}`;
          });
          inner.get('/rooms/:id', { websocket: true }, function (ws, request) {
            ws.on('message', (data) => ws.send(`${this.greeting} ${request.params.id} ${request.who} ${data}`));
          });
        });
        app.get('/plain', async (request) => `${request.ws}`);
        const target = await start(app);
        const client = await connect(t, target, '/rooms/7?as=ada');
        client.send('there');
        assert.equal(await client.next(), 'hello 7 ada true there');
        assert.equal((await get(target, '/plain')).body, 'false');
        assert.equal((await get(target, '/rooms/7')).status, 404);
        assert.equal(app.websocketServer.clients.size, 1);
        assert.ok(app.websocketServer instanceof WebSocket.WebSocketServer);
      });

      it('runs the hooks before the upgrade, encapsulated, in their order', async (t) => {
        const app = await makeApp(t);
        const seen = [];
        const note = (text) => (request, reply, done) => {
          seen.push(text);
          setTimeout(done, 2);
        };
        app.register(async (inner) => {
          inner.addHook('onRequest', note('onRequest'));
          inner.addHook('preParsing', (request, reply, payload, done) => note('preParsing')(request, reply, done));
          inner.addHook('preValidation', note('preValidation'));
          inner.addHook('preHandler', note('preHandler'));
          inner.get('/in', { onRequest: note("the route's"), websocket: true }, (ws) => ws.send(seen.join(' ')));
        });
        app.register(async (other) => {
          other.get('/out', { websocket: true }, (ws) => ws.send(seen.join(' ')));
        });
        const target = await start(app);
        assert.equal(await (await connect(t, target, '/out')).next(), '');
        assert.equal(
          await (await connect(t, target, '/in')).next(),
          "onRequest the route's preParsing preValidation preHandler"
        );
      });

      it('sends what hooks answer, with hooks for answers, and closes', async (t) => {
        const app = await makeApp(t);
        const seen = [];
        app.addHook('onSend', async (request, reply, payload) => payload.replace('who', 'Who'));
        app.addHook('onResponse', async (request, reply) => void seen.push(reply.statusCode));
        app.addHook('preValidation', async (request, reply) => {
          reply.header('set-cookie', 'sid=1');
          if (!request.query.token) await reply.code(401).send({ error: 'who are you?' });
        });
        app.get('/', { websocket: true }, (ws) => ws.send('open'));
        const target = await start(app);
        const { body, headers, status } = await refusal(t, target, '/');
        assert.deepEqual([status, body], [401, '{"error":"Who are you?"}']);
        assert.deepEqual([headers.connection, headers['set-cookie']], [['close'], ['sid=1']]);
        assert.deepEqual(seen, [401]);
        const client = await connect(t, target, '/?token=1');
        assert.equal(await client.next(), 'open');
        assert.deepEqual(client.response.headers['set-cookie'], ['sid=1']);
      });

      it('has onError hooks and error handlers for what fails before', async (t) => {
        const app = await makeApp(t);
        const seen = [];
        app.addHook('onError', async (request, reply, err) => void seen.push(err.message));
        app.register(async (inner) => {
          inner.setErrorHandler((err, request, reply) =>
            reply.code(err.statusCode ?? 500).send(`sorry: ${err.message}`)
          );
          inner.addHook('preHandler', async () => {
            throw Object.assign(new Error('no'), { statusCode: 403 });
          });
          inner.get('/inner', { websocket: true }, assert.fail);
        });
        app.get(
          '/schema',
          { schema: { querystring: { type: 'object', required: ['a'] } }, websocket: true },
          assert.fail
        );
        const target = await start(app);
        const { body, status } = await refusal(t, target, '/inner');
        assert.deepEqual([status, body, seen], [403, 'sorry: no', ['no']]);
        assert.equal((await refusal(t, target, '/schema')).status, 400);
      });

      it('runs the hooks for responses for the 101 when told so', async (t) => {
        const app = await makeApp(t, { responseHooks: true });
        const seen = [];
        app.addHook('onSend', async (request, reply) => {
          seen.push(`onSend ${reply.statusCode}`);
          await new Promise((resolve) => setTimeout(resolve, 2));
          if (request.query.fail) throw Object.assign(new Error('no session'), { statusCode: 503 });
          reply.header('set-cookie', 'sid=1');
        });
        app.addHook('onResponse', async (request, reply) => void seen.push(`onResponse ${reply.statusCode}`));
        app.get('/', { websocket: true }, (ws) => ws.send('open'));
        const target = await start(app);
        const client = await connect(t, target, '/');
        assert.equal(await client.next(), 'open');
        assert.deepEqual(client.response.headers['set-cookie'], ['sid=1']);
        assert.deepEqual(seen, ['onSend 101', 'onResponse 101']);
        const { body, headers, status } = await refusal(t, target, '/?fail=1');
        assert.deepEqual([status, headers['set-cookie']], [503, undefined]);
        assert.match(body, /no session/);
      });

      it('reports headers that cannot be written as an error of the request', async (t) => {
        const app = await makeApp(t);
        app.addHook('preHandler', async (request, reply) => void reply.header('x-bad', 'a\nb'));
        app.setErrorHandler((err, request, reply) => {
          reply.removeHeader('x-bad');
          reply.code(500).send(err.code);
        });
        app.get('/', { websocket: true }, assert.fail);
        const target = await start(app);
        const { body, status } = await refusal(t, target, '/');
        assert.deepEqual([status, body], [500, 'ERR_INVALID_CHAR']);
      });

      it('has an error handler for handlers and their WebSockets', async (t) => {
        const failures = [];
        const app = await makeApp(t, {
          errorHandler(err, ws, request) {
            failures.push(`${err.message} ${request.url} ${typeof this.websocketServer}`);
            ws.close(4000);
          }
        });
        app.get('/throws', { websocket: true }, () => {
          throw new Error('thrown');
        });
        app.get('/rejects', { websocket: true }, async () => {
          throw new Error('rejected');
        });
        app.get('/ends', { websocket: true }, (ws) => ws.emit('error', new Error('emitted')));
        const target = await start(app);
        for (const url of ['/throws', '/rejects', '/ends']) {
          assert.equal((await once(await connect(t, target, url), 'close'))[0], 4000);
        }
        assert.deepEqual(failures, ['thrown /throws object', 'rejected /rejects object', 'emitted /ends object']);
      });

      it('has both handlers on one route, and closes what a route has no handler for', async (t) => {
        const app = await makeApp(t);
        app.route({
          handler: async () => 'page',
          method: 'GET',
          url: '/both',
          wsHandler: (ws) => ws.send('both')
        });
        app.get('/page', async () => 'page');
        const target = await start(app);
        assert.equal(await (await connect(t, target, '/both')).next(), 'both');
        assert.equal((await get(target, '/both')).body, 'page');
        assert.equal((await once(await connect(t, target, '/page'), 'close'))[0], 1005);
      });

      it('has no routes but for GET, and none without a handler', async (t) => {
        const app = await makeApp(t);
        for (const method of ['POST', ['GET', 'PUT']]) {
          assert.throws(() => app.route({ handler: () => {}, method, url: '/other', websocket: true }), {
            message: 'websocket handler can only be declared in GET method'
          });
        }
        assert.throws(() => app.route({ handler: () => {}, method: 'GET', url: '/none', wsHandler: 'none' }), {
          message: 'invalid wsHandler function'
        });
      });

      it('has options of the WebSocket server', async (t) => {
        const app = await makeApp(t, { options: { maxPayload: 10, verifyClient: ({ req }) => req.url !== '/?no' } });
        app.get('/', { websocket: true }, (ws) => ws.on('message', (data) => ws.send(data)));
        const target = await start(app);
        await assert.rejects(connect(t, target, '/?no'), /401/);
        const client = await connect(t, target, '/');
        client.send('x'.repeat(11));
        assert.equal((await once(client, 'close'))[0], 1009);
      });

      it('knows prefixes, wildcards and what ignores slashes and case', async (t) => {
        const app = fastify({ caseSensitive: false, https: isSecure ? CREDENTIALS : null, ignoreTrailingSlash: true });
        t.after(() => app.close());
        app.register(plugin);
        app.register(
          async (inner) => {
            inner.get('/', { websocket: true }, (ws) => ws.send('root'));
            inner.get('/:a/files/*', { websocket: true }, (ws, request) => ws.send(request.params['*']));
          },
          { prefix: '/Deep' }
        );
        const target = await start(app);
        for (const url of ['/Deep', '/deep/', '/DEEP?x=/y']) {
          assert.equal(await (await connect(t, target, url)).next(), 'root', url);
        }
        assert.equal(await (await connect(t, target, '/deep/a%20b/files/c/d')).next(), 'c/d');
      });

      it('has a root with a prefix under both its names', async (t) => {
        const app = await makeApp(t);
        app.register(async (inner) => inner.get('/', { websocket: true }, (ws) => ws.send('root')), { prefix: '/in' });
        const target = await start(app);
        assert.equal(await (await connect(t, target, '/in')).next(), 'root');
        assert.equal(await (await connect(t, target, '/in/')).next(), 'root');
      });

      it('is tested without a port', async (t) => {
        const app = await makeApp(t);
        app.addHook('preValidation', async (request, reply) => {
          if (request.headers['api-key'] !== 'right') await reply.code(401).send();
        });
        app.get('/', { websocket: true }, (ws, request) => {
          ws.on('message', (data) => ws.send(`${data} ${request.raw.mark} ${request.headers.host}`));
        });
        await app.ready();
        const order = [];
        const headers = { 'api-key': 'right' };
        const client = await app.injectWS(
          '/',
          { headers, mark: 7 },
          {
            onInit: (ws) => order.push(ws.readyState),
            onOpen: (ws) => order.push(ws.readyState)
          }
        );
        client.send('hello');
        assert.equal(String((await once(client, 'message'))[0]), 'hello 7 localhost');
        assert.deepEqual(order, [WebSocket.CONNECTING, WebSocket.OPEN]);
        client.terminate();
        await assert.rejects(app.injectWS(), { message: 'Unexpected server response: 401' });
        await assert.rejects(app.injectWS('/none', { headers }), { message: 'Unexpected server response: 404' });
      });

      it('closes its WebSockets with the app', async (t) => {
        const app = await makeApp(t);
        app.get('/', { websocket: true }, (ws) => ws.send('open'));
        const target = await start(app);
        const client = await connect(t, target, '/');
        await client.next();
        const closed = once(client, 'close');
        await app.close();
        await closed;
        assert.equal(app.server.listenerCount('upgrade'), 0);
      });

      it('runs the hooks for requests that are aborted', async (t) => {
        const app = await makeApp(t);
        const aborted = [];
        let asked = 0;
        app.addHook('onRequestAbort', async (request) => aborted.push(request.url));
        const waiting = () => {
          asked += 1;
          return new Promise(() => {});
        };
        app.get('/wait', { preHandler: waiting, websocket: true }, () => assert.fail('opened'));
        const target = await start(app);
        const client = await RawClient.connect(target.raw);
        client.write(RawClient.request({ path: '/wait' }));
        await until(() => asked === 1);
        client.socket.destroy();
        await until(() => aborted.length === 1);
        assert.deepEqual(aborted, ['/wait']);
        await app.close();
      });

      it('keeps the context of hooks', async (t) => {
        const app = await makeApp(t);
        const storage = new AsyncLocalStorage();
        app.addHook('onRequest', (request, reply, done) => storage.run(request.query.as, done));
        app.get('/', { websocket: true }, (ws) => ws.on('message', () => ws.send(storage.getStore())));
        const target = await start(app);
        const client = await connect(t, target, '/?as=ada');
        client.send('who?');
        assert.equal(await client.next(), 'ada');
      });
    });
  }

  it(`${name}: serves HTTP/2 beside`, async (t) => {
    const app = fastify({ http2: true, https: { allowHTTP1: true, ...CREDENTIALS } });
    t.after(() => app.close());
    await app.register(plugin);
    app.get('/', { websocket: true }, (ws, request) => ws.send(request.raw.httpVersion));
    await app.listen({ port: 0, host: '127.0.0.1' });
    const client = await connect(t, targetOf(app.server, true), '/');
    assert.equal(await client.next(), '1.1');
    client.terminate();
    const injected = await app.injectWS('/');
    assert.equal(String((await once(injected, 'message'))[0]), '1.1');
    injected.terminate();
  });

  it(`${name}: listens to all addresses of localhost`, async (t) => {
    const app = fastify();
    t.after(() => app.close());
    await app.register(plugin);
    app.get('/', { websocket: true }, (ws) => ws.send('open'));
    await app.listen({ port: 0, host: 'localhost' });
    for (const { address, port } of app.addresses()) {
      const host = address.includes(':') ? `[${address}]` : address;
      const client = new WebSocket(`ws://${host}:${port}/`);
      assert.equal(String((await once(client, 'message'))[0]), 'open');
      client.terminate();
    }
  });
}
