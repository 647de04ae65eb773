// Do programs with Express and Fastify compile?

import express = require('express');
import { createServer } from 'http';
import { createSecureServer, createServer as createServer2 } from 'http2';
import Fastify from 'fastify';
import upgrades = require('upshift/use/express');
import websocket = require('upshift/use/fastify');
import WebSocket = require('upshift');

const app = upgrades(express(), { maxPayload: 1024, upgradeTimeout: 5000, shouldHandle: (req) => req.url !== '/' });
const router = upgrades(express.Router());

app.upgrade('/chat/:room', (ws, req) => {
  const room: string | string[] = req.params.room;
  const agent: string | undefined = req.get('user-agent');
  ws.send(`${room} ${agent}`);
});
app.upgrade(
  '/guarded',
  { maxPayload: 10 },
  (req, res, next) => (req.query.token ? next() : void res.status(401).send()),
  async (ws) => ws.close(1000)
);
router.upgrade([/live/, '/news'], [(req, res, next) => next()], (ws: WebSocket) => ws.ping()).get('/', () => {});
app.use('/in', router);
app.websockets.attach(createServer(app));
app.websockets.attach(createSecureServer({ allowHTTP1: true }));
upgrades(express(), { server: createServer2() });
app.websockets.clients.forEach((ws) => ws.terminate());
const closing: Promise<void> = app.websockets.close();
// @ts-expect-error: routers have no servers
router.websockets;
// @ts-expect-error: the server decides that
app.upgrade('/', { noServer: true }, (ws) => ws.close());

const fastify = Fastify();

fastify.register(websocket, {
  errorHandler(error, socket, request, reply) {
    request.log.error(error.message);
    socket.terminate();
    reply.log.info(this.websocketServer.clients.size);
  },
  options: { maxPayload: 1024, upgradeTimeout: 5000 },
  preClose: async () => {},
  responseHooks: true
});
fastify.get('/', { websocket: true }, function (socket, request) {
  socket.on('message', (data) => socket.send(`${data} ${request.ws} ${this.prefix}`));
});
fastify.get<{ Querystring: { token: string } }>('/typed', { websocket: true }, async (socket, request) => {
  socket.send(request.query.token);
});
fastify.get('/plain', async (request) => request.ws);
fastify.route({
  handler: async () => 'page',
  method: 'GET',
  url: '/both',
  wsHandler: (socket) => socket.close()
});
fastify.injectWS('/', { headers: { a: 'b' } }, { onInit: (ws) => ws.pause() }).then((ws: WebSocket) => ws.close());

export { closing };
