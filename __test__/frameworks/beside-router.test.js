'use strict';

/**
 * Do Vite's hot updates and Socket.IO work on a server whose upgrades a router takes, whichever of them was there first, and
 * do they leave the router's connections alone?
 */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const os = require('node:os');
const path = require('node:path');
const { once } = require('node:events');
const { describe, it } = require('node:test');
const { Server: SocketIo } = require('socket.io');
const { io: connectIo } = require('socket.io-client');
const { createUpgradeRouter } = require('../..');
const { answer, connect, listen } = require('./support');

const fixture = (name) => fs.readFileSync(path.join(__dirname, '../fixtures', name));
const CREDENTIALS = { cert: fixture('localhost-cert.pem'), key: fixture('localhost-key.pem') };

/** Clients trust the certificate of the tests. */
const TRUST = { rejectUnauthorized: false };

/** After this time Socket.IO ends connections that nobody has upgraded (ms). */
const PATIENCE = 50;

/** Adds a router with a route that echoes. */
function addRouter(server) {
  createUpgradeRouter(server).websocket('/ours', (ws) => ws.on('message', (data) => ws.send(`ours ${data}`)));
}

/** Adds Vite, as a development server in the application's own does; resolves with it. */
async function addVite(t, server) {
  const { createServer } = await import('vite');
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'upshift-vite-'));
  const vite = await createServer({
    appType: 'custom',
    configFile: false,
    logLevel: 'silent',
    optimizeDeps: { noDiscovery: true },
    root,
    server: { hmr: { server }, middlewareMode: true, watch: null }
  });

  t.after(async () => {
    await vite.close();
    fs.rmSync(root, { recursive: true });
  });
  vite.ws.on('test:ask', (data, client) => client.send('test:told', data));
  return vite;
}

/** Adds Socket.IO, which echoes. */
function addSocketIo(t, server) {
  const io = new SocketIo(server, { destroyUpgradeTimeout: PATIENCE });

  io.on('connection', (socket) => socket.on('ask', (text, reply) => reply(`${text}!`)));
  // Not awaited: it waits for the clients, which go in a later hook.
  t.after(() => void io.close());
}

/** Adds both, in an order. */
async function addBoth(order, server, other) {
  if (order === 'before') addRouter(server);

  const added = await other();

  if (order === 'behind') addRouter(server);
  return added;
}

for (const [name, create, scheme] of [
  ['http', (listener) => http.createServer(listener), 'ws'],
  ['https', (listener) => https.createServer(CREDENTIALS, listener), 'wss']
]) {
  for (const order of ['before', 'behind']) {
    describe(`${name}, the router ${order}`, () => {
      it('Vite', async (t) => {
        const server = create();
        const vite = await addBoth(order, server, () => addVite(t, server));

        server.on('request', vite.middlewares);

        const { port } = new URL(await listen(t, server));
        const ours = await connect(t, `${scheme}://127.0.0.1:${port}/ours`, TRUST);
        const theirs = await connect(t, `${scheme}://127.0.0.1:${port}/`, { ...TRUST, protocols: 'vite-hmr' });

        assert.equal(theirs.protocol, 'vite-hmr');
        assert.deepEqual(JSON.parse(await theirs.next()), { type: 'connected' });
        assert.deepEqual(JSON.parse(await answer(theirs, '{"type":"custom","event":"test:ask","data":7}')), {
          type: 'custom',
          event: 'test:told',
          data: 7
        });
        vite.ws.send({ type: 'full-reload' });
        assert.equal(JSON.parse(await theirs.next()).type, 'full-reload');
        assert.equal(await answer(ours, 'still here'), 'ours still here');
        assert.equal(vite.ws.clients.size, 1);
      });

      it('Socket.IO', async (t) => {
        const server = create((req, res) => res.end());

        await addBoth(order, server, () => addSocketIo(t, server));

        const { port } = new URL(await listen(t, server));
        const ours = await connect(t, `${scheme}://127.0.0.1:${port}/ours`, TRUST);

        for (const transports of [['websocket'], ['polling', 'websocket']]) {
          const client = connectIo(`${name}://127.0.0.1:${port}`, { ...TRUST, forceNew: true, transports });

          t.after(() => client.close());
          await once(client, 'connect');
          assert.equal(await client.emitWithAck('ask', 'why'), 'why!');
          if (client.io.engine.transport.name !== 'websocket') await once(client.io.engine, 'upgrade');
          assert.equal(await client.emitWithAck('ask', 'why not'), 'why not!');
        }

        await new Promise((resolve) => setTimeout(resolve, 2 * PATIENCE));
        assert.equal(await answer(ours, 'still here'), 'ours still here');
      });
    });
  }
}
