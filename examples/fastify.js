'use strict';

// How does a Fastify app get WebSockets? As routes with `websocket: true`. Hooks, schemas, prefixes and decorators apply to
// them as to all routes: here a hook asks everybody below /room for a name.

const fastify = require('fastify');
const websockets = require('upshift/use/fastify');

const app = fastify();

/**
 * What is sent to everybody else in the room.
 *
 * @param {Object} room The part of the app that has the route
 * @param {WebSocket} sender Who is not told
 * @param {Object} message What
 * @private
 */
function tellOthers(room, sender, message) {
  const text = JSON.stringify(message);
  for (const ws of room.websocketServer.clients) if (ws !== sender) ws.send(text);
}

/**
 * A plugin like any other: its hooks are for its own routes.
 *
 * @param {Object} room The part of the app below its prefix
 * @return {Promise<void>}
 * @private
 */
async function roomRoutes(room) {
  room.decorateRequest('user', null);
  room.addHook('preValidation', async (request, reply) => {
    const { authorization } = request.headers;
    request.user = /^Bearer (\w{1,32})$/.exec(authorization ?? '')?.[1] ?? null;
    // An upgrade that a hook answers is not upgraded. (A name is no proof: see authorization/ for one.)
    if (request.user === null)
      await reply.code(401).header('WWW-Authenticate', 'Bearer').send({ error: 'Who are you?' });
  });

  room.get('/members', () => ({ members: room.websocketServer.clients.size }));

  room.get('/', { websocket: true }, (ws, { user }) => {
    tellOthers(room, ws, { type: 'joined', user });
    ws.on('message', (data, isBinary) => {
      if (isBinary) ws.close(1003, 'Text only');
      else tellOthers(room, ws, { type: 'said', user, text: String(data) });
    });
    ws.on('close', () => tellOthers(room, ws, { type: 'left', user }));
  });
}

/**
 * Starts the app.
 *
 * @return {Promise<void>}
 * @private
 */
async function main() {
  // Before the routes: the plugin has to see them.
  await app.register(websockets, { options: { closeTimeout: 2000, maxPayload: 4096, maxBackpressure: 256 * 1024 } });
  await app.register(roomRoutes, { prefix: '/room' });
  console.log(await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 0) }), '(Ctrl-C ends it)');
  // The plugin closes the WebSockets when the app closes.
  process.once('SIGINT', () => app.close());
}

main();
