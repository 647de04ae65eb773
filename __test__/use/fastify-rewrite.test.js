'use strict';

/**
 * Has an upgrade the route that `rewriteUrl` of a Fastify app says, as an ordinary request has?
 */

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, it } = require('node:test');
const { WebSocketServer } = require('../..');
const plugin = require('../../lib/use/fastify');
const { ask, connect: connectSession } = require('../http2/support');
const { FASTIFIES, connect, get, refusal, targetOf } = require('./support');

for (const [name, fastify] of FASTIFIES) {
  describe(`${name}: rewriteUrl`, () => {
    /** Starts an app with routes at /chat and /page behind a prefix that is cut off. */
    async function start(t, { prepare = () => {}, rewriteUrl, ...options }) {
      const app = fastify({ rewriteUrl, ...options });
      t.after(() => {
        app.server.closeAllConnections?.();
        app.close();
      });
      prepare(app);
      await app.register(plugin);
      app.register(async (inner) => {
        inner.get('/chat', { websocket: true }, (ws, request) =>
          ws.send(`${request.url} ${request.originalUrl} ${request.raw.url}`)
        );
      });
      app.get('/page', async (request) => `${request.url} ${request.originalUrl}`);
      await app.listen({ port: 0, host: '127.0.0.1' });
      return { app, ...targetOf(app.server) };
    }

    /** Cuts the prefix off. */
    const cut = ({ url }) => (url.startsWith('/api/') ? url.slice(4) : url);

    it('leads to a route, and away from one', async (t) => {
      const target = await start(t, { rewriteUrl: ({ url }) => (url === '/chat' ? '/none' : cut({ url })) });
      const client = await connect(t, target, '/api/chat?as=ada');
      assert.equal(await client.next(), '/chat?as=ada /api/chat?as=ada /chat?as=ada');
      assert.equal((await refusal(t, target, '/chat', { headers: { Connection: 'close, Upgrade' } })).status, 404);
      assert.equal((await get(target, '/api/page')).body, '/page /api/page');
      const injected = await target.app.injectWS('/api/chat');
      assert.equal(String((await once(injected, 'message'))[0]), '/chat /api/chat /chat');
      injected.terminate();
    });

    it('is asked with the app as this, and with the URL of the client each time', async (t) => {
      const seen = [];
      const target = await start(t, {
        rewriteUrl(req) {
          seen.push([this === target.app, req.url, req.originalUrl]);
          req.url = cut(req);
          return req.url;
        }
      });
      const client = await connect(t, target, '/api/chat');
      assert.equal(await client.next(), '/chat /api/chat /chat');
      // Once for the question whose it is, once by Fastify itself.
      assert.deepEqual(seen, [
        [true, '/api/chat', '/api/chat'],
        [true, '/api/chat', '/api/chat']
      ]);
    });

    it('leaves the URL as it was for others', async (t) => {
      const target = await start(t, {
        prepare: (app) =>
          new WebSocketServer({ path: '/api/other', server: app.server }).on('connection', (ws, req) =>
            ws.send(req.url)
          ),
        rewriteUrl: cut
      });
      const client = await connect(t, target, '/api/other');
      assert.equal(await client.next(), '/api/other');
      assert.equal(await (await connect(t, target, '/api/chat')).next(), '/chat /api/chat /chat');
    });

    it('that gives no URL ends the request, as an ordinary one', async (t) => {
      const target = await start(t, { rewriteUrl: ({ url }) => (url === '/chat' ? null : url) });
      await assert.rejects(get(target, '/chat'));
      await assert.rejects(connect(t, target, '/chat'), { code: 'ECONNRESET' });
    });

    it('leads to a route over HTTP/2', async (t) => {
      const target = await start(t, { http2: true, rewriteUrl: cut });
      const session = connectSession(t, `http://127.0.0.1:${target.port}`);
      await once(session, 'remoteSettings');
      const client = await connect(t, target, '/api/chat', { session });
      assert.equal(await client.next(), '/chat /api/chat /chat');
      assert.equal((await once(ask(session, { ':path': '/api/none' }), 'response'))[0][':status'], 405);
    });
  });
}
