'use strict';

// Which protocols does a request ask for, in the client's order of preference? Rust reads the list.

const native = require('../base/native');

/** What an ordinary request asks for. */
const NOTHING = Object.freeze([]);

/**
 * Reads the `Upgrade` list of a request.
 *
 * @param {http.IncomingMessage} req The request
 * @return {Object[]} `{ name, version, token }` each: the name in lower case, the version or `null`, and both as the
 *     client wrote them. Empty when the request is an ordinary one
 * @private
 */
function askedProtocols({ headers: { connection = '', upgrade = '' }, httpVersionMinor }) {
  const asked = native.askedProtocols(httpVersionMinor, connection, upgrade);

  return asked === '' ? NOTHING : asked.split(' ').map(protocolOf);
}

/**
 * Takes a protocol apart.
 *
 * @param {String} token The protocol, `name` or `name/version`
 * @return {Object} `{ name, version, token }`
 * @private
 */
function protocolOf(token) {
  const slash = token.indexOf('/');

  return {
    name: (slash === -1 ? token : token.slice(0, slash)).toLowerCase(),
    version: slash === -1 ? null : token.slice(slash + 1),
    token
  };
}

/**
 * Whether somebody who named a protocol means the one that is asked for: in any case, and in any version when none was
 * named.
 *
 * @param {Object} named The protocol that was named
 * @param {Object} asked The one that is asked for
 * @return {Boolean} `true` if so
 * @private
 */
function means(named, asked) {
  if (named.name !== asked.name) return false;

  return named.version === null || named.version.toLowerCase() === asked.version?.toLowerCase();
}

module.exports = { askedProtocols, means, protocolOf };
