'use strict';

// What is in a `Sec-WebSocket-Protocol` header? The subprotocols a client offers, in its order of preference.

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

module.exports = { parse };
