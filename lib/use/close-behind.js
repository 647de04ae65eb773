'use strict';

// How does a connection end behind a response to an upgrade? Its other half is read to the end first, if there is
// anything: closed with input unread the kernel would send an RST, which can overtake the response. A stream of HTTP/2 ends, and its connection goes on.

const { endAnswered } = require('../http2/answer');
const { isStream } = require('../http2/stream');

/** How long a peer that still sends may go on before it is cut off (ms). */
const LINGER = 1000;

/**
 * Ends a connection whose last response was written.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket Its socket
 * @param {Buffer} head What arrived behind the request
 * @public
 */
function closeBehind(req, socket, head) {
  if (socket.destroyed) return;

  if (isStream(socket)) {
    endAnswered(socket);
    return;
  }

  socket.once('finish', hasMore(req, socket, head) ? linger : socket.destroy);
  socket.end();
}

module.exports = { closeBehind };

/**
 * Tells whether the peer sends more than the request.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket Its socket
 * @param {Buffer} head What arrived behind the request
 * @return {Boolean} `true` if it does
 * @private
 */
function hasMore({ headers }, socket, head) {
  return (
    head?.length > 0 ||
    socket.readableLength > 0 ||
    headers['transfer-encoding'] !== undefined ||
    Number(headers['content-length']) > 0
  );
}

/**
 * Discards what still arrives before it closes.
 *
 * @private
 */
function linger() {
  const timer = setTimeout(() => this.destroy(), LINGER);

  this.once('end', this.destroy);
  this.once('close', () => clearTimeout(timer));
  this.resume();
}
