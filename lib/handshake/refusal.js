'use strict';

// How is a request answered that does not become a WebSocket? With a complete
// HTTP response, after which the connection is closed: what follows on it would
// be HTTP/1.1 again (RFC 9931), and nobody is left to read it.

const http = require('http');

const takeover = require('../takeover/takeover');
const { refuseStream } = require('../http2/answer');
const { isStream } = require('../http2/stream');
const { headerLines } = require('./handshake');

/** How long a peer that still sends may go on before it is cut off. */
const LINGER_MS = 1000;

/**
 * Writes a refusal, after any earlier response on the same connection, and
 * closes.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket Its socket
 * @param {Number} status The status code
 * @param {Object} answer The answer
 * @param {String} answer.body The body
 * @param {String[]} answer.lines The header lines
 * @param {Function} [done] Called when the answer went out, or cannot any more
 * @private
 */
function refuse(req, socket, status, { body, lines }, done) {
  takeover.guard(socket);
  takeover.settle(req, socket, (err) => {
    if (done !== undefined) once(socket, done);

    if (err) {
      socket.destroy();
      return;
    }

    if (isStream(socket)) {
      refuseStream(socket, status, { body, lines });
      return;
    }

    socket.once('finish', hasBody(req) ? linger : socket.destroy);
    socket.end([`HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ''}`, ...lines, '', body].join('\r\n'));
  });
}

/**
 * Refuses a request as ws does.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket Its socket
 * @param {Number} status The status code
 * @param {String} [message] The body
 * @param {Object} [headers] More headers
 * @private
 */
function abortHandshake(req, socket, status, message, headers) {
  const body = message || http.STATUS_CODES[status];
  const all = {
    Connection: 'close',
    'Content-Type': 'text/html',
    'Content-Length': Buffer.byteLength(body),
    ...headers
  };

  refuse(req, socket, status, { body, lines: Object.keys(all).map((name) => `${name}: ${all[name]}`) });
}

/**
 * Refuse a request: write a complete response and close the connection.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket Its socket
 * @param {Number} status The status code
 * @param {Object} [answer] The answer
 * @param {String} [answer.body] The body; the status text by default
 * @param {Object} [answer.headers] More headers
 * @return {Promise<void>} Resolved when the answer went out, or cannot any more
 * @throws {TypeError} If a header cannot be written
 * @public
 */
function reject(req, socket, status, { body, headers } = {}) {
  const text = body ?? http.STATUS_CODES[status] ?? '';
  const own = headerLines(headers);
  const names = new Set(Object.keys(headers ?? {}).map((name) => name.toLowerCase()));
  const others = ['Connection: close', 'Content-Type: text/plain', `Content-Length: ${Buffer.byteLength(text)}`].filter(
    (line) => !names.has(line.slice(0, line.indexOf(':')).toLowerCase())
  );

  return new Promise((resolve) => {
    refuse(req, socket, status, { body: text, lines: [...others, ...own] }, resolve);
  });
}

module.exports = { abortHandshake, reject };

/**
 * Calls back when all was written, or when the socket closed before.
 *
 * @param {Duplex} socket The socket
 * @param {Function} done The callback
 * @private
 */
function once(socket, done) {
  if (socket.closed) {
    done();
    return;
  }

  socket.once('finish', done);
  socket.once('close', done);
}

/**
 * Tells whether the request announces a body, which is on its way then.
 *
 * @param {http.IncomingMessage} req The request
 * @return {Boolean} `true` if it does
 * @private
 */
function hasBody({ headers }) {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0;
}

/**
 * Discards what still arrives before it closes. Closed with input unread, the
 * kernel would send an RST, and that can overtake the answer.
 *
 * @private
 */
function linger() {
  const timer = setTimeout(() => this.destroy(), LINGER_MS);

  this.once('end', this.destroy);
  this.once('close', () => clearTimeout(timer));
  this.resume();
}
