'use strict';

// How does a client come to a connection that speaks another protocol than HTTP or WebSocket? It sends one request that
// names the protocols it would go on with, and gets the socket as soon as the server has switched to one of them. Any other
// answer is an ordinary response, which the application can read.

const http = require('http');
const https = require('https');

const takeover = require('../takeover/takeover');
const { RequestBody, isComplete } = require('./request-body');
const { codedError } = require('../base/errors');
const { faultOf, parse, targetOf } = require('./address');
const { judge, offersOf } = require('./switched');
const { placeOptions } = require('./request');

/** The longest a timer can wait (ms). */
const LONGEST = 2 ** 31 - 1;

/**
 * Ask a server to go on with another protocol (RFC 9110, section 7.8).
 *
 * @param {(String|URL)} url Where: `http:`, `https:`, `ws:`, `wss:` or `ws+unix:`
 * @param {Object} options Options of `http.request()` that the URL does not decide, and:
 * @param {(String|String[])} options.protocol The protocols to go on with, `'name'` or `'name/version'`, the preferred one
 *     first
 * @param {(String|Uint8Array|AsyncIterable)} [options.body] The body of the request
 * @param {Number} [options.handshakeTimeout] How long to wait for the answer (ms); for ever by default
 * @param {(Object|Headers)} [options.headers] Header fields of the request
 * @param {String} [options.method] The method, `GET` by default, and `POST` with a body
 * @param {AbortSignal} [options.signal] Gives up until there is an answer
 * @return {Promise<Object>} `{ response, stream, protocol }`: the 101, the socket, and the protocol the server has switched
 *     to, in its own words. Rejected with an error that has the ordinary `response` when the server has not switched
 * @public
 */
async function requestUpgrade(url, options = {}) {
  const offers = offersOf(options.protocol);
  const target = targetOf(parse(url));
  const fault = faultOf(target);

  if (fault !== null) throw new SyntaxError(fault);
  options.signal?.throwIfAborted();

  return new Promise((resolve, reject) => {
    new UpgradeRequest(offers, options, { resolve, reject }).start(target);
  });
}

/**
 * A request that is under way, until it is answered.
 */
class UpgradeRequest {
  /**
   * Create a request.
   *
   * @param {String[]} offers The protocols to offer
   * @param {Object} options The application's options
   * @param {Object} promise `resolve` and `reject` of what the application waits for
   */
  constructor(offers, options, promise) {
    this.offers = offers;
    this.options = options;
    this.promise = promise;
    this.req = null;
    this.body = null;
    /** Resolved when the body was written. */
    this.sent = null;
    /** The socket, once the server has switched. */
    this.socket = null;
    this.timer = null;
    this.isSettled = false;
    this.onAbort = () => this.fail(options.signal.reason);
    this.onClose = () => this.fail(codedError('ERR_UPSHIFT_SOCKET_CLOSED', 'The socket was closed too early'));
  }

  /**
   * Sends the request.
   *
   * @param {Object} target Where to
   * @private
   */
  start(target) {
    const { handshakeTimeout, signal } = this.options;

    this.req = (target.isSecure ? https : http).request(requestOptions(target, this.offers, this.options));
    // For good: what comes after the answer is nobody's concern, but it must have a listener.
    this.req.on('error', (err) => this.fail(err));
    this.req.on('timeout', () => this.fail(timedOut()));
    this.req.on('upgrade', (res, socket, head) => this.onUpgrade(res, socket, head));
    this.req.on('response', (res) => this.onResponse(res));

    signal?.addEventListener('abort', this.onAbort, { once: true });
    if (handshakeTimeout > 0) {
      this.timer = setTimeout(() => this.fail(timedOut()), Math.min(handshakeTimeout, LONGEST));
    }

    this.body = new RequestBody(this.req, this.options.body);
    this.sent = this.body.send();
    this.sent.catch((err) => this.onBodyError(err));
  }

  /**
   * The server has switched. Until the request is complete the connection cannot be used for anything else, so the
   * application gets it then.
   *
   * @param {http.IncomingMessage} response The 101
   * @param {Duplex} socket The socket
   * @param {Buffer} head What arrived behind it
   * @private
   */
  onUpgrade(response, socket, head) {
    const { fault, protocol } = judge(this.offers, response);

    takeover.guard(socket);
    this.socket = socket;
    if (fault !== null) {
      this.fail(invalid(fault, response));
      return;
    }

    if (typeof socket.setTimeout === 'function') socket.setTimeout(0);
    if (head.length > 0) socket.unshift(head);

    socket.once('close', this.onClose);
    this.body.moveTo(socket);
    this.sent.then(() => {
      if (this.settle()) this.promise.resolve({ response, stream: socket, protocol });
    }, ignore);
  }

  /**
   * The server has not switched.
   *
   * @param {http.IncomingMessage} response The response
   * @private
   */
  onResponse(response) {
    const { req } = this;
    const { socket } = response;

    // It says that it has, but not how: Node takes what follows for another response.
    if (response.statusCode === 101) {
      this.fail(invalid(judge(this.offers, response).fault, response));
      return;
    }

    this.body.answered();
    // Nobody else would close a connection that belongs to no agent, or on which a body is missing.
    response.once('close', () => {
      this.body.abandon();
      if (!req.agent || !req.writableEnded) socket.destroy();
    });

    if (this.settle()) this.promise.reject(notUpgraded(response));
  }

  /**
   * The source of the body has failed: the request must not look complete.
   *
   * @param {Error} err What it failed with
   * @private
   */
  onBodyError(err) {
    this.req.destroy();
    this.fail(err);
  }

  /**
   * There will be no answer, or none that can be used.
   *
   * @param {*} reason Why
   * @private
   */
  fail(reason) {
    if (!this.settle()) return;

    this.req.destroy();
    this.socket?.destroy();
    this.body?.abandon();
    this.promise.reject(reason);
  }

  /**
   * Stops waiting.
   *
   * @return {Boolean} Whether it has waited until now
   * @private
   */
  settle() {
    if (this.isSettled) return false;

    this.isSettled = true;
    clearTimeout(this.timer);
    this.options.signal?.removeEventListener('abort', this.onAbort);
    this.socket?.removeListener('close', this.onClose);
    return true;
  }
}

module.exports = { requestUpgrade };

/** What has failed was told already. */
function ignore() {}

/**
 * Puts the request together.
 *
 * @param {Object} target Where to
 * @param {String[]} offers The protocols to offer
 * @param {Object} options The application's options
 * @return {Object} Options of `http.request()`
 * @private
 */
function requestOptions(target, offers, options) {
  const { body, method = body == null ? 'GET' : 'POST', timeout } = options;

  return {
    ...placeOptions(target, options),
    body: undefined,
    headers: headersOf(offers, options),
    method,
    // Looked after here, since an answer ends its power.
    signal: undefined,
    timeout
  };
}

/**
 * Puts the header fields together. The application may name further options of the connection: some protocols have fields
 * that are for the next server only.
 *
 * @param {String[]} offers The protocols to offer
 * @param {Object} options The application's options
 * @return {Object} The fields
 * @private
 */
function headersOf(offers, { body, headers }) {
  const fields = Object.create(null);
  const connection = ['Upgrade'];
  const pairs = typeof headers?.[Symbol.iterator] === 'function' ? [...headers] : Object.entries(headers ?? {});
  let hasLength = false;

  for (const [name, value] of pairs) {
    const key = name.toLowerCase();

    if (key === 'connection') connection.push(...[].concat(value));
    else if (key !== 'upgrade') fields[name] = value;
    hasLength ||= key === 'content-length' || key === 'transfer-encoding';
  }

  // Node would write the body without either, depending on the method.
  if (isComplete(body) && !hasLength) fields['Content-Length'] = Buffer.byteLength(body);
  else if (body != null && !hasLength) fields['Transfer-Encoding'] = 'chunked';
  fields.Connection = connection.join(', ');
  fields.Upgrade = offers.join(', ');
  return fields;
}

/**
 * The error for an ordinary response.
 *
 * @param {http.IncomingMessage} response The response
 * @return {Error} The error
 * @private
 */
function notUpgraded(response) {
  const { statusCode, statusMessage } = response;
  const err = codedError(
    'ERR_UPSHIFT_NOT_UPGRADED',
    `The server has not upgraded the connection: ${statusCode} ${statusMessage}`.trimEnd()
  );

  err.response = response;
  return err;
}

/**
 * The error for a 101 that is not what was asked for.
 *
 * @param {?String} fault What is wrong with it
 * @param {http.IncomingMessage} response The response
 * @return {Error} The error
 * @private
 */
function invalid(fault, response) {
  const err = codedError('ERR_UPSHIFT_INVALID_UPGRADE', `The server has upgraded the connection, but ${fault}`);

  err.response = response;
  return err;
}

/**
 * The error for a server that takes too long.
 *
 * @return {Error} The error
 * @private
 */
function timedOut() {
  return codedError('ERR_UPSHIFT_TIMEOUT', 'The server has not answered in time');
}
