'use strict';

// How does a client come to its connection? It sends a request, follows redirects if it may, has the response judged, and
// hands the socket over as a server does. Until then it can be aborted. The order of the events is that of ws.

const http = require('http');
const https = require('https');

const asyncContext = require('../base/async-context');
const { establish } = require('../transport/attach');
const { confirm } = require('./response');
const { faultOf, parse, targetOf } = require('./address');
const { checkProtocols, dropCredentials, requestTo } = require('./request');
const { CLOSING, CONNECTING, ERROR_EMITTED } = require('../base/constants');

const VERSIONS = [8, 13];

/** What the error says when the application gives up first. */
const TOO_EARLY = 'WebSocket was closed before the connection was established';

/** Requests that were aborted; what else happens to them is of no interest. */
const aborted = new WeakSet();

/**
 * The opening handshake of a client, and what is left of it afterwards: the URL.
 */
class ClientHandshake {
  /**
   * Create a handshake.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {Array} protocols The subprotocols to offer
   * @param {Object} options The options, with their defaults filled in
   */
  constructor(ws, protocols, options) {
    this.ws = ws;
    this.protocols = protocols;
    this.options = options;
    this.url = undefined;
    /** The request that is under way. */
    this.req = null;
    /** Where the application asked to connect to. */
    this.first = null;
    this.redirects = 0;
  }

  /**
   * Sends the first request.
   *
   * @param {(String|URL)} address Where to
   * @throws {(RangeError|SyntaxError)} If the arguments of the application are none that make a handshake
   * @private
   */
  start(address) {
    const { options, protocols } = this;
    const target = this.aim(address);
    const request = requestTo(target, protocols, options);

    if (options.followRedirects) this.keepHeaders(request);
    this.finish(this.request(request, target));
  }

  /**
   * Reads the arguments of the application.
   *
   * @param {(String|URL)} address Where to
   * @return {Object} The target
   * @throws {(RangeError|SyntaxError)} If they are none that make a handshake
   * @private
   */
  aim(address) {
    const { options, protocols } = this;

    if (!VERSIONS.includes(options.protocolVersion)) {
      throw new RangeError(
        `Unsupported protocol version: ${options.protocolVersion} (supported versions: ${VERSIONS.join(', ')})`
      );
    }

    const target = targetOf(parse(address));
    const fault = faultOf(target);

    if (fault !== null) throw new SyntaxError(fault);
    checkProtocols(protocols);
    this.first = target;
    this.url = target.url.href;
    return target;
  }

  /**
   * Has the headers of the application go along with redirects: under names that can be found again, and the credentials
   * of the first address among them, so that those of a later one do not take their place.
   *
   * @param {Object} request Options of the first request
   * @private
   */
  keepHeaders({ auth }) {
    const headers = {};

    for (const [name, value] of Object.entries(this.options.headers ?? {})) headers[name.toLowerCase()] = value;
    this.options = { ...this.options, headers };
    this.keepCredentials(auth);
  }

  /**
   * Remembers credentials, unless there are some.
   *
   * @param {String} [auth] User and password
   * @private
   */
  keepCredentials(auth) {
    const { headers } = this.options;

    if (auth && !headers.authorization) headers.authorization = `Basic ${Buffer.from(auth).toString('base64')}`;
  }

  /**
   * Makes a request.
   *
   * @param {Object} options Options of `http.request()`
   * @param {Object} target Where to
   * @return {http.ClientRequest} The request
   * @private
   */
  request(options, target) {
    const { ws } = this;
    const req = (target.isSecure ? https : http).request(options);
    const key = options.headers['Sec-WebSocket-Key'];

    this.req = req;
    if (options.timeout) req.on('timeout', () => this.abort('Opening handshake has timed out', req));
    req.on('error', (err) => this.onError(req, err));
    req.on('response', (res) => this.onResponse(req, res));
    req.on('upgrade', (res, socket, head) => {
      asyncContext.run(ws._$resource, () => this.onUpgrade(key, res, socket, head));
    });
    return req;
  }

  /**
   * Sends a request, or lets the application do it.
   *
   * @param {http.ClientRequest} req The request
   * @private
   */
  finish(req) {
    // Called as ws calls it, who says the same when it is no function.
    const { options: opts } = this;

    if (opts.finishRequest) opts.finishRequest(req, this.ws);
    else req.end();
  }

  /**
   * The request has failed.
   *
   * @param {http.ClientRequest} req The request
   * @param {Error} err The error
   * @private
   */
  onError(req, err) {
    if (this.req !== req || aborted.has(req)) return;

    this.fail(err);
  }

  /**
   * The server has sent another response than 101.
   *
   * @param {http.ClientRequest} req The request
   * @param {http.IncomingMessage} res The response
   * @private
   */
  onResponse(req, res) {
    const { location } = res.headers;
    const { statusCode } = res;

    if (location && this.options.followRedirects && statusCode >= 300 && statusCode < 400) {
      if (++this.redirects > this.options.maxRedirects) {
        this.abort('Maximum redirects exceeded', req);
        return;
      }

      this.req = null;
      req.abort();
      this.redirect(location);
    } else if (!this.emit('unexpected-response', req, res)) {
      this.abort(`Unexpected server response: ${statusCode}`, req);
    }
  }

  /**
   * Goes where a redirect leads.
   *
   * @param {String} location What the server says
   * @private
   */
  redirect(location) {
    let req;

    // Nothing a server says may throw here: nobody could catch it.
    try {
      req = this.requestAnew(location);
    } catch (err) {
      this.fail(err);
      return;
    }

    this.emit('redirect', this.url, req);
    this.finish(req);
  }

  /**
   * Makes the request that a redirect asks for.
   *
   * @param {String} location Where to
   * @return {http.ClientRequest} The request
   * @throws {Error} If it cannot be made
   * @private
   */
  requestAnew(location) {
    const target = targetOf(parse(location, this.url));
    const fault = faultOf(target);

    this.url = target.url.href;
    if (fault !== null) throw new SyntaxError(fault);

    const request = requestTo(target, this.protocols, this.options);

    // Who listens decides for himself.
    if (this.ws.listenerCount('redirect') === 0) dropCredentials(request, this.first, target);
    this.keepCredentials(request.auth);
    return this.request(request, target);
  }

  /**
   * The server has sent a 101.
   *
   * @param {String} key The key it was sent
   * @param {http.IncomingMessage} res The response
   * @param {Duplex} socket The socket
   * @param {Buffer} head What arrived behind the response
   * @private
   */
  onUpgrade(key, res, socket, head) {
    const { options, protocols, ws } = this;

    ws.emit('upgrade', res);
    // A listener may have closed it.
    if (ws._readyState !== CONNECTING) return;

    this.req = null;

    const { error, protocol } = confirm(ws, res, { key, options, protocols });

    if (error !== undefined) {
      this.abortSocket(socket, new Error(error));
      return;
    }

    if (protocol) ws._protocol = protocol;
    this.options = this.protocols = this.first = null;
    // The request would be taken for a response that has to be waited for, and is not needed any more.
    socket._httpMessage = null;
    establish(ws, { req: null, socket, head }, '', options, {
      onFail: (err) => this.abortSocket(socket, err),
      onOpen() {}
    });
  }

  /**
   * Gives up while there is a request.
   *
   * @param {String} [message] Why
   * @param {http.ClientRequest} [req] The request
   * @private
   */
  abort(message = TOO_EARLY, req = this.req) {
    const err = new Error(message);

    Error.captureStackTrace(err, this.abort);
    this.ws._readyState = CLOSING;
    if (req !== null) {
      aborted.add(req);
      req.abort();
      // Aborting does not destroy it once the response is complete.
      if (req.socket && !req.socket.destroyed) req.socket.destroy();
    }

    process.nextTick(fail, this, err);
  }

  /**
   * Gives up after the request: the end is told with that of the socket.
   *
   * @param {Duplex} socket The socket
   * @param {Error} err Why
   * @private
   */
  abortSocket(socket, err) {
    const { ws } = this;

    ws._readyState = CLOSING;
    if (socket.destroyed) {
      process.nextTick(fail, this, err);
      return;
    }

    socket.once('error', () => this.emitError(err));
    socket.once('close', () => this.emitClose());
    socket.destroy(err);
  }

  /**
   * There will be no connection.
   *
   * @param {Error} err Why
   * @private
   */
  fail(err) {
    this.req = null;
    this.ws._readyState = CLOSING;
    this.emitError(err);
    this.emitClose();
  }

  /**
   * Emits the `'error'` event.
   *
   * @param {Error} err The error
   * @private
   */
  emitError(err) {
    this.ws._$marks |= ERROR_EMITTED;
    this.emit('error', err);
  }

  /**
   * Emits the `'close'` event of a connection that was never open.
   *
   * @private
   */
  emitClose() {
    const { ws } = this;

    try {
      asyncContext.run(ws._$resource, ws.emitClose, ws);
    } finally {
      asyncContext.release(ws._$resource);
    }
  }

  /**
   * Emits an event where the WebSocket was made.
   *
   * @param {...*} event The event
   * @return {Boolean} Whether anybody listened
   * @private
   */
  emit(...event) {
    const { ws } = this;
    let isHeard = false;

    asyncContext.run(ws._$resource, () => (isHeard = ws.emit(...event)));
    return isHeard;
  }
}

module.exports = { ClientHandshake, TOO_EARLY };

/**
 * Lets a handshake fail.
 *
 * @param {ClientHandshake} handshake The handshake
 * @param {Error} err Why
 * @private
 */
function fail(handshake, err) {
  handshake.fail(err);
}
