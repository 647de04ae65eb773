'use strict';

/**
 * Does an Express app keep its server, its routes and its middleware while it serves WebSockets beside them?
 */

const assert = require('node:assert/strict');
const { createServer } = require('node:http');
const { describe, it } = require('node:test');
const { WebSocketServer, upgrade } = require('../..');
const { answer, connect, fetchText, listen } = require('./support');

for (const [name, express] of [
  ['Express 4', require('express4')],
  ['Express 5', require('express')]
]) {
  describe(name, () => {
    /** Makes an app with routes, a static-like middleware and an error handler, on a server of its own. */
    function makeServer() {
      const app = express();
      app.use((req, res, next) => {
        res.setHeader('X-Middleware', 'ran');
        next();
      });
      app.use(express.json());
      app.get('/hello/:name', (req, res) => res.send(`hello ${req.params.name}`));
      app.post('/sum', (req, res) => res.json({ sum: req.body.a + req.body.b }));
      return createServer(app);
    }

    it('serves WebSockets and routes on one server', async (t) => {
      const server = makeServer();
      const wss = new WebSocketServer({ server, path: '/chat' });
      wss.on('connection', (ws, req) => {
        ws.on('message', (data) => ws.send(`${req.url} ${data}`));
      });
      const origin = await listen(t, server);

      const client = await connect(t, `${origin}/chat?room=1`);
      assert.equal(await answer(client, 'one'), '/chat?room=1 one');
      const [text, headers] = await fetchText(`${origin}/hello/you`);
      assert.equal(text, 'hello you');
      assert.equal(headers.get('x-middleware'), 'ran');
      assert.equal(await answer(client, 'two'), '/chat?room=1 two');
      const body = JSON.stringify({ a: 1, b: 2 });
      const posted = await fetchText(`${origin}/sum`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body
      });
      assert.equal(posted[0], '{"sum":3}');
      assert.equal((await fetchText(`${origin}/absent`))[2], 404);
    });

    it('refuses a WebSocket on another path and goes on serving', async (t) => {
      const server = makeServer();
      new WebSocketServer({ server, path: '/chat' });
      const origin = await listen(t, server);
      await assert.rejects(connect(t, `${origin}/hello/you`), /Unexpected server response: 400/);
      assert.equal((await fetchText(`${origin}/hello/again`))[0], 'hello again');
    });

    it('lets the app decide by hand, with its session, before the upgrade', async (t) => {
      const server = makeServer();
      const wss = new WebSocketServer({ noServer: true });
      server.on('upgrade', async (req, socket, head) => {
        // What a session store does: the answer comes later.
        await new Promise((resolve) => setTimeout(resolve, 5));
        const user = new URL(req.url, 'http://localhost').searchParams.get('user');
        wss.handleUpgrade(req, socket, head, (ws) => ws.send(`welcome ${user}`));
      });
      const origin = await listen(t, server);
      const client = await connect(t, `${origin}/?user=ada`);
      assert.equal(await client.next(), 'welcome ada');
    });

    it('works with upgrade() as with a server object', async (t) => {
      const server = makeServer();
      server.on('upgrade', async (req, socket, head) => {
        const ws = await upgrade(req, socket, head);
        ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
      });
      const origin = await listen(t, server);
      const client = await connect(t, origin);
      assert.equal(await answer(client, 'by hand'), 'by hand');
      assert.equal((await fetchText(`${origin}/hello/you`))[0], 'hello you');
    });

    it('keeps a connection while a hundred requests pass beside it', async (t) => {
      const server = makeServer();
      const wss = new WebSocketServer({ server });
      wss.on('connection', (ws) => ws.on('message', (data) => ws.send(data.toString())));
      const origin = await listen(t, server);
      const client = await connect(t, origin);
      for (let i = 0; i < 100; i += 1) {
        const [echoed, [text]] = await Promise.all([answer(client, `${i}`), fetchText(`${origin}/hello/${i}`)]);
        assert.equal(echoed, `${i}`);
        assert.equal(text, `hello ${i}`);
      }
    });
  });
}
