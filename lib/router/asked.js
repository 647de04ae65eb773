'use strict';

// Which protocols does a request ask for, in the client's order of preference?

/**
 * Reads the `Upgrade` list of a request.
 *
 * @param {http.IncomingMessage} req The request
 * @return {Object[]} `{ name, version, token }` each: the name in lower case, the version or `null`, and both as the
 *     client wrote them. Empty when the request is an ordinary one
 * @private
 */
function askedProtocols(req) {
  return (req.headers.upgrade ?? '')
    .split(',')
    .map((element) => element.trim())
    .filter((element) => element !== '')
    .map(protocolOf);
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

module.exports = { askedProtocols, protocolOf };
