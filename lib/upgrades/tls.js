'use strict';

// How does a connection that speaks HTTP/1.1 go on inside TLS (RFC 2817)? The request is read to its end, answered with 101,
// Node's TLS server makes the handshake on the same connection, and what comes out of it goes to the HTTP server, with the
// request in front: it is answered there, encrypted.
//
//   new TlsUpgrades(options)      the secure context, and which versions it allows
//   .versionFor(req)              what a request is to be answered, if anything
//   .upgrade(req, socket, head)   do it

const tls = require('tls');

const takeover = require('../takeover/takeover');
const { CONTINUE, expectsContinue } = require('../handshake/expectation');
const { answerAsHttp, serve } = require('./plain-http');
const { askedProtocols } = require('./asked');
const { chooseVersion, upTo, versionsOf } = require('./tls-versions');
const { DEFAULT_LIMITS, limitsOf } = require('../base/limits');
const { ordinaryHead } = require('./ordinary-head');
const { readRequest } = require('./whole-request');
const { refuse } = require('./problems');
const { settled } = require('./arrivals');
const { shakeHands } = require('./tls-handshake');

/** The longest a timer can wait (ms). */
const LONGEST = 2 ** 31 - 1;

/** With one of these a server can show who it is, or knows that it need not. */
const PROOFS = ['SNICallback', 'cert', 'ciphers', 'pfx', 'pskCallback'];

/** What an HTTP server says about the protocols inside TLS. */
const ALPN = { ALPNProtocols: ['http/1.1'] };

/** Nobody wants to know. */
function ignore() {}

/**
 * Upgrades to TLS under the same options.
 */
class TlsUpgrades {
  /**
   * Create them.
   *
   * @param {Object} options Options of `tls.createServer()`, and:
   * @param {Number} [options.maxUpgradeBody=1048576] How long the body of a request may be that is upgraded
   * @param {Number} [options.upgradeTimeout=10000] How long the body, and then the TLS handshake, may take (ms), 0 for ever
   * @param {Object} [defaults] What the limits default to instead
   * @throws {RangeError} If they allow no version that a request could ask for
   * @throws {TypeError} If no handshake could succeed, for want of a certificate, or a limit is none
   */
  constructor({ maxUpgradeBody, upgradeTimeout, ...options } = {}, defaults = DEFAULT_LIMITS) {
    this.limits = limitsOf({ maxUpgradeBody, upgradeTimeout }, defaults);
    this.renew(options)();
  }

  /**
   * Changes options of TLS, for the requests that ask from now on; what is not named stays as it was.
   *
   * @param {Object} changes The options
   * @return {Function} Does it, and cannot fail
   * @throws {(Error|RangeError|TypeError)} As the constructor
   * @private
   */
  renew(changes) {
    const options = { ...this.options, ...changes };
    const versions = versionsOf(options);

    if (versions.length === 0) throw new RangeError('The options of TLS allow no version of it');
    if (!PROOFS.some((name) => options[name] != null)) {
      throw new TypeError('The options of TLS have nothing to show to clients, such as "cert" and "key"');
    }

    // What is wrong with the options is said at once.
    const first = this.create(versions[0], versions, options);

    return () => {
      this.options = options;
      /** The versions, as in an `Upgrade` field, the highest first. */
      this.versions = versions;
      /** What makes the handshakes, by the version that was named. None of them listens. */
      this.servers = new Map([[versions[0], first]]);
    };
  }

  /**
   * Creates what makes the handshakes after a version was named. Above that it does not go: clients that do not name TLS 1.3
   * may be unable to read behind its handshake, as CUPS 2.4.
   *
   * @param {String} version The version
   * @param {String[]} versions All that the options allow
   * @param {Object} options The options
   * @return {tls.Server} The server
   * @private
   */
  create(version, versions, options) {
    return tls.createServer({
      // Without one, Node has one of its own.
      handshakeTimeout: this.limits.upgradeTimeout || LONGEST,
      ...(options.ALPNCallback ? null : ALPN),
      ...options,
      ...upTo(version, versions, options)
    });
  }

  /**
   * Finds what makes the handshakes after a version was named.
   *
   * @param {String} version The version
   * @return {tls.Server} The server
   * @private
   */
  serverFor(version) {
    if (!this.servers.has(version)) this.servers.set(version, this.create(version, this.versions, this.options));

    return this.servers.get(version);
  }

  /**
   * Tells what a request may be upgraded to.
   *
   * @param {http.IncomingMessage} req The request
   * @return {(String|undefined)} The version, if there is one
   * @private
   */
  versionFor(req) {
    // Inside TLS there is nothing to gain.
    return req.socket.encrypted ? undefined : chooseVersion(askedProtocols(req), this.versions);
  }

  /**
   * The value of an `Upgrade` field that names everything there is, for those who did not ask for it.
   *
   * @return {String} It
   * @private
   */
  get offer() {
    return [...this.versions, 'HTTP/1.1'].join(', ');
  }

  /**
   * Upgrades a connection.
   *
   * @param {http.IncomingMessage} req The request
   * @param {Duplex} socket What came with it
   * @param {Buffer} head What came with it
   * @param {Object} to Where to
   * @param {Function} [to.onFailure] `onFailure(err, socket)`: the handshake has failed
   * @param {http.Server} to.server The server that goes on with it, and answers the request
   * @param {AbortSignal} [to.signal] Ends the wait for the client: with a refusal before the 101, without a word behind it
   * @param {String} to.version The version to name
   * @return {Promise<?tls.TLSSocket>} The encrypted connection, which the server has already; `null` when the request was
   *     answered without TLS, since its body was too long. Rejected after the connection was closed
   * @private
   */
  async upgrade(req, socket, head, { onFailure = ignore, server, signal, version }) {
    takeover.guard(socket);

    // The options may be others when the body is through.
    const secureServer = this.serverFor(version);
    const whole = await this.read(req, socket, head, signal);
    const { isWhole, raw, rest, without } = whole;
    const again = isWhole ? ordinaryHead(req, without) : null;

    socket = whole.socket;
    // Too long, or so odd that it is refused there.
    if (again === null) {
      answerAsHttp(server, req, socket, raw, { limits: this.limits, without });
      return null;
    }

    takeover.guard(socket);
    if (typeof socket.setTimeout === 'function') socket.setTimeout(0);
    // As with https: an end is one of both sides, and it ends a handshake.
    socket.allowHalfOpen = false;
    if (rest.length > 0) socket.unshift(rest);
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${version}, HTTP/1.1\r\n\r\n`);

    const secured = await shakeHands(secureServer, socket, { onFailure, signal, timeout: this.limits.upgradeTimeout });

    serve(server, secured, Buffer.concat([again, raw]));
    return secured;
  }

  /**
   * Reads a request to its end, as soon as it is its turn.
   *
   * @param {http.IncomingMessage} req The request
   * @param {Duplex} socket What came with it
   * @param {Buffer} head What came with it
   * @param {AbortSignal} [signal] Ends the wait
   * @return {Promise<Object>} What `readRequest()` gives, and `without`: the fields that are done with
   * @private
   */
  async read(req, socket, head, signal) {
    try {
      await settled(req, socket, signal);

      const isExpected = expectsContinue(req);

      if (isExpected) socket.write(CONTINUE);

      const whole = await readRequest(req, socket, head, { ...this.limits, signal });

      return { ...whole, without: isExpected ? ['expect'] : [] };
    } catch (err) {
      await refuse(req, socket, err);
      throw err;
    }
  }
}

module.exports = { TlsUpgrades };
