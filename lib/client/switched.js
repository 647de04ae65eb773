'use strict';

// Has a server switched to a protocol that it was asked for? What RFC 9110 (sections 7.8 and 15.2) says about a 101.

const native = require('../base/native');

/** A protocol of RFC 9110, section 7.8: a name and perhaps a version, tokens both. */
const PROTOCOL = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+(\/[!#$%&'*+\-.^_`|~0-9A-Za-z]+)?$/;

/** What runs inside TLS after that was asked for (RFC 2817): the server may name it. */
const ABOVE = ['http/1.1'];

/** Fields of a content that a 101 cannot have. */
const FRAMING = ['content-length', 'transfer-encoding'];

/**
 * Reads what the application wants to go on with.
 *
 * @param {*} protocol A protocol, or several
 * @return {String[]} The protocols
 * @throws {TypeError} If one of them cannot stand in a request, or there is none
 * @private
 */
function offersOf(protocol) {
  const offers = [].concat(protocol);

  if (offers.length > 0 && offers.every((offer) => typeof offer === 'string' && PROTOCOL.test(offer))) return offers;

  throw new TypeError('The "protocol" option must be a protocol, like "name/version", or a list of them');
}

/**
 * Judges a 101.
 *
 * @param {String[]} offers The protocols that were asked for
 * @param {http.IncomingMessage} response The 101
 * @return {Object} What is wrong with it as `fault`, `null` for nothing; else the `protocol` in the server's words
 * @private
 */
function judge(offers, { headers, httpVersionMinor }) {
  const { connection = '', upgrade = '' } = headers;
  // What a response says it has switched to follows the rules of what a request asks for.
  const layers = native.askedProtocols(httpVersionMinor, connection, upgrade);

  if (layers === '') return faulty('its fields do not say to what');
  if (FRAMING.some((name) => headers[name] !== undefined)) return faulty('they announce content in front of it');

  const [first, ...above] = layers.split(' ');
  const isAsked = (layer) => offers.some((offer) => answers(layer, offer));

  if (!isAsked(first) || !above.every((layer) => ABOVE.includes(layer.toLowerCase()) || isAsked(layer))) {
    return faulty('to a protocol that nobody has asked for');
  }

  return { fault: null, protocol: first };
}

module.exports = { judge, offersOf };

/**
 * @param {String} fault What is wrong with a response
 * @return {Object} The verdict
 * @private
 */
function faulty(fault) {
  return { fault, protocol: null };
}

/**
 * Tells whether a protocol is what was asked for: by the same name, and in the same version if one was named.
 *
 * @param {String} protocol The protocol
 * @param {String} offer What was asked for
 * @return {Boolean} Whether it is
 * @private
 */
function answers(protocol, offer) {
  const found = protocol.toLowerCase();
  const wanted = offer.toLowerCase();

  return found === wanted || (!wanted.includes('/') && found.startsWith(`${wanted}/`));
}
