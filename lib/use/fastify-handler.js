'use strict';

// What does the handler of a Fastify route do with an upgrade? It is reached when all hooks have passed; from there on the
// response is no longer Fastify's.

const WebSocketServer = require('../server/websocket-server');
const { exchangeOf } = require('./exchange');
const { inspectAsWs } = require('../handshake/handshake');
const { isStreamRequest } = require('../http2/request');

/** What the application may have replaced: then its own is called. */
const { handleUpgrade } = WebSocketServer.prototype;

/**
 * Makes the handler of a route.
 *
 * @param {Function} plain The handler of ordinary requests
 * @param {Function} wsHandler The handler of WebSockets
 * @param {Object} plugin What the plugin knows
 * @param {Function} plugin.errorHandler What is done about errors
 * @param {Boolean} plugin.responseHooks Whether hooks for responses run for the 101
 * @param {WebSocketServer} plugin.wss What accepts
 * @return {Function} The handler
 * @public
 */
function handlerFor(plain, wsHandler, plugin) {
  const { errorHandler } = plugin;

  return function handler(request, reply) {
    const exchange = exchangeOf(request.raw);

    if (exchange === undefined) return plain.call(this, request, reply);

    // The client may have gone while a hook was waiting.
    if (!exchange.isOpen) {
      reply.hijack();
      return undefined;
    }

    // A header that cannot be written is an error of a hook still.
    copyHeaders(reply, exchange.res);
    proceed(exchange, reply, plugin, (ws) => run(this, { errorHandler, wsHandler }, ws, request, reply));
    return undefined;
  };
}

module.exports = { handlerFor };

/**
 * Gives the response the headers that hooks have set.
 *
 * @param {Object} reply The reply
 * @param {http.ServerResponse} res The response
 * @throws {TypeError} If one of them cannot be written
 * @private
 */
function copyHeaders(reply, res) {
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) res.setHeader(name, value);
}

/**
 * Accepts, or says what is wrong with the request.
 *
 * @param {Exchange} exchange The exchange
 * @param {Object} reply The reply
 * @param {Object} plugin What the plugin knows
 * @param {Function} then Called with the WebSocket
 * @private
 */
function proceed(exchange, reply, { responseHooks, wss }, then) {
  const { head, req, socket } = exchange;
  const verdict = judge(req);

  /**
   * There is a WebSocket.
   *
   * @param {WebSocket} ws The WebSocket
   */
  const open = (ws) => {
    if (responseHooks) exchange.complete();
    wss.emit('connection', ws, req);
    then(ws);
  };

  /** The response may become a WebSocket. */
  const upgrade = () => {
    if (wss.handleUpgrade === handleUpgrade) wss._$upgrade(verdict, { req, socket, head }, open);
    else wss.handleUpgrade(req, socket, head, open);
  };

  if (verdict.status !== 101 && wss.listenerCount('wsClientError') === 0) {
    reply.hijack();
    exchange.refuse(verdict);
  } else if (responseHooks) {
    exchange.expect(upgrade);
    reply.code(101).send();
  } else {
    reply.hijack();
    exchange.accept(upgrade);
  }
}

/**
 * Judges a request by the rules of ws, as in @fastify/websocket. That `websocket` is in its list is known by now; ws takes
 * nothing else beside it.
 *
 * @param {http.IncomingMessage} req The request
 * @return {Object} The verdict
 * @private
 */
function judge(req) {
  if (isStreamRequest(req)) return inspectAsWs(req);

  return inspectAsWs({ headers: { ...req.headers, upgrade: 'websocket' }, method: req.method });
}

/**
 * Calls the application's handler.
 *
 * @param {Object} app The app, as encapsulated as the route
 * @param {Object} handlers Its handlers
 * @param {WebSocket} ws The WebSocket
 * @param {Object} request The request
 * @param {Object} reply The reply
 * @private
 */
function run(app, { errorHandler, wsHandler }, ws, request, reply) {
  const fail = (err) => errorHandler.call(app, err, ws, request, reply);

  ws.on('error', fail);

  try {
    const result = wsHandler.call(app, ws, request);

    if (typeof result?.catch === 'function') result.catch(fail);
  } catch (err) {
    fail(err);
  }
}
