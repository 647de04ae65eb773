'use strict';

// How does a server speak HTTP/2 without TLS on the port of its HTTP/1.1? By the upgrade to `h2c`, and to clients that
// begin with HTTP/2. Both end in a session of an http2 server that listens nowhere itself.

const http2 = require('node:http2');

const { closeController, closeWithin, routerClosed } = require('./closing');
const { isPlain, judgeH2c, upgradeToH2c } = require('../upgrades/h2c');
const { isPriorKnowledge, servePriorKnowledge } = require('../upgrades/h2c-prior');
const { limitsOf } = require('../base/limits');
const { requiresTls } = require('./tls-required');

/**
 * A route to HTTP/2.
 */
class H2cRoute {
  /**
   * Create an `H2cRoute`.
   *
   * @param {(Function|Http2Server)} handler `handler(req, res)`, or what serves the sessions
   * @param {Object} [options] Those of `http2.createServer()`, when there is none, and:
   * @param {Number} [options.maxHeaderListPairs] That of the server, also when there is one: Node does not tell
   * @param {Number} [options.maxUpgradeBody] How long the body of an upgraded request may be
   * @param {Boolean} [options.priorKnowledge=true] Whether clients may begin with HTTP/2
   * @param {Number} [options.upgradeTimeout] How long a body, and the first bytes of HTTP/2, may take (ms)
   * @param {Object} defaults The options of the router
   */
  constructor(handler, { maxUpgradeBody, priorKnowledge = true, upgradeTimeout, ...options } = {}, defaults) {
    this.http2Server = serverOf(handler, options);
    this.limits = {
      ...limitsOf({ maxUpgradeBody, upgradeTimeout }, defaults),
      maxHeaderListPairs: options.maxHeaderListPairs
    };
    this.priorKnowledge = priorKnowledge;
    /** The sessions that are open, and what each stands on. */
    this.sessions = new Map();
    /** Aborted when the router closes. */
    this.controller = closeController();
  }

  /**
   * Is this request one for this route? Over TLS, where TLS is mandatory, with a body above the limit, or when it cannot be
   * said in HTTP/2, it is a request like any other.
   *
   * @param {Object} asked A protocol the client asks for
   * @param {Object} context The request
   * @return {?Object} `{ judged }`
   * @public
   */
  offer({ name, version }, { req, server }) {
    if (name !== 'h2c' || version !== null || requiresTls(server)) return null;

    const judged = judgeH2c(req, this.limits);

    return isPlain(judged) ? null : { judged };
  }

  /**
   * Answers the request.
   *
   * @param {Object} match What `offer` gave
   * @param {Object} context The request
   * @public
   */
  take({ judged }, { req, socket, head, server, router }) {
    const { http2Server, controller, limits } = this;
    const options = { ...limits, judged, plain: server, server: http2Server, signal: controller.signal };

    upgradeToH2c(req, socket, head, options).then(
      (session) => this.keep(session, socket),
      (err) => {
        // What the client did wrong it was told.
        if (err.name !== 'HandshakeError' && err !== controller.signal.reason) router._report(err, req);
      }
    );
  }

  /**
   * Hears of clients that begin with HTTP/2: to an HTTP/1.1 server they are an error.
   *
   * @param {Object} where `{ server }`
   * @return {(Function|undefined)} Stops that
   * @public
   */
  listen({ server }) {
    if (!this.priorKnowledge) return undefined;

    return standBeforeErrors(server, (err, socket) => {
      // Nobody could tell what a session will ask for.
      if (!isPriorKnowledge(err, socket) || requiresTls(server)) return false;

      this.keep(servePriorKnowledge(err, socket, this.http2Server, this.limits.upgradeTimeout), socket);
      return true;
    });
  }

  /**
   * Takes nothing any more, and closes the sessions when their streams have ended, or have had their time.
   *
   * @return {Promise<void>} Resolved when they are closed
   * @public
   */
  async close() {
    this.controller.abort(routerClosed());

    await Promise.all([...this.sessions].map(([session, socket]) => this.end(session, socket)));
  }

  /**
   * Remembers a session as long as it is open.
   *
   * @param {?Http2Session} session The session
   * @param {Duplex} socket What it stands on
   * @private
   */
  keep(session, socket) {
    if (session == null) return;

    this.sessions.set(session, socket);
    session.once('close', () => this.sessions.delete(session));
    if (this.controller.signal.aborted) this.end(session, socket);
  }

  /**
   * Closes a session.
   *
   * @param {Http2Session} session The session
   * @param {Duplex} socket What it stands on
   * @return {Promise<void>} Resolved when it is closed
   * @private
   */
  end(session, socket) {
    return closeWithin(session, {
      destroy() {
        session.destroy();
        // One that was closing leaves its socket to the client, which may keep it.
        socket.destroy();
      },
      end: () => session.close(),
      timeout: this.limits.upgradeTimeout
    });
  }
}

module.exports = { H2cRoute };

/**
 * Tells what serves the sessions.
 *
 * @param {(Function|Http2Server)} handler A handler, or a server
 * @param {Object} options Options for a server
 * @return {Http2Server} The server
 * @throws {TypeError} If there is none
 * @private
 */
function serverOf(handler, options) {
  if (typeof handler === 'function') return http2.createServer(options, handler);
  // One for TLS would take the first byte for the beginning of that.
  if (typeof handler?.updateSettings === 'function' && typeof handler.setSecureContext !== 'function') return handler;

  throw new TypeError('The "handler" argument must be a function or an http2 server without TLS');
}

/**
 * Asks to be asked before a server's 'clientError' listeners. A listener would change what happens without one.
 *
 * @param {http.Server} server The server
 * @param {Function} ask `ask(err, socket)` returns whether it was no error
 * @return {Function} Stops that
 * @private
 */
function standBeforeErrors(server, ask) {
  const before = server.emit;
  let isOn = true;

  /**
   * The server's `emit()` from now on.
   *
   * @param {(String|Symbol)} event The event
   * @param {...*} args Its arguments
   * @return {Boolean} Whether somebody heard of it
   * @private
   */
  function emit(event, ...args) {
    return (isOn && event === 'clientError' && ask(...args)) || before.call(this, event, ...args);
  }

  server.emit = emit;

  return () => {
    isOn = false;
    // Somebody may stand before us by now; then ours goes on passing everything.
    if (server.emit === emit) server.emit = before;
  };
}
