'use strict';

// How does a `ServerResponse` answer over HTTP/2? It puts its head together for HTTP/1.1 as ever, middleware and all; that
// becomes the head of the stream instead of text in it. What it writes from there on is the body.

const { ServerResponse } = require('node:http');

const { inform, respond } = require('../http2/answer');

/** What writes to the socket of a response. */
const { _writeRaw: write } = ServerResponse.prototype;

/**
 * Has a response write to a stream.
 *
 * @param {http.ServerResponse} res The response, to which the stream is assigned
 * @param {Http2Stream} stream The stream
 * @public
 */
function writeTo(res, stream) {
  res._writeRaw = (data, encoding, callback) => {
    // All methods for hints and the like end here, those of later versions of Node too.
    if (!res._header) sayBefore(stream, data);
    // Node 20 frees what is written together with an empty piece behind it before it is sent.
    else if (data.length > 0) return write.call(res, data, encoding, callback);

    if (typeof callback === 'function') process.nextTick(callback);
    return true;
  };
}

/**
 * Sends the head of a response.
 *
 * @param {http.ServerResponse} res The response, whose head is complete
 * @param {Http2Stream} stream The stream
 * @throws {TypeError} If it makes none of HTTP/2: one field twice that can only be there once
 * @public
 */
function sendHead(res, stream) {
  res._headerSent = true;
  // A coding of HTTP/1.1, if somebody has asked for it.
  res.chunkedEncoding = false;
  if (isWaiting(stream)) respond(stream, res.statusCode, res._header.split('\r\n'));
}

module.exports = { sendHead, writeTo };

/**
 * Sends an informational response.
 *
 * @param {Http2Stream} stream The stream
 * @param {String} head Its head
 * @private
 */
function sayBefore(stream, head) {
  const [first, ...lines] = head.split('\r\n');

  if (isWaiting(stream)) inform(stream, Number(first.split(' ')[1]), lines);
}

/**
 * Tells whether anybody waits for an answer.
 *
 * @param {Http2Stream} stream The stream
 * @return {Boolean} `true` if so
 * @private
 */
function isWaiting(stream) {
  return !stream.destroyed && !stream.closed && !stream.headersSent;
}
