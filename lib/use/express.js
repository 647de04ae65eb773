'use strict';

// What does `require('upshift/use/express')` give? A function that gives an Express app, or a router, routes for
// upgrades: `app.upgrade('/path', ...middleware, (ws, req) => {})`. An upgrade passes through the app as any request
// does, with the app's middleware, parameters and error handlers, on a response that reaches the client.

const { Acceptor } = require('./acceptor');
const { attachTo } = require('./attaching');
const { addRoute } = require('./express-layers');
const { beginExchange, exchangeOf } = require('./exchange');
const { checkExpress } = require('./express-check');
const { finish } = require('./express-finish');
const { hasRoute, noteMounts } = require('./express-match');
const { limitsOf } = require('../base/limits');
const { verdictOn } = require('./verdict');

/** What a WebSocket is closed with whose handler failed. */
const INTERNAL_ERROR = 1011;

/** The apps and routers that have routes for upgrades already. */
const extended = new WeakSet();

/** The owner of each exchange: what its app accepts with. */
const owners = new WeakMap();

/**
 * Gives an Express app or router routes for upgrades.
 *
 * @param {Function} target The app, or a router
 * @param {Object} [options] Options of `WebSocketServer` for an app's connections, and:
 * @param {Function} [options.errorHandler] `(err, ws, req)`, called with what a handler throws or rejects with, and with
 *     the errors of its WebSocket
 * @param {(http.Server|https.Server|Http2Server|Http2SecureServer)} [options.server] The server that the app listens to; `app.listen()` makes its own
 * @param {Function} [options.shouldHandle] `(req)`: whether the app is asked; by default if it has a route for the URL
 * @param {Number} [options.upgradeTimeout=10000] How many milliseconds middleware may take, 0 for any number
 * @return {Function} The same app or router, with `upgrade()`; an app has `websockets` too
 * @throws {Error} `ERR_UPSHIFT_FRAMEWORK` if it is neither an app nor a router of Express 4 or 5
 * @public
 */
function upgrades(target, options = {}) {
  const isApp = checkExpress(target);

  if (extended.has(target)) return target;

  extended.add(target);
  target.upgrade = function upgrade(path, ...rest) {
    const own = isOptions(rest[0]) ? rest.shift() : undefined;
    const handlers = rest.flat(Infinity);
    const handler = handlers.pop();

    if (typeof handler !== 'function') throw new TypeError('app.upgrade() needs a handler');

    addRoute(this, path, [...handlers, accepting(handler, own)]);
    return this;
  };

  if (isApp) extendApp(target, options);
  return target;
}

module.exports = upgrades;
module.exports.default = upgrades;
module.exports.upgrades = upgrades;

/**
 * Tells whether an argument is the options of a route.
 *
 * @param {*} value The argument
 * @return {Boolean} `true` if so
 * @private
 */
function isOptions(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * What stands at the end of a route and accepts.
 *
 * @param {Function} handler The application's handler
 * @param {Object} [own] The options of the route
 * @return {Function} A handler of Express
 * @private
 */
function accepting(handler, own) {
  return function upgradeHandler(req) {
    const exchange = exchangeOf(req);

    // The client has gone, or somebody has answered and went on all the same.
    if (!exchange.isOpen) return;

    const verdict = verdictOn(req);

    if (verdict.status !== 101) {
      exchange.refuse(verdict);
      return;
    }

    const owner = owners.get(exchange);

    owner.acceptor.accept(exchange, own, (ws) => run(handler, ws, req, owner));
  };
}

/**
 * Calls the application's handler.
 *
 * @param {Function} handler The handler
 * @param {WebSocket} ws The WebSocket
 * @param {http.IncomingMessage} req The request
 * @param {Object} owner What is done about errors
 * @private
 */
function run(handler, ws, req, { fail, watch }) {
  watch(ws, req);

  try {
    Promise.resolve(handler(ws, req)).catch((err) => fail(err, ws, req));
  } catch (err) {
    fail(err, ws, req);
  }
}

/**
 * Gives an app what routers do not have: servers, and connections.
 *
 * @param {Function} app The app
 * @param {Object} options Its options
 * @private
 */
function extendApp(app, { errorHandler, server, shouldHandle, upgradeTimeout, ...options }) {
  const acceptor = new Acceptor(options);
  const owner = { acceptor, ...carefulFor(app, errorHandler) };
  const releases = new Map();
  const limits = limitsOf({ upgradeTimeout });
  const asks = shouldHandle ?? ((req) => hasRoute(app, req.url));
  const { listen } = app;
  const ask = (req, socket, head, { passOn }) => {
    if (verdictOn(req) === null || !asks(req)) return false;

    beginExchange(req, socket, head, limits.upgradeTimeout, (exchange) => {
      owners.set(exchange, owner);
      app.handle(req, exchange.res, (err) => finish(app, exchange, err, passOn));
    });
    return true;
  };

  app.websockets = {
    attach(one) {
      if (!releases.has(one)) releases.set(one, attachTo(one, ask));
    },
    clients: acceptor.clients,
    async close() {
      await acceptor.close();
      releases.forEach((release) => release());
      releases.clear();
    }
  };
  app.listen = function (...args) {
    const made = listen.apply(this, args);

    app.websockets.attach(made);
    return made;
  };
  noteMounts(app);
  if (server) app.websockets.attach(server);
}

/**
 * What is done about errors of handlers and connections.
 *
 * @param {Function} app The app
 * @param {?Function} errorHandler What the application wants to be done
 * @return {Object} `fail(err, ws, req)` for a handler, `watch(ws, req)` for a connection
 * @private
 */
function carefulFor(app, errorHandler) {
  if (errorHandler) {
    const fail = (err, ws, req) => errorHandler.call(app, err, ws, req);

    return { fail, watch: (ws, req) => ws.on('error', (err) => fail(err, ws, req)) };
  }

  return {
    fail(err, ws) {
      // As Express does with errors that nobody handles.
      if (app.get('env') !== 'test') console.error(err?.stack ?? String(err));
      ws.close(INTERNAL_ERROR);
    },
    watch: (ws) => ws.on('error', ignore)
  };
}

/**
 * What a peer does wrong must not end the process; the connection closes by itself. It holds no request.
 *
 * @private
 */
function ignore() {}
