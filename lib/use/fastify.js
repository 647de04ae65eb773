'use strict';

// What does `require('upshift/use/fastify')` give? A plugin for Fastify with the API of @fastify/websocket: routes with
// `{ websocket: true }`, whose requests pass through the app's hooks before they are upgraded.

const WebSocketServer = require('../server/websocket-server');
const { attachTo } = require('./attaching');
const { KnownRoutes } = require('./fastify-routes');
const { beginExchange, exchangeOf } = require('./exchange');
const { codedError } = require('../base/errors');
const { handlerFor } = require('./fastify-handler');
const { applyContext, injectorFor } = require('./inject');
const { limitsOf } = require('../base/limits');
const { sendHeaders } = require('./acceptor');
const { verdictOn } = require('./verdict');

/**
 * The plugin.
 *
 * @param {Object} app The app
 * @param {Object} options Its options
 * @param {Function} [options.errorHandler] `(err, ws, request, reply)`, called with what handlers throw and with the errors
 *     of their WebSockets; by default the error is logged and the connection ends
 * @param {Object} [options.options] Options of `WebSocketServer`, and `upgradeTimeout`: how many milliseconds hooks may
 *     take (10000), 0 for any number
 * @param {Function} [options.preClose] A hook that closes the WebSockets when the app closes
 * @param {Boolean} [options.responseHooks=false] Whether `onSend` and `onResponse` hooks run for the 101 too
 * @param {Function} next Called when the plugin is ready
 * @public
 */
function fastifyWebsocket(app, options, next) {
  const fault = faultOf(app, options);

  if (fault !== null) {
    next(fault);
    return;
  }

  const { server = app.server, upgradeTimeout, ...serverOptions } = options.options ?? {};

  if (serverOptions.path) app.log.warn("ws server path option shouldn't be provided, use a route instead");

  const wss = new WebSocketServer({ ...serverOptions, noServer: true });
  const routes = new KnownRoutes(app);
  const { errorHandler = logAndEnd, responseHooks = false } = options;
  const plugin = { errorHandler, responseHooks, routes, wss };
  const release = attachTo(server, asked(app, routes, limitsOf({ upgradeTimeout }).upgradeTimeout));

  sendHeaders(wss);
  app.decorate('websocketServer', wss);
  app.decorate('injectWS', injectorFor(server));
  app.decorateRequest('ws', null);
  app.addHook('onRequest', (request, reply, done) => {
    request.ws = exchangeOf(request.raw) !== undefined;
    done();
  });
  app.addHook('onRoute', (route) => addRoute(route, plugin));
  app.addHook('preClose', options.preClose ?? closing(wss));
  app.addHook('preClose', (done) => {
    release();
    done();
  });
  next();
}

// What the package `fastify-plugin` would add: its decorators are for the app that registers it.
fastifyWebsocket[Symbol.for('skip-override')] = true;
fastifyWebsocket[Symbol.for('fastify.display-name')] = '@fastify/websocket';
fastifyWebsocket[Symbol.for('plugin-meta')] = { fastify: '4.x || 5.x', name: '@fastify/websocket' };

module.exports = fastifyWebsocket;
module.exports.default = fastifyWebsocket;
module.exports.fastifyWebsocket = fastifyWebsocket;

/**
 * Finds what is wrong with app and options.
 *
 * @param {Object} app The app
 * @param {Object} options The options
 * @return {?Error} What is wrong
 * @private
 */
function faultOf(app, { errorHandler, options, preClose }) {
  const [major] = String(app?.version).split('.');

  if (major !== '4' && major !== '5') {
    return codedError('ERR_UPSHIFT_FRAMEWORK', `upshift/use/fastify needs Fastify 4 or 5, not ${app?.version}`);
  }

  if (errorHandler && typeof errorHandler !== 'function') return new Error('invalid errorHandler function');
  if (preClose && typeof preClose !== 'function') return new Error('invalid preClose function');
  if (options?.noServer) return new Error('The option "noServer" is of no use here, use a WebSocketServer instead');
  return null;
}

/**
 * What is asked about each upgrade of the server.
 *
 * @param {Object} app The app
 * @param {KnownRoutes} routes Its routes
 * @param {Number} [upgradeTimeout] How long its hooks may take
 * @return {Function} Returns whether the app takes the request
 * @private
 */
function asked(app, routes, upgradeTimeout) {
  return (req, socket, head, { hasOthers }) => {
    const kind = verdictOn(req) === null ? null : routes.kindOf(req);

    // On a route for ordinary requests it is closed at once, unless somebody else may have a better use for it.
    if (kind === null || (kind === 'plain' && hasOthers())) return false;

    applyContext(req);
    beginExchange(req, socket, head, upgradeTimeout, (exchange) => app.routing(req, exchange.res));
    return true;
  };
}

/**
 * Changes the options of a route that is being added.
 *
 * @param {Object} route The options
 * @param {Object} plugin What the plugin knows
 * @throws {Error} If it cannot be a route for WebSockets
 * @private
 */
function addRoute(route, plugin) {
  const isWebSocket = Boolean(route.websocket || route.wsHandler);
  const methods = [].concat(route.method);
  const plain = route.websocket ? notFound : route.handler;

  if (isWebSocket && methods.every((method) => method === 'HEAD')) {
    // Fastify's own, beside that for GET; it has the same handler.
    route.handler = plain;
    return;
  }

  if (isWebSocket && methods.some((method) => method !== 'GET' && method !== 'HEAD')) {
    throw new Error('websocket handler can only be declared in GET method');
  }

  const wsHandler = route.websocket ? route.handler : route.wsHandler;

  if (isWebSocket && typeof wsHandler !== 'function') throw new TypeError('invalid wsHandler function');
  if (route.websocket) {
    route.schema ??= {};
    route.schema.hide = true;
  }

  plugin.routes.add(route, isWebSocket);
  route.handler = handlerFor(plain, isWebSocket ? wsHandler : closeUnasked, plugin);
}

/**
 * Closes the WebSockets of a server when the app closes.
 *
 * @param {WebSocketServer} wss The server
 * @return {Function} The hook
 * @private
 */
function closing(wss) {
  return function preClose(done) {
    for (const client of wss.clients ?? []) client.close();

    wss.close();
    done();
  };
}

/**
 * Answers an ordinary request on a route for WebSockets.
 *
 * @param {Object} request The request
 * @param {Object} reply The reply
 * @private
 */
function notFound(request, reply) {
  reply.code(404).send();
}

/**
 * Closes a WebSocket on a route for ordinary requests.
 *
 * @param {WebSocket} ws The WebSocket
 * @param {Object} request The request
 * @private
 */
function closeUnasked(ws, request) {
  request.log.info({ path: request.raw.url }, 'closed a WebSocket on a route without a handler for it');
  ws.close();
}

/**
 * What is done about errors unless the application says otherwise.
 *
 * @param {Error} err The error
 * @param {WebSocket} ws The WebSocket
 * @param {Object} request The request
 * @private
 */
function logAndEnd(err, ws, request) {
  request.log.error(err);
  ws.terminate();
}
