'use strict';

// How is a request answered that does not become a WebSocket? With a complete
// HTTP response, after which the connection is closed: what follows on it would
// be HTTP/1.1 again (RFC 9931), and nobody is left to read it, unless whoever
// refuses wants just that.

const http = require('http');

const takeover = require('../takeover/takeover');
const { refuseStream } = require('../http2/answer');
const { isStream } = require('../http2/stream');
const { headerLines } = require('./handshake');
const { serve } = require('../takeover/give-back');

/** How long a peer that still sends may go on before it is cut off. */
const LINGER_MS = 1000;

/** Fields that say where a response ends; what the application says about that would only be wrong. */
const FRAMING = ['connection', 'content-length', 'keep-alive', 'trailer', 'transfer-encoding'];

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
    socket.end(responseOf(status, lines, body));
  });
}

/**
 * Writes a refusal, after any earlier response on the same connection, and lets
 * the server go on with it.
 *
 * @param {http.IncomingMessage} req The request
 * @param {net.Socket} socket Its socket
 * @param {Buffer} head What arrived behind it
 * @param {String} response The response
 * @param {Function} done Called when the answer went out, or cannot any more
 * @private
 */
function refuseAndGoOn(req, socket, head, response, done) {
  const { server } = socket;

  takeover.guard(socket);
  takeover.settle(req, socket, (err) => {
    if (err) {
      socket.destroy();
      done();
      return;
    }

    takeover.unguard(socket);
    socket.write(response, () => done());
    serve(server, socket, head);
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
 * Refuse a request: write a complete response and close the connection, or go on
 * with it as HTTP/1.1.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket Its socket
 * @param {Number} status The status code
 * @param {Object} [answer] The answer
 * @param {String} [answer.body] The body; the status text by default
 * @param {Buffer} [answer.head] What came with the request; read as HTTP/1.1 if
 *     the connection goes on
 * @param {Object} [answer.headers] More headers; those that say where the response ends are ours
 * @param {Boolean} [answer.keepAlive=false] Whether the connection goes on as
 *     HTTP/1.1, unless the client wants it closed or sends a body
 * @return {Promise<void>} Resolved when the answer went out, or cannot any more
 * @throws {TypeError} If a header cannot be written
 * @public
 */
function reject(req, socket, status, { body, head, headers, keepAlive = false } = {}) {
  const text = body ?? http.STATUS_CODES[status] ?? '';
  const own = headerLines(headers).filter((line) => !FRAMING.includes(nameOf(line)));
  const goesOn = keepAlive && canGoOn(req, socket);
  // What may be asked for instead is an option of the connection too (RFC 9110 section 7.8).
  const offer = own.some((line) => nameOf(line) === 'upgrade') ? 'Upgrade, ' : '';
  const lines = [
    `Connection: ${offer}${goesOn ? 'keep-alive' : 'close'}`,
    ...(own.some((line) => nameOf(line) === 'content-type') ? [] : ['Content-Type: text/plain']),
    `Content-Length: ${Buffer.byteLength(text)}`,
    ...own
  ];

  return new Promise((resolve) => {
    if (goesOn) refuseAndGoOn(req, socket, head, responseOf(status, lines, req.method === 'HEAD' ? '' : text), resolve);
    else refuse(req, socket, status, { body: text, lines }, resolve);
  });
}

module.exports = { abortHandshake, reject };

/**
 * @param {String} line A header line
 * @return {String} The name of its field
 * @private
 */
function nameOf(line) {
  return line.slice(0, line.indexOf(':')).toLowerCase();
}

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
 * Puts a response together.
 *
 * @param {Number} status The status code
 * @param {String[]} lines The header lines
 * @param {String} body The body
 * @return {String} The response
 * @private
 */
function responseOf(status, lines, body) {
  return [`HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ''}`, ...lines, '', body].join('\r\n');
}

/**
 * Tells whether a connection can go on as HTTP/1.1 after this request: there is
 * a server to read it, the client does not want it closed, and no body is on its
 * way.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket What came with it
 * @return {Boolean} `true` if it can
 * @private
 */
function canGoOn(req, socket) {
  const { headers, httpVersion } = req;

  if (socket !== req.socket || socket.server === undefined || httpVersion !== '1.1') return false;

  return !hasBody(req) && !/(?:^|,)\s*close\s*(?:$|,)/i.test(headers.connection ?? '');
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
