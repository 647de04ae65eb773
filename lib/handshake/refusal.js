'use strict';

// How is a request answered that does not become a WebSocket? With a complete
// HTTP response, after which the connection is closed: what follows on it would
// be HTTP/1.1 again (RFC 9931), and nobody is left to read it, unless whoever
// refuses wants just that.

const http = require('http');

const takeover = require('../takeover/takeover');
const { refuseStream } = require('../http2/answer');
const { isStream } = require('../http2/stream');
const { headerLines, nameOf } = require('./handshake');
const { serve } = require('../takeover/give-back');

/** How long a peer that still sends may go on before it is cut off. */
const LINGER_MS = 1000;

/** Fields that say where a response ends; what the application says about that would only be wrong. */
const FRAMING = ['connection', 'content-length', 'keep-alive', 'trailer', 'transfer-encoding'];

/** What a status may be that ends an exchange; HTTP/2 of Node.js knows no class above 5xx. */
const FIRST_STATUS = 200;
const LAST_STATUS = 999;
const LAST_STREAM_STATUS = 599;

/** Statuses without content, and whether they say so with a length (RFC 9110 sections 8.6, 15.3.5, 15.3.6 and 15.4.5). */
const WITHOUT_CONTENT = new Map([
  [204, false],
  [205, true],
  [304, false]
]);

/** The sockets that were refused: a second answer would end up inside the first one. */
const refused = new WeakSet();

/**
 * Writes a refusal, after any earlier response on the same connection, and
 * closes. Where that was done before, nothing is written.
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
  if (refused.has(socket)) {
    if (done !== undefined) once(socket, done);
    return;
  }

  refused.add(socket);
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
  const text = message || http.STATUS_CODES[status];
  const all = {
    Connection: 'close',
    'Content-Type': 'text/html',
    'Content-Length': Buffer.byteLength(text),
    ...headers
  };
  const lines = Object.keys(all).map((name) => `${name}: ${all[name]}`);

  refuse(req, socket, status, { body: contentFor(req, text), lines });
}

/**
 * Refuse a request: write a complete response and close the connection, or go on
 * with it as HTTP/1.1. A request that was refused before is not answered again.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket Its socket
 * @param {Number} status The status code, of a final response
 * @param {Object} [answer] The answer
 * @param {String} [answer.body] The body; the status text by default
 * @param {Buffer} [answer.head] What came with the request; read as HTTP/1.1 if
 *     the connection goes on
 * @param {Object} [answer.headers] More headers; those that say where the response ends are ours
 * @param {Boolean} [answer.keepAlive=false] Whether the connection goes on as
 *     HTTP/1.1, unless the client wants it closed or sends a body
 * @return {Promise<void>} Resolved when the answer went out, or cannot any more. Rejected when nothing was written: with a
 *     `RangeError` or `TypeError` about an argument, which leaves the socket as it was, or with `ERR_UPSHIFT_TAKEN`
 * @public
 */
async function reject(req, socket, status, answer) {
  const { head, keepAlive = false } = answer ?? {};

  // It may be the client's next request.
  if (keepAlive && head == null) {
    throw new TypeError(
      'With "keepAlive", pass the "head" of the upgrade event too: what follows on the connection begins there'
    );
  }

  const goesOn = keepAlive && canGoOn(req, socket);
  const code = statusOf(socket, status);
  const { body, lines } = answerOf(req, code, goesOn, answer ?? {});

  takeover.checkFree(socket);
  takeover.guard(socket);
  await new Promise((resolve, fail) => {
    takeover.settle(req, socket, () => {
      // A handshake may have waited for the same response, and taken its turn first.
      if (takeover.isTaken(socket)) fail(takeover.taken());
      else if (goesOn) refuseAndGoOn(req, socket, head, responseOf(code, lines, body), resolve);
      else refuse(req, socket, code, { body, lines }, resolve);
    });
  });
}

/**
 * Refuses a request in place of the application, unless that has taken the socket by itself meanwhile: then there is
 * nothing to answer, and nobody to be told.
 *
 * @param {...*} answer As for `reject()`
 * @return {Promise<void>} As of `reject()`
 * @private
 */
async function decline(...answer) {
  try {
    await reject(...answer);
  } catch (err) {
    if (err.code !== 'ERR_UPSHIFT_TAKEN') throw err;
  }
}

module.exports = { abortHandshake, decline, reject };

/**
 * Reads a status code as Node.js does.
 *
 * @param {Duplex} socket The socket it is for
 * @param {*} status The status code
 * @return {Number} It
 * @throws {RangeError} If it is none of a final response
 * @private
 */
function statusOf(socket, status) {
  const code = Math.trunc(Number(status));
  const last = isStream(socket) ? LAST_STREAM_STATUS : LAST_STATUS;

  if (code >= FIRST_STATUS && code <= last) return code;

  const err = new RangeError(
    `The status of a refusal must be between ${FIRST_STATUS} and ${last}, not ${String(status)}`
  );

  err.code = 'ERR_HTTP_INVALID_STATUS_CODE';
  throw err;
}

/**
 * Puts the header lines and the body of a refusal together.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Number} status The status code
 * @param {Boolean} goesOn Whether the connection goes on
 * @param {Object} answer What the application says
 * @return {Object} `{ body, lines }`
 * @throws {TypeError} If it cannot be written
 * @private
 */
function answerOf(req, status, goesOn, { body, headers }) {
  const text = WITHOUT_CONTENT.has(status) ? '' : (body ?? http.STATUS_CODES[status] ?? '');

  if (typeof (body ?? text) !== 'string') throw new TypeError('The "body" of an answer must be a string');

  const own = headerLines(headers).filter((line) => !FRAMING.includes(nameOf(line)));
  // What may be asked for instead is an option of the connection too (RFC 9110 section 7.8).
  const offer = own.some((line) => nameOf(line) === 'upgrade') ? 'Upgrade, ' : '';
  const lines = [`Connection: ${offer}${goesOn ? 'keep-alive' : 'close'}`];

  if (!WITHOUT_CONTENT.has(status) && !own.some((line) => nameOf(line) === 'content-type'))
    lines.push('Content-Type: text/plain');
  if (WITHOUT_CONTENT.get(status) ?? true) lines.push(`Content-Length: ${Buffer.byteLength(text)}`);

  return { body: contentFor(req, text), lines: lines.concat(own) };
}

/**
 * What is sent of a body: nothing in answer to HEAD, whatever length is named (RFC 9110 section 9.3.2).
 *
 * @param {http.IncomingMessage} req The request
 * @param {String} text The body
 * @return {String} What is sent
 * @private
 */
function contentFor({ method }, text) {
  return method === 'HEAD' ? '' : text;
}

/**
 * Calls back when all was written, or when the socket closed before.
 *
 * @param {Duplex} socket The socket
 * @param {Function} done The callback
 * @private
 */
function once(socket, done) {
  if (socket.closed || socket.writableFinished) {
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
