'use strict';

// How is an extended CONNECT answered? With status 200, whereupon the stream carries the WebSocket, or with a complete
// response and the end of the stream. Both are put together for HTTP/1.1 and translated here.

const { NO_ERROR } = require('./stream');

/** What every usual value consists of. */
const ASCII = /^[\0-\x7f]*$/;

/** Fields of HTTP/1.1 that "MUST NOT" be in a response of HTTP/2 (RFC 9113 section 8.2.2), or make no sense there. */
const LEFT_OUT = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'sec-websocket-accept',
  'transfer-encoding',
  'upgrade'
]);

/**
 * Sends the head of an answer.
 *
 * @param {Http2Stream} stream The stream, not answered yet
 * @param {Number} status The status code
 * @param {String[]} lines The header lines
 * @private
 */
function respond(stream, status, lines) {
  stream.respond({ ':status': status, ...headersOf(lines) });
}

/**
 * Sends an informational response.
 *
 * @param {Http2Stream} stream The stream, not answered yet
 * @param {Number} status The status code
 * @param {String[]} lines The header lines
 * @private
 */
function inform(stream, status, lines) {
  stream.additionalHeaders({ ':status': status, ...headersOf(lines) });
}

/**
 * Ends a stream behind a complete answer. What the client still sends is of no interest: RFC 9113 section 8.1.
 *
 * @param {Http2Stream} stream The stream
 * @param {String} [body] What is left of the body
 * @private
 */
function endAnswered(stream, body) {
  if (stream.writableFinished) setImmediate(close, stream);
  else stream.once('finish', () => setImmediate(close, stream));
  // With some statuses, which have no body, Node ends it together with the head.
  if (!stream.writableEnded) stream.end(body);
}

/**
 * Accepts a stream.
 *
 * @param {Http2Stream} stream The stream
 * @param {String[]} lines The header lines
 * @private
 */
function accept(stream, lines) {
  respond(stream, 200, lines);
}

/**
 * Refuses a stream.
 *
 * @param {Http2Stream} stream The stream
 * @param {Number} status The status code
 * @param {Object} answer The answer
 * @param {String} answer.body The body
 * @param {String[]} answer.lines The header lines
 * @private
 */
function refuseStream(stream, status, { body, lines }) {
  stream.on('error', ignore);
  if (stream.destroyed || stream.closed || stream.headersSent) {
    stream.destroy();
    return;
  }

  respond(stream, status, lines);
  endAnswered(stream, body);
}

module.exports = { accept, endAnswered, inform, refuseStream, respond };

/**
 * Ends the client's side too. Not in the turn of the head: without a body it is written at the end of that, and up from
 * Node 22 the end of the stream would take its place.
 *
 * @param {Http2Stream} stream The stream
 * @private
 */
function close(stream) {
  stream.close(NO_ERROR);
}

/**
 * A client that leaves before it is refused costs nothing.
 *
 * @private
 */
function ignore() {}

/**
 * Writes a value as over HTTP/1.1, where what is not ASCII is UTF-8.
 *
 * @param {String} value The value
 * @return {String} The same, a character per byte
 * @private
 */
function bytesOf(value) {
  return ASCII.test(value) ? value : Buffer.from(value).toString('latin1');
}

/**
 * Reads header lines.
 *
 * @param {String[]} lines The lines
 * @return {Object} The headers
 * @private
 */
function headersOf(lines) {
  const headers = {};

  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();

    if (colon < 1 || LEFT_OUT.has(name)) continue;
    headers[name] = name in headers ? [].concat(headers[name], bytesOf(value)) : bytesOf(value);
  }

  return headers;
}
