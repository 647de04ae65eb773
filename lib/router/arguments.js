'use strict';

// Is what the application hands to a router of any use? Said at once, at the line that is wrong: what a router does not
// understand it would find out with the first request, or nobody would ever.

/** `name` or `name/version` (RFC 9110 section 7.8). */
const PROTOCOL = /^[!#$%&'*+.^_`|~\w-]+(?:\/[!#$%&'*+.^_`|~\w-]+)?$/;

/**
 * @param {*} server What the application calls its server
 * @throws {TypeError} If it is none; an Express app, for one, is a function that no connection ever reaches
 * @private
 */
function checkServer(server) {
  if (typeof server === 'object' && typeof server?.emit === 'function' && typeof server.on === 'function') return;

  throw new TypeError(
    'The "server" argument must be an HTTP server: what http.createServer(app) or app.listen() returns'
  );
}

/**
 * @param {String} kind `'argument'` or `'option'`
 * @param {String} name Its name
 * @param {*} value It
 * @throws {TypeError} If it is no function
 * @private
 */
function checkFunction(kind, name, value) {
  if (typeof value !== 'function') throw new TypeError(`The "${name}" ${kind} must be a function`);
}

/**
 * @param {*} protocol What the application calls a protocol
 * @throws {TypeError} If it is the name of none
 * @private
 */
function checkProtocol(protocol) {
  if (typeof protocol !== 'string' || !PROTOCOL.test(protocol))
    throw new TypeError(`Not the name of a protocol: ${JSON.stringify(protocol)}`);
}

module.exports = { checkFunction, checkProtocol, checkServer };
