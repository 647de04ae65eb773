'use strict';

// How does a server go on with TLS on the port it has? Requests that ask for it are upgraded, whatever their path; in the
// mandatory mode the others are told to ask.

const { TlsUpgrades } = require('../upgrades/tls');
const { closeController, routerClosed } = require('./closing');
const { requireTls } = require('./tls-required');

/** What has failed has cost its connection, and is over. */
function ignore() {}

/**
 * A route to TLS.
 */
class TlsRoute {
  /**
   * Create a `TlsRoute`.
   *
   * @param {Object} options Options of `tls.createServer()`, and:
   * @param {(Boolean|Function)} [options.mandatory=false] Whether everything else than TLS is refused, or
   *     `mandatory(req)`, which says it of a request
   * @param {Object} defaults The options of the router
   */
  constructor({ mandatory = false, ...options } = {}, defaults) {
    if (typeof mandatory !== 'boolean' && typeof mandatory !== 'function') {
      throw new TypeError('The "mandatory" option must be a boolean or a function');
    }

    this.mandatory = mandatory;
    /** Aborted when the router closes. */
    this.controller = closeController();
    this.upgrades = new TlsUpgrades(options, defaults);
  }

  /**
   * Is this request one for this route?
   *
   * @param {Object} asked A protocol the client asks for
   * @param {Object} context The request
   * @return {?Object} `{ version }`: the highest version of all that are asked for
   * @public
   */
  offer({ name }, { req }) {
    const version = name === 'tls' ? this.upgrades.versionFor(req) : undefined;

    return version === undefined ? null : { version };
  }

  /**
   * Upgrades the connection.
   *
   * @param {Object} match What `offer` gave
   * @param {Object} context The request
   * @public
   */
  take({ version }, { req, socket, head, router, server }) {
    const { signal } = this.controller;
    // As the servers of https and tls emit it; those have a listener of their own.
    const onFailure = (err, on) => router.emit('tlsClientError', err, on);

    this.upgrades.upgrade(req, socket, head, { onFailure, server, signal, version }).catch(ignore);
  }

  /**
   * Refuses what is not encrypted, if it has to be.
   *
   * @param {Object} where `server`, the HTTP server, and the `router`
   * @return {(Function|undefined)} Stops that
   * @public
   */
  listen({ router, server }) {
    return this.mandatory === false ? undefined : requireTls(server, this, router);
  }

  /**
   * Ends what is on its way: before the 101 with an answer, in the handshake without a word.
   *
   * @return {Promise<void>} Resolved at once
   * @public
   */
  async close() {
    this.controller.abort(routerClosed());
  }
}

module.exports = { TlsRoute };
