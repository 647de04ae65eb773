'use strict';

// What does the application of a `WebSocketServer` have a say in? Its hooks turn clients away, deal with requests that
// are no proper handshakes, and add to the response.

const deflate = require('../handshake/deflate');
const { plainResponse, responseLines, responseOf, streamLines } = require('../handshake/handshake');
const { abortHandshake } = require('../handshake/refusal');
const { continueBefore } = require('../handshake/expectation');
const { isStreamRequest } = require('../http2/request');
const { breakOff } = require('../http2/stream');
const { ownEmit } = require('../base/own-emit');

/** A request that makes no HTTP/2 gets no answer of HTTP/2. */
const CONNECTION_FIELD = 'ERR_UPSHIFT_CONNECTION_FIELD';

/** What a client is told whose offers are wrong, or leave nothing to choose. */
const UNACCEPTABLE = 'Invalid or unacceptable Sec-WebSocket-Extensions header';

/**
 * Asks the application whether it wants this client.
 *
 * @param {WebSocketServer} wss The WebSocket server
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket Its socket
 * @param {Object} verdict What was found out about the request
 * @param {Function} next Called if it does
 * @private
 */
function verify(wss, req, socket, { version }, next) {
  const { verifyClient } = wss.options;

  if (!verifyClient) {
    next();
    return;
  }

  const info = {
    origin: req.headers[version === 8 ? 'sec-websocket-origin' : 'origin'],
    secure: Boolean(req.socket.authorized || req.socket.encrypted),
    req
  };

  if (verifyClient.length === 2) {
    wss.options.verifyClient(info, (verified, code, message, headers) => {
      if (verified) next();
      else abortHandshake(req, socket, code || 401, message, headers);
    });
  } else if (wss.options.verifyClient(info)) {
    next();
  } else {
    abortHandshake(req, socket, 401);
  }
}

/**
 * Refuses a request that is no proper handshake, or leaves that to the
 * application.
 *
 * @param {WebSocketServer} wss The WebSocket server
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket Its socket
 * @param {Object} verdict What is wrong with it
 * @private
 */
function refuse(wss, req, socket, { code, headers, message, status }) {
  if (code === CONNECTION_FIELD) {
    breakOff(socket);
    return;
  }

  if (wss.listenerCount('wsClientError') === 0) {
    const extra = Object.fromEntries(headers);

    abortHandshake(req, socket, status, message, extra);
    return;
  }

  const err = new Error(message);

  Error.captureStackTrace(err, refuse);
  wss.emit('wsClientError', err, socket, req);
}

/**
 * Negotiates extensions.
 *
 * @param {WebSocketServer} wss The WebSocket server
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket Its socket
 * @return {?Object} What was agreed on, by name; `null` if the request was refused
 * @private
 */
function extensionsFor(wss, req, socket) {
  const { perMessageDeflate } = wss.options;
  const offers = req.headers['sec-websocket-extensions'];

  if (!perMessageDeflate || offers === undefined) return {};

  try {
    const agreed = deflate.acceptOffers(perMessageDeflate, offers);

    return agreed === null ? {} : { [deflate.NAME]: agreed };
  } catch {
    refuse(wss, req, socket, { headers: [], message: UNACCEPTABLE, status: 400 });
    return null;
  }
}

/**
 * The response to a handshake that is accepted.
 *
 * @param {WebSocketServer} wss The WebSocket server
 * @param {http.IncomingMessage} req The request
 * @param {Object} verdict What was found out about the request
 * @param {String} verdict.accept The value of the `Sec-WebSocket-Accept` header
 * @param {Boolean} [verdict.isContinued] Whether a 100 comes before it
 * @param {WebSocket} ws The WebSocket, with what was negotiated
 * @return {(String|String[])} The response, a character per byte; for a stream of HTTP/2 its header lines
 * @private
 */
function responseFor(wss, req, { accept, isContinued }, { _$config: { deflate: agreed }, _protocol: protocol }) {
  const isOverStream = isStreamRequest(req);

  // Whoever has replaced `emit` sees all events.
  const isUnheard = wss.emit === ownEmit && wss.listenerCount('headers') === 0;

  if (!isOverStream && !isContinued && protocol === '' && agreed === null && isUnheard) return plainResponse(accept);

  const lines = isOverStream ? streamLines(protocol, agreed?.agreed) : responseLines(accept, protocol, agreed?.agreed);

  wss.emit('headers', lines, req);
  return isOverStream ? lines : responseOf(continueBefore(isContinued, lines));
}

module.exports = { extensionsFor, refuse, responseFor, verify };
