'use strict';

// How does a hand-written `'upgrade'` listener get a WebSocket, without a
// server object in between? With one call that judges the request, answers it,
// and hands over the open WebSocket.

const WebSocket = require('../websocket/websocket');
const deflate = require('../handshake/deflate');
const takeover = require('../takeover/takeover');
const { establish } = require('../transport/attach');
const { isStreamRequest } = require('../http2/request');
const { HandshakeError } = require('../base/errors');
const { UPGRADE_DEFAULTS, checkOptions } = require('../base/options');
const { reject } = require('../handshake/refusal');
const {
  NOT_WEBSOCKET,
  accepted,
  headerLines,
  inspectStrictly,
  responseLines,
  responseOf,
  streamLines
} = require('../handshake/handshake');

/** The verdict about offers of compression that are wrong, or leave nothing to choose. */
const UNACCEPTABLE = {
  code: 'ERR_UPSHIFT_INVALID_EXTENSIONS',
  headers: [],
  message: 'Invalid or unacceptable Sec-WebSocket-Extensions header',
  status: 400
};

/**
 * Upgrade a request to a WebSocket.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket Its socket
 * @param {Buffer} head What arrived behind it
 * @param {Object} [options] Options, those of a `WebSocketServer` that concern a
 *     connection, and:
 * @param {Function} [options.handleProtocols] `(protocols, req)`, chooses the
 *     subprotocol; without it the first one offered is chosen
 * @param {Object} [options.headers] More headers for the response
 * @return {Promise<WebSocket>} The open WebSocket. Rejected with a
 *     `HandshakeError` after the refusal went out; when the request asks for
 *     another protocol nothing is written and the socket is left as it was
 * @public
 */
async function upgrade(req, socket, head, options) {
  options = { WebSocket, ...UPGRADE_DEFAULTS, ...options };
  options.maxBackpressure ??= UPGRADE_DEFAULTS.maxBackpressure;
  checkOptions(options);
  deflate.check(options.perMessageDeflate);

  const lines = headerLines(options.headers);
  const verdict = inspectStrictly(req);

  if (verdict.status !== 101) return refuseWith(req, socket, verdict);

  takeover.guard(socket);

  const agreed = agreementFor(options, req);

  if (agreed === undefined) return refuseWith(req, socket, UNACCEPTABLE);

  const { handleProtocols } = options;
  const protocol = chooseProtocol(verdict.protocols, handleProtocols, req);
  const ws = new options.WebSocket(null, undefined, options);

  deflate.use(ws, agreed);
  if (protocol) ws._protocol = protocol;

  const response = isStreamRequest(req)
    ? streamLines(protocol, agreed?.agreed).concat(lines)
    : responseOf(responseLines(verdict.accept, protocol, agreed?.agreed).concat(lines));

  return new Promise((resolve, fail) => {
    establish(ws, { req, socket, head }, response, options, {
      onOpen: resolve,
      onFail() {
        socket.destroy();
        fail(closedTooEarly());
      }
    });
  });
}

module.exports = { upgrade };

/**
 * Answers a refused request, unless it was never ours.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket Its socket
 * @param {Object} verdict The verdict
 * @throws {HandshakeError} Always, when the answer went out
 * @private
 */
async function refuseWith(req, socket, verdict) {
  if (verdict.code !== NOT_WEBSOCKET) {
    await reject(req, socket, verdict.status, {
      body: verdict.message,
      headers: Object.fromEntries(verdict.headers)
    });
  }

  accepted(verdict);
}

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

/**
 * Chooses a subprotocol.
 *
 * @param {String[]} protocols The ones the client offers
 * @param {?Function} handleProtocols The application's choice
 * @param {http.IncomingMessage} req The request
 * @return {(String|undefined)} The subprotocol, if there is to be one
 * @private
 */
function chooseProtocol(protocols, handleProtocols, req) {
  if (protocols.length === 0) return undefined;
  if (handleProtocols == null) return protocols[0];

  return handleProtocols(new Set(protocols), req) || undefined;
}

/**
 * @return {HandshakeError} The error for a peer that left before the answer
 * @private
 */
function closedTooEarly() {
  return new HandshakeError('The socket was closed before the handshake was answered', {
    code: 'ERR_UPSHIFT_SOCKET_CLOSED',
    status: 0
  });
}
