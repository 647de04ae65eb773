'use strict';

// Where does the address of a client lead? What `new WebSocket()` was given, or a redirect names, becomes the place to
// connect to. What cannot be one is a `SyntaxError`, with ws's texts.

const { unescape } = require('querystring');

/** What the protocols of HTTP are taken for. */
const SAME_AS = { 'http:': 'ws:', 'https:': 'wss:' };

const PROTOCOLS = ['ws:', 'wss:', 'ws+unix:'];

/**
 * Reads an address.
 *
 * @param {(String|URL)} address The address
 * @param {String} [base] What it is relative to
 * @return {URL} The URL
 * @throws {SyntaxError} If it is none
 * @private
 */
function parse(address, base) {
  try {
    return new URL(address, base);
  } catch {
    throw new SyntaxError(`Invalid URL: ${address}`);
  }
}

/**
 * Finds the place that a URL names.
 *
 * @param {URL} url The URL; it is not changed
 * @return {Object} `url`, `isSecure`, `isLocal` (a Unix domain socket), `place` (its host with the port, or its path),
 *     and the options of `http.request()` that lead there
 * @private
 */
function targetOf(url) {
  const parsed = new URL(url);

  parsed.protocol = SAME_AS[parsed.protocol] ?? parsed.protocol;

  const isSecure = parsed.protocol === 'wss:';
  const isLocal = parsed.protocol === 'ws+unix:';
  const { host, socketPath, path, port } = isLocal ? localPlace(parsed) : networkPlace(parsed, isSecure);

  return {
    url: parsed,
    isSecure,
    isLocal,
    place: isLocal ? socketPath : parsed.host,
    options: { auth: credentialsOf(parsed), host, path, port, socketPath }
  };
}

/**
 * Tells why a client cannot connect to a target.
 *
 * @param {Object} target The target
 * @return {?String} The reason, `null` when it can
 * @private
 */
function faultOf({ url, isLocal }) {
  if (!PROTOCOLS.includes(url.protocol)) {
    return 'The URL\'s protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"';
  }

  if (isLocal && !url.pathname) return "The URL's pathname is empty";
  return url.hash ? 'The URL contains a fragment identifier' : null;
}

module.exports = { faultOf, parse, targetOf };

/**
 * The place of a server on the network.
 *
 * @param {URL} url The URL
 * @param {Boolean} isSecure Whether it is reached over TLS
 * @return {Object} The options for it
 * @private
 */
function networkPlace({ hostname, pathname, port, search }, isSecure) {
  return {
    // The brackets of an IPv6 address are the URL's.
    host: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
    path: pathname + search,
    port: port || (isSecure ? 443 : 80),
    socketPath: undefined
  };
}

/**
 * The place of a server on this machine: the path of its socket, and behind a colon that of the request.
 *
 * @param {URL} url The URL
 * @return {Object} The options for it
 * @private
 */
function localPlace({ hostname, pathname, port, search }) {
  const whole = pathname + search;
  const colon = whole.indexOf(':');
  const [socketPath, path] = colon === -1 ? [whole, ''] : [whole.slice(0, colon), whole.slice(colon + 1)];

  return { host: hostname, path, port: port || 80, socketPath };
}

/**
 * The user and password of a URL.
 *
 * @param {URL} url The URL
 * @return {(String|undefined)} Both, as `http.request()` takes them; `undefined` when it has none
 * @private
 */
function credentialsOf({ username, password }) {
  if (username === '' && password === '') return undefined;

  return `${unescape(username)}:${unescape(password)}`;
}
