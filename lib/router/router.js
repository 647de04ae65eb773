'use strict';

// Where does a server say what it upgrades? In one place, the router: everything it does not name stays ordinary HTTP.
//
// A route is an object:
//
//   offer(asked, context) -> match | null
//       Is this request one for this route? `asked` is one protocol of the client's list, `{ name, version, token }`: the
//       name in lower case, the version or `null`, and both as the client wrote them. Called for each of them in the
//       client's order of preference, and for each in the order of the routes; the first `match` wins. Synchronous,
//       changes nothing, writes nothing. A match is any object.
//   take(match, context)
//       The request is this route's now: nobody else hears of it. Called once, in the turn of the 'upgrade' event.
//       Everything from the 101 or the refusal on is its business.
//   close({ upgradeTimeout }) -> Promise     (may be absent)
//       The router closes: end what was opened, resolve when all of it has ended.
//   listen({ server, router }) -> Function   (may be absent)
//       Called once when the route is added, for what does not arrive as an 'upgrade' event (an HTTP/2 preface, an
//       extended CONNECT). The function that it returns is called when the router closes.
//
// The context is one object per request:
//
//   req, socket, head   what the 'upgrade' event brought; `head` is emptied once it was put back into the socket. Over HTTP/2
//                       the stream is the socket (http2-route.js)
//   asked               the whole list, see above
//   path                the path of the request, without the query
//   server, router      `router.options` has `upgradeTimeout` and `maxUpgradeBody`, filled in
//
// Whoever awaits anything uses `admit()` (admission.js: `authenticate`, and answers for all that can go wrong), or at
// least a `Hold` (hold.js) that is in `router._holds` meanwhile: it notices a client that left, a deadline, and the end of
// the router.

const EventEmitter = require('node:events');

const { H2cRoute } = require('./h2c-route');
const { ProtocolRoute } = require('./protocol-route');
const { TlsRoute } = require('./tls-route');
const { WebSocketRoute } = require('./websocket-route');
const { checkFunction, checkServer } = require('./arguments');
const { limitsOf } = require('../base/limits');
const { offerStreams } = require('./http2-route');
const { passingOn } = require('./others');
const { pathOf } = require('./pattern');
const { problemOf } = require('../upgrades/problems');
const { decline } = require('../handshake/refusal');
const { standBefore } = require('./doorway');

/**
 * A router for upgrades.
 *
 * @extends EventEmitter
 */
class UpgradeRouter extends EventEmitter {
  /**
   * Create an `UpgradeRouter`.
   *
   * @param {net.Server} server The HTTP server
   * @param {Object} [options] Options
   * @param {Number} [options.maxUpgradeBody=1048576] How long the body of a request may be that is upgraded after it
   * @param {(String|String[])} [options.passOn] What goes to the other 'upgrade' listeners when no route takes it: the
   *     protocols that they know, or `'all'`. By default all but other versions of HTTP, and TLS
   * @param {Number} [options.upgradeTimeout=10000] How long the router waits for anything before an upgrade (ms)
   */
  constructor(server, options) {
    super();
    checkServer(server);
    this.options = limitsOf(options);

    const says = { isKnown: passingOn(options?.passOn), limits: this.options };

    this.server = server;
    this._holds = new Set();
    this._leaving = [
      standBefore(server, (req, socket, head, { asked }) => this._meet(req, socket, head, asked), says),
      this._takeStreams(server)
    ];
    this._routes = [];
  }

  /**
   * Accept WebSockets on a path.
   *
   * @param {(String|String[])} pattern The path, with parameters: `/rooms/:id`
   * @param {Object} [options] Options of a `WebSocketServer`, and `authenticate`
   * @param {Function} handler `handler(ws, req, { params, auth })`
   * @return {UpgradeRouter} The router
   * @public
   */
  websocket(pattern, options, handler) {
    if (handler === undefined) [options, handler] = [{}, options];
    checkFunction('argument', 'handler', handler);
    return this._add(new WebSocketRoute(pattern, options ?? {}, handler));
  }

  /**
   * Speak HTTP/2 without TLS: after an upgrade to `h2c`, and to clients that begin with it.
   *
   * @param {(Function|Http2Server)} handler `handler(req, res)`, or what serves the sessions
   * @param {Object} [options] Those of `http2.createServer()`, and `maxUpgradeBody`, `priorKnowledge`, `upgradeTimeout`
   * @return {UpgradeRouter} The router
   * @public
   */
  h2c(handler, options) {
    const route = new H2cRoute(handler, options, this.options);

    this._leaving.push(this._takeStreams(route.http2Server));
    return this._add(route);
  }

  /**
   * Accept upgrades to a protocol that the handler speaks.
   *
   * @param {String} protocol Its name, or `name/version`; without a version any is taken
   * @param {Object} [options] Options
   * @param {Function} [options.authenticate] Decides who may come in
   * @param {Object} [options.headers] More headers for the 101
   * @param {Number} [options.maxUpgradeBody=0] How long a body may be; 0 for none at all
   * @param {(String|String[])} [options.path] The path, with parameters; any by default
   * @param {Function} handler `handler(socket, req, { params, auth, body, protocol })`
   * @return {UpgradeRouter} The router
   * @public
   */
  protocol(protocol, options, handler) {
    if (handler === undefined) [options, handler] = [{}, options];
    checkFunction('argument', 'handler', handler);
    return this._add(new ProtocolRoute(protocol, options ?? {}, handler, this.options));
  }

  /**
   * Go on with TLS on connections that ask for it (RFC 2817).
   *
   * @param {Object} options Options of `tls.createServer()`, and:
   * @param {(Boolean|Function)} [options.mandatory=false] Whether everything else than TLS is refused with 426, or
   *     `mandatory(req)`, which says it of a request
   * @return {UpgradeRouter} The router
   * @public
   */
  tls(options) {
    return this._add(new TlsRoute(options, this.options));
  }

  /**
   * Replace options of `tls()`, such as a certificate that will expire, for the connections that ask from now on. What is not
   * named stays as it was.
   *
   * @param {Object} options The options
   * @throws {Error} If there is no `tls()`, or they are wrong; nothing has changed then
   * @public
   */
  setSecureContext(options) {
    const routes = this._routes.filter((route) => route instanceof TlsRoute);

    if (routes.length === 0) throw new Error('The router has no route to TLS');

    for (const renew of routes.map(({ upgrades }) => upgrades.renew(options))) renew();
  }

  /**
   * Stop routing. Requests that wait are refused, what the routes have opened is closed.
   *
   * @return {Promise<void>} Resolved when all of it has ended
   * @public
   */
  async close() {
    for (const leave of this._leaving.splice(0)) leave();
    for (const hold of [...this._holds]) hold.end('ERR_UPSHIFT_ROUTER_CLOSED');

    await Promise.all(this._routes.map((route) => route.close?.(this.options)));
  }

  /**
   * Offers what comes over HTTP/2 to the routes.
   *
   * @param {net.Server} server The server, if it speaks HTTP/2
   * @return {Function} Stops that
   * @private
   */
  _takeStreams(server) {
    return offerStreams(server, (req, stream, head, asked) => this._meet(req, stream, head, asked));
  }

  /**
   * Adds a route.
   *
   * @param {Object} route The route
   * @return {UpgradeRouter} The router
   * @private
   */
  _add(route) {
    this._routes.push(route);

    const leave = route.listen?.({ server: this.server, router: this });

    if (leave !== undefined) this._leaving.push(leave);
    return this;
  }

  /**
   * An upgrade has arrived.
   *
   * @param {http.IncomingMessage} req The request
   * @param {Duplex} socket What came with it
   * @param {Buffer} head What came with it
   * @param {Object[]} asked What it asks for, see above
   * @return {Boolean} Whether a route takes it
   * @private
   */
  _meet(req, socket, head, asked) {
    const context = { req, socket, head, asked, path: pathOf(req.url), server: this.server, router: this };

    for (const one of asked) {
      for (const route of this._routes) {
        const match = route.offer(one, context);

        if (match !== null) {
          const problem = problemOf(this.server, req);

          if (problem === null) route.take(match, context);
          else decline(req, socket, problem.status, { body: problem.message });
          return true;
        }
      }
    }

    return false;
  }

  /**
   * Reports a fault of the application that cost one request.
   *
   * @param {*} err What was thrown
   * @param {http.IncomingMessage} req The request
   * @private
   */
  _report(err, req) {
    if (this.listenerCount('error') > 0) this.emit('error', err, req);
    else process.emitWarning(err instanceof Error ? err : new Error(String(err)));
  }
}

/**
 * Create a router for the upgrades of a server.
 *
 * @param {net.Server} server The HTTP server
 * @param {Object} [options] Those of `UpgradeRouter`
 * @return {UpgradeRouter} The router
 * @public
 */
function createUpgradeRouter(server, options) {
  return new UpgradeRouter(server, options);
}

module.exports = { UpgradeRouter, createUpgradeRouter };
