'use strict';

// What is in a `Sec-WebSocket-Protocol` header? The subprotocols a client offers, in its order of preference; and of the
// answer, the one of them that the application has chosen.

const { inspect } = require('util');

const { HeaderCursor } = require('./header-cursor');

/**
 * Parses the header.
 *
 * @param {String} header The value of the header
 * @return {Set<String>} The subprotocols
 * @throws {SyntaxError} If the header is malformed or names one twice
 * @public
 */
function parse(header) {
  const cursor = new HeaderCursor(header);
  const protocols = new Set();
  let delimiter;

  do {
    const protocol = cursor.token();

    delimiter = cursor.next(',');
    if (protocols.has(protocol)) throw new SyntaxError(`The "${protocol}" subprotocol is duplicated`);

    protocols.add(protocol);
  } while (delimiter !== '');

  return protocols;
}

/**
 * Has the application choose a subprotocol. RFC 6455 section 4.2.2: the value "MUST be one of the values that the client
 * offered"; everything else a client would fail with, and this side would not learn why.
 *
 * @param {String[]} protocols The ones the client offers
 * @param {?Function} handleProtocols The application's choice; without it, it is the first one
 * @param {http.IncomingMessage} req The request
 * @return {(String|undefined)} The subprotocol, if there is to be one
 * @throws {TypeError} If the choice is none of them
 * @private
 */
function choose(protocols, handleProtocols, req) {
  if (protocols.length === 0) return undefined;
  if (handleProtocols == null) return protocols[0];

  const chosen = handleProtocols(new Set(protocols), req);

  if (chosen == null || chosen === false || chosen === '') return undefined;
  if (protocols.includes(chosen)) return chosen;

  throw new TypeError(
    'The "handleProtocols" option must return one of the subprotocols that the client offers, or false for none, and at ' +
      `once: ${protocols.join(', ')} offered, ${inspect(chosen, { depth: -1 })} returned`
  );
}

module.exports = { choose, parse };
