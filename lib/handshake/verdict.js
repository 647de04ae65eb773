'use strict';

// Would a request be upgraded, and what would be agreed on? The strict rules judge the request, the options of `upgrade()`
// what it asks for: so both `upgrade()` and `validateUpgrade()` come to the same verdict.

const deflate = require('./deflate');
const { UPGRADE_DEFAULTS, checkOptions } = require('../base/options');
const { accepted, inspectStrictly, ownLines } = require('./handshake');
const { choose } = require('./subprotocol');

/** The verdict about offers of compression that are wrong, or leave nothing to choose. */
const UNACCEPTABLE = {
  code: 'ERR_UPSHIFT_INVALID_EXTENSIONS',
  headers: [],
  message: 'Invalid or unacceptable Sec-WebSocket-Extensions header',
  status: 400
};

/**
 * Fills in the defaults of the options of `upgrade()` and refuses what no handshake could use.
 *
 * @param {Object} [options] The options
 * @return {Object} `{ lines, options }`: the header lines they add to the response, and the options
 * @throws {(RangeError|TypeError)} If one has a value that cannot be used
 * @private
 */
function completed(options) {
  const all = { ...UPGRADE_DEFAULTS, ...options };

  all.maxBackpressure ??= UPGRADE_DEFAULTS.maxBackpressure;
  checkOptions(all);
  deflate.check(all.perMessageDeflate);
  if (all.handleProtocols != null && typeof all.handleProtocols !== 'function')
    throw new TypeError('The "handleProtocols" option must be a function');

  return { lines: ownLines(all.headers), options: all };
}

/**
 * Chooses subprotocol and compression for a request that is correct.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Object} verdict The verdict on it so far
 * @param {Object} options The options, with their defaults filled in
 * @return {Object} The verdict, with `agreed` and `protocol` if it is accepted still
 * @throws {*} What the application's `handleProtocols` throws; a `TypeError` if it chooses what was not offered
 * @private
 */
function agree(req, verdict, options) {
  const agreed = agreementFor(options, req);

  if (agreed === undefined) return UNACCEPTABLE;

  return { ...verdict, agreed, protocol: choose(verdict.protocols, options.handleProtocols, req) };
}

/**
 * Checks that a request is a complete and correct WebSocket handshake that
 * `upgrade()` would accept with the same options. Nothing is written, and the
 * socket is left alone.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Object} [options] Options, as for `upgrade()`
 * @return {Object} `{ protocols, version }`: what the client offers; and `{ extensions, protocol }`: what would be agreed
 *     on, each absent when it is nothing
 * @throws {HandshakeError} If it is not
 * @throws {(RangeError|TypeError)} If an option has a value that cannot be used, or `handleProtocols` chooses what was not
 *     offered
 * @public
 */
function validateUpgrade(req, options) {
  const { options: all } = completed(options);
  const { agreed, protocol, protocols, version } = accepted(agree(req, accepted(inspectStrictly(req)), all));

  return {
    protocols: [...protocols],
    version,
    ...(agreed === null ? null : { extensions: agreed.agreed }),
    ...(protocol === undefined ? null : { protocol })
  };
}

module.exports = { agree, completed, validateUpgrade };

/**
 * Negotiates compression.
 *
 * @param {Object} options The options
 * @param {http.IncomingMessage} req The request
 * @return {(Object|null|undefined)} What was agreed on, `null` for none; `undefined` if what was offered cannot be
 *     accepted
 * @private
 */
function agreementFor({ perMessageDeflate }, req) {
  const offers = req.headers['sec-websocket-extensions'];

  if (!perMessageDeflate || offers === undefined) return null;

  try {
    return deflate.acceptOffers(perMessageDeflate, offers);
  } catch {
    return undefined;
  }
}
