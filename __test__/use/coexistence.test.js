'use strict';

/**
 * Do the frameworks leave to others on the same server what is not theirs, and keep what is?
 */

const assert = require('node:assert/strict');
const http = require('node:http');
const { describe, it } = require('node:test');
const legacy = require('ws');
const express = require('../../lib/use/express');
const fastify = require('../../lib/use/fastify');
const { createUpgradeRouter } = require('../..');
const { RawClient } = require('../support/raw-client');
const { EXPRESSES, FASTIFIES, connect, get, listen, targetOf } = require('./support');

/**
 * Makes an app of one of the frameworks with a WebSocket at /ours, a page at /page, a 404 of its own for the rest, and
 * middleware that notes what it sees. `prepare(server)` comes before the plugin, `complete(server)` behind it.
 */
const APPS = [
  ...EXPRESSES.map(([name, make]) => [
    name,
    async (t, { complete = () => {}, prepare = () => {}, seen = [] } = {}) => {
      const app = express(make());
      const server = http.createServer(app);
      app.use((req, res, next) => {
        seen.push(req.url);
        next();
      });
      prepare(server);
      app.upgrade('/ours', (ws) => ws.on('message', (data) => ws.send(`ours ${data}`)));
      app.get('/page', (req, res) => res.send('page'));
      app.use((req, res) => res.status(404).send('no page'));
      app.websockets.attach(server);
      complete(server);
      return listen(t, server);
    }
  ]),
  ...FASTIFIES.map(([name, make]) => [
    name,
    async (t, { complete = () => {}, prepare = () => {}, seen = [] } = {}) => {
      const app = make();
      app.addHook('onRequest', (request, reply, done) => {
        seen.push(request.url);
        done();
      });
      prepare(app.server);
      await app.register(fastify);
      app.get('/ours', { websocket: true }, (ws) => ws.on('message', (data) => ws.send(`ours ${data}`)));
      app.get('/page', async () => 'page');
      app.get('/*', (request, reply) => reply.code(404).send('no page'));
      complete(app.server);
      t.after(() => {
        // Not awaited: it waits for the clients, which go in a later hook.
        app.close();
        app.server.closeAllConnections();
      });
      await app.listen({ port: 0, host: '127.0.0.1' });
      return targetOf(app.server);
    }
  ])
];

/** Lets ws listen to a server, as most programs do. */
function addLegacy(t) {
  return (server) => {
    const wss = new legacy.WebSocketServer({ path: '/legacy', server });
    wss.on('connection', (ws) => ws.on('message', (data) => ws.send(`legacy ${data}`)));
    t.after(() => wss.close());
  };
}

/** Adds a router of ours. */
function addRouter(t) {
  return (server) => {
    const router = createUpgradeRouter(server);
    router.websocket('/routed/:id', (ws, req, { params }) => ws.on('message', () => ws.send(`routed ${params.id}`)));
    t.after(() => router.close());
  };
}

/** Sends a message and resolves with what comes back, after some time in which a refusal would have ended it. */
async function echo(t, target, url) {
  const client = await connect(t, target, url);
  await new Promise((resolve) => setTimeout(resolve, 20));
  client.send('hello');
  return client.next();
}

for (const [name, start] of APPS) {
  describe(name, () => {
    for (const [place, at] of [
      ['behind', 'prepare'],
      ['in front of', 'complete']
    ]) {
      it(`stands ${place} ws, with a path`, async (t) => {
        const seen = [];
        const target = await start(t, { [at]: addLegacy(t), seen });
        assert.equal(await echo(t, target, '/ours'), 'ours hello');
        assert.equal(await echo(t, target, '/legacy'), 'legacy hello');
        assert.equal((await get(target, '/page')).body, 'page');
        assert.deepEqual(seen, ['/ours', '/page']);
      });

      it(`stands ${place} a router`, async (t) => {
        const target = await start(t, { [at]: addRouter(t) });
        assert.equal(await echo(t, target, '/ours'), 'ours hello');
        assert.equal(await echo(t, target, '/routed/7'), 'routed 7');
        assert.equal((await get(target, '/routed/7')).status, 404);
      });
    }

    it('stands beside ws and a router', async (t) => {
      const target = await start(t, { complete: addRouter(t), prepare: addLegacy(t) });
      assert.equal(await echo(t, target, '/ours'), 'ours hello');
      assert.equal(await echo(t, target, '/routed/7'), 'routed 7');
      assert.equal(await echo(t, target, '/legacy'), 'legacy hello');
      await assert.rejects(connect(t, target, '/none'), /Unexpected server response: 400/);
    });

    it('answers other upgrades as ordinary requests, and goes on', async (t) => {
      const target = await start(t);
      const client = await RawClient.connect(target.raw);
      for (const [headers, path, status] of [
        [{ Upgrade: 'h2c' }, '/page', 200],
        [{ Upgrade: 'TLS/1.2' }, '/ours', 404],
        [{ Connection: 'keep-alive' }, '/page', 200]
      ]) {
        client.write(RawClient.request({ headers, path }));
        const head = await client.head();
        const length = Number(/content-length: (\d+)/i.exec(head)[1]);
        assert.ok(head.startsWith(`HTTP/1.1 ${status} `), head);
        await client.take(() => (client.received.length >= length ? client.cut(length) : null));
      }
      client.socket.destroy();
    });

    it('answers a WebSocket that nobody has', async (t) => {
      const target = await start(t);
      if (name.startsWith('Express')) {
        await assert.rejects(connect(t, target, '/none'), /Unexpected server response: 404/);
        await assert.rejects(connect(t, target, '/page'), /Unexpected server response: 200/);
      } else {
        // A route for ordinary requests closes it, as in @fastify/websocket.
        const client = await connect(t, target, '/page');
        await new Promise((resolve) => client.once('close', resolve));
      }
    });
  });
}

for (const [name, make] of EXPRESSES) {
  it(`${name}: two apps on one server, and what one of them passes on`, async (t) => {
    const one = express(make());
    const two = express(make());
    one.upgrade('/both', (req, res, next) => next('route'), assert.fail);
    one.upgrade('/one', (ws) => ws.on('message', () => ws.send('one')));
    two.upgrade('/both', (ws) => ws.on('message', () => ws.send('two')));
    one.upgrade('/legacy', (req, res, next) => next('route'), assert.fail);
    const server = http.createServer(one);
    one.websockets.attach(server);
    two.websockets.attach(server);
    addLegacy(t)(server);
    const target = await listen(t, server);
    assert.equal(await echo(t, target, '/one'), 'one');
    assert.equal(await echo(t, target, '/both'), 'two');
    assert.equal(await echo(t, target, '/legacy'), 'legacy hello');
  });
}
