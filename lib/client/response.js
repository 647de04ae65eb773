'use strict';

// What does a client make of a 101? Its head crosses to Rust once and is judged there (RFC 6455 section 4.1); what it says
// about compression is looked at there too.

const deflate = require('../handshake/deflate');
const native = require('../base/native');

/** The fields of a response that decide. */
const FIELDS = ['upgrade', 'connection', 'sec-websocket-accept', 'sec-websocket-protocol', 'sec-websocket-extensions'];

/**
 * Judges a response, and does what it says about compression.
 *
 * @param {WebSocket} ws The WebSocket
 * @param {http.IncomingMessage} res The response
 * @param {Object} asked What it has to answer
 * @param {String} asked.key The key the server was sent
 * @param {Object} asked.options The options
 * @param {String[]} asked.protocols The subprotocols
 * @return {Object} What is wrong with it as `error`, or the subprotocol
 * @private
 */
function confirm(ws, res, { key, options: { perMessageDeflate }, protocols }) {
  const extension = perMessageDeflate ? deflate.NAME : undefined;
  const verdict = native.confirmHandshake(...headOf(res), { extension, key, protocols });

  if (verdict.error !== undefined || !verdict.hasExtension) return verdict;

  try {
    deflate.use(ws, deflate.acceptResponse(perMessageDeflate, res.headers['sec-websocket-extensions']));
  } catch {
    verdict.error = 'Invalid Sec-WebSocket-Extensions header';
  }

  return verdict;
}

module.exports = { confirm };

/**
 * Writes the head of a response down, as far as it decides.
 *
 * @param {http.IncomingMessage} res The response
 * @return {Array} The head, and the number of its fields
 * @private
 */
function headOf({ headers, statusCode }) {
  const lines = FIELDS.filter((name) => headers[name] !== undefined).map((name) => `${name}: ${headers[name]}\r\n`);

  return [`HTTP/1.1 ${statusCode} \r\n${lines.join('')}\r\n`, lines.length];
}
