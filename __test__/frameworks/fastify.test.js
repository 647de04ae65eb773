'use strict';

/**
 * Does a Fastify app keep its routes, hooks and `inject` while it serves WebSockets beside them, and does its own
 * WebSocket plugin run on us?
 */

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const ws = require('ws');
const { WebSocketServer } = require('../..');
const { answer, connect, fetchText } = require('./support');

/** Loads Fastify's own plugin on top of our server; its `injectWS` goes on using the client of ws. */
function loadPlugin() {
  const plugin = require.resolve('@fastify/websocket');
  const target = require.resolve('ws', { paths: [plugin] });
  const original = require.cache[target];
  class Stand extends ws {}
  Stand.Server = WebSocketServer;
  require.cache[target] = { ...original, exports: Stand };
  delete require.cache[plugin];
  try {
    return require(plugin);
  } finally {
    require.cache[target] = original;
  }
}

/** Starts an app that ends with the test and resolves with its origin. */
async function start(t, app) {
  // Not awaited: it waits for the clients, which go in a later hook.
  t.after(() => void app.close());
  return app.listen({ port: 0, host: '127.0.0.1' });
}

const fastify5 = require('fastify');

for (const [name, fastify] of [
  ['Fastify 4', require('fastify4')],
  ['Fastify 5', fastify5]
]) {
  describe(name, () => {
    /** Makes an app with a hook and routes. */
    function makeApp() {
      const app = fastify();
      app.addHook('onRequest', (req, reply, next) => {
        reply.header('X-Hook', 'ran');
        next();
      });
      app.get('/hello/:name', async (req) => `hello ${req.params.name}`);
      app.post('/sum', async (req) => ({ sum: req.body.a + req.body.b }));
      return app;
    }

    it('serves WebSockets and routes on one server', async (t) => {
      const app = makeApp();
      const wss = new WebSocketServer({ server: app.server, path: '/chat' });
      wss.on('connection', (ws) => ws.on('message', (data) => ws.send(`echo ${data}`)));
      t.after(() => wss.clients.forEach((ws) => ws.terminate()));
      const origin = await start(t, app);

      const client = await connect(t, `${origin}/chat`);
      assert.equal(await answer(client, 'one'), 'echo one');
      const [text, headers] = await fetchText(`${origin}/hello/you`);
      assert.equal(text, 'hello you');
      assert.equal(headers.get('x-hook'), 'ran');
      const injected = await app.inject({ method: 'POST', url: '/sum', payload: { a: 1, b: 2 } });
      assert.deepEqual(injected.json(), { sum: 3 });
      assert.equal(await answer(client, 'two'), 'echo two');
      assert.equal((await fetchText(`${origin}/absent`))[2], 404);
    });

    it('closes with the app when the app closes its WebSockets', async (t) => {
      const app = makeApp();
      const wss = new WebSocketServer({ server: app.server });
      app.addHook('preClose', (done) => {
        wss.clients.forEach((ws) => ws.close(1001));
        done();
      });
      const origin = await start(t, app);
      const client = await connect(t, origin);
      const closed = new Promise((resolve) => client.once('close', resolve));
      await app.close();
      assert.equal(await closed, 1001);
    });
  });
}

describe('@fastify/websocket', () => {
  /** Makes an app with a WebSocket route beside an ordinary one. */
  async function makeApp() {
    const app = fastify5();
    await app.register(loadPlugin());
    app.addHook('preValidation', async (req, reply) => {
      if (req.query.token === 'wrong') await reply.code(401).send('who are you?');
    });
    app.get('/echo', { websocket: true }, (socket, req) => {
      socket.on('message', (data) => socket.send(`${req.query.token} ${data}`));
    });
    app.get('/plain', async () => 'plain');
    return app;
  }

  it('upgrades through the routing of the app', async (t) => {
    const app = await makeApp();
    assert.ok(app.websocketServer instanceof WebSocketServer);
    const origin = await start(t, app);
    const client = await connect(t, `${origin}/echo?token=right`);
    assert.equal(await answer(client, 'one'), 'right one');
    assert.equal((await fetchText(`${origin}/plain`))[0], 'plain');
  });

  it('answers from a hook instead', async (t) => {
    const origin = await start(t, await makeApp());
    await assert.rejects(connect(t, `${origin}/echo?token=wrong`), /Unexpected server response: 401/);
  });

  it('serves injectWS, which has no socket and no raw headers', async (t) => {
    const app = await makeApp();
    await app.ready();
    t.after(() => app.close());
    const client = await app.injectWS('/echo?token=injected');
    const answered = new Promise((resolve) => client.once('message', resolve));
    client.send('one');
    assert.equal((await answered).toString(), 'injected one');
    client.terminate();
  });
});
