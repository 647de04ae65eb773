'use strict';

// How does a protocol of the application's own get its connections? As Node's socket, with everything around it that
// routes have: who may come in, limits, the end of the router.

const takeover = require('../takeover/takeover');
const { admit } = require('./admission');
const { announcesBody } = require('../upgrades/body-reading');
const { bodyProblem, refuse } = require('../upgrades/problems');
const { checkFunction, checkProtocol } = require('./arguments');
const { closeController, closeWithin, routerClosed } = require('./closing');
const { compile } = require('./pattern');
const { limitsOf } = require('../base/limits');
const { ownLines } = require('../handshake/handshake');
const { means, protocolOf } = require('../upgrades/asked');
const { decline } = require('../handshake/refusal');
const { readBody, switchTo } = require('../upgrades/accept');

/** The body of a request without one. */
const NOTHING = Buffer.alloc(0);

/**
 * A route to a protocol.
 */
class ProtocolRoute {
  /**
   * Create a `ProtocolRoute`.
   *
   * @param {String} protocol Its name, or `name/version`
   * @param {Object} options Options
   * @param {Function} [options.authenticate] Decides who may come in
   * @param {Object} [options.headers] More headers for the 101
   * @param {Number} [options.maxUpgradeBody=0] How long a body may be; 0 for none at all
   * @param {(String|String[])} [options.path] The path; any by default
   * @param {Function} handler `handler(socket, req, { params, auth, body, protocol })`
   * @param {Object} defaults The options of the router
   * @throws {TypeError} If one of them is not what it has to be
   */
  constructor(protocol, { authenticate, headers, maxUpgradeBody = 0, path }, handler, { upgradeTimeout }) {
    checkProtocol(protocol);
    if (authenticate != null) checkFunction('option', 'authenticate', authenticate);
    this.authenticate = authenticate;
    /** Aborted when the router closes. */
    this.controller = closeController();
    this.handler = handler;
    this.limits = { ...limitsOf({ maxUpgradeBody, upgradeTimeout }), signal: this.controller.signal };
    this.lines = ownLines(headers);
    this.named = protocolOf(protocol);
    this.params = compile(path);
    this.sockets = new Set();
  }

  /**
   * Is this request one for this route?
   *
   * @param {Object} asked A protocol the client asks for
   * @param {Object} context The request
   * @return {?Object} `{ params, protocol }`
   * @public
   */
  offer(asked, { path }) {
    const params = means(this.named, asked) ? this.params(path) : null;

    return params === null ? null : { params, protocol: asked.token };
  }

  /**
   * Answers the request.
   *
   * @param {Object} match What `offer` gave
   * @param {Object} context The request
   * @public
   */
  take({ params, protocol }, context) {
    const { req, socket } = context;
    const problem = bodyProblem(req, this.limits.maxUpgradeBody);

    if (problem !== null) {
      decline(req, socket, problem.status, { body: problem.message });
      return;
    }

    takeover.guard(socket);
    admit(context, this, params, (auth) => {
      // The router may close while an earlier response is unfinished.
      takeover.settle(req, socket, () => {
        if (this.controller.signal.aborted) decline(req, socket, 503);
        else if (announcesBody(req)) this._read(context, { params, auth, protocol });
        else this._open(context, { params, auth, body: NOTHING, protocol });
      });
    });
  }

  /**
   * Upgrades a request that may come in, and has a body.
   *
   * @param {Object} context The request
   * @param {Object} about What the handler is told
   * @private
   */
  _read(context, about) {
    readBody(context, this.limits).then(
      ({ body, ...upgrade }) => this._open(upgrade, { ...about, body }),
      (err) => refuse(context.req, context.socket, err)
    );
  }

  /**
   * Upgrades a request that may come in.
   *
   * @param {Object} upgrade What the 'upgrade' event has brought
   * @param {Object} about What the handler is told
   * @private
   */
  _open(upgrade, about) {
    const { req, socket } = upgrade;

    switchTo(about.protocol, upgrade, this.lines, (err) => {
      if (err) {
        socket.destroy();
        return;
      }

      this._keep(socket);
      this.handler(socket, req, about);
    });
  }

  /**
   * Keeps a socket in mind while it lives. A function of its own, so that nothing of the request lives as long.
   *
   * @param {Duplex} socket The socket
   * @private
   */
  _keep(socket) {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
  }

  /**
   * Ends what it has opened, as soon as what was written is out.
   *
   * @param {Object} options Options of the router
   * @param {Number} options.upgradeTimeout How long the others have to end, too (ms)
   * @return {Promise<void>} Resolved when all its sockets are closed
   * @public
   */
  async close({ upgradeTimeout }) {
    this.controller.abort(routerClosed());
    await Promise.all([...this.sockets].map((socket) => closeSocket(socket, upgradeTimeout)));
  }
}

module.exports = { ProtocolRoute };

/**
 * Ends a socket.
 *
 * @param {Duplex} socket The socket
 * @param {Number} timeout How long to wait for the other side (ms); 0 for ever
 * @return {Promise<void>} Resolved when it is closed
 * @private
 */
function closeSocket(socket, timeout) {
  return closeWithin(socket, { destroy: () => socket.destroy(), end: () => socket.end(), timeout });
}
