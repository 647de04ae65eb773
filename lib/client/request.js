'use strict';

// What does a client ask for? One request of Node's `http` or `https`, put together from the application's options, the
// address and the fields of RFC 6455 section 4.1.

const net = require('net');
const tls = require('tls');
const { randomBytes } = require('crypto');

const deflate = require('../handshake/deflate');
const { CLIENT_DEFAULTS, checkOptions } = require('../base/options');

/** A token of RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Options of `http.request()` that the address decides, or that would make another request of it. */
const DECIDED = {
  host: undefined,
  hostname: undefined,
  method: 'GET',
  path: undefined,
  port: undefined,
  protocol: undefined,
  protocols: undefined,
  socketPath: undefined,
  timeout: undefined
};

/**
 * Sorts the arguments of `new WebSocket()`: the subprotocols may be in the options, and the options in their place.
 *
 * @param {(String|String[]|Object)} [protocols] The subprotocols
 * @param {Object} [options] The options
 * @return {Object} Both; the options with their defaults filled in
 * @throws {TypeError} If an option has a value that is none of its names
 * @private
 */
function clientArguments(protocols, options) {
  if (typeof protocols === 'object' && protocols !== null && !Array.isArray(protocols)) {
    options = protocols;
    protocols = undefined;
  }

  const offered = protocols === undefined ? options?.protocols : protocols;
  const filled = { ...CLIENT_DEFAULTS, ...options };

  checkOptions(filled);
  deflate.check(filled.perMessageDeflate);
  return { options: filled, protocols: offered === undefined ? [] : [].concat(offered) };
}

/**
 * Checks the subprotocols a client offers.
 *
 * @param {Array} protocols The subprotocols
 * @throws {SyntaxError} If one is no token, or stands there twice
 * @private
 */
function checkProtocols(protocols) {
  const isFine = (protocol) => typeof protocol === 'string' && TOKEN.test(protocol);

  if (protocols.every(isFine) && new Set(protocols).size === protocols.length) return;

  throw new SyntaxError('An invalid or duplicated subprotocol was specified');
}

/**
 * Puts the request together.
 *
 * @param {Object} target Where to, see client-address.js
 * @param {String[]} protocols The subprotocols
 * @param {Object} options The application's options, with their defaults filled in
 * @return {Object} Options of `http.request()`
 * @private
 */
function requestTo(target, protocols, options) {
  const request = {
    ...placeOptions(target, options),
    headers: {
      ...options.headers,
      'Sec-WebSocket-Version': options.protocolVersion,
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
      Connection: 'Upgrade',
      Upgrade: 'websocket'
    },
    timeout: options.handshakeTimeout
  };

  if (options.perMessageDeflate) request.headers['Sec-WebSocket-Extensions'] = deflate.offer(options.perMessageDeflate);
  if (protocols.length > 0) request.headers['Sec-WebSocket-Protocol'] = protocols.join(',');
  if (options.origin) {
    // Version 8 called it otherwise.
    request.headers[options.protocolVersion < 13 ? 'Sec-WebSocket-Origin' : 'Origin'] = options.origin;
  }

  return request;
}

/**
 * Directs a request to its target.
 *
 * @param {Object} target Where to
 * @param {Object} options The application's options
 * @return {Object} Those of them that are left, and what the target decides
 * @private
 */
function placeOptions(target, options) {
  const { isSecure } = target;

  return {
    ...options,
    ...DECIDED,
    ...target.options,
    auth: target.options.auth ?? options.auth,
    createConnection: options.createConnection || (isSecure ? connectSecurely : connect),
    defaultPort: options.defaultPort || (isSecure ? 443 : 80)
  };
}

/**
 * Takes out of a request what was meant for another server than the one it goes to now, as curl does.
 *
 * @param {Object} request Options of `http.request()`
 * @param {Object} first Where the application asked to connect to
 * @param {Object} target Where it goes now
 * @private
 */
function dropCredentials(request, first, target) {
  const isSame = first.isLocal === target.isLocal && first.place === target.place;

  if (isSame && (target.isSecure || !first.isSecure)) return;

  delete request.headers.authorization;
  delete request.headers.cookie;
  if (!isSame) delete request.headers.host;

  request.auth = undefined;
}

module.exports = { checkProtocols, clientArguments, dropCredentials, placeOptions, requestTo };

/**
 * Opens a connection without TLS.
 *
 * @param {Object} options Options of the request
 * @return {net.Socket} The socket
 * @private
 */
function connect(options) {
  return net.connect({ ...options, path: options.socketPath });
}

/**
 * Opens a connection with TLS.
 *
 * @param {Object} options Options of the request
 * @return {tls.TLSSocket} The socket
 * @private
 */
function connectSecurely(options) {
  const { host, servername } = options;
  // An address is no name that a certificate could be chosen by.
  const name = servername || servername === '' ? servername : net.isIP(host) ? '' : host;

  return tls.connect({ ...options, path: undefined, servername: name });
}
