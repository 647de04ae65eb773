'use strict';

// How does a hand-written `'upgrade'` listener get a WebSocket, without a
// server object in between? With one call that judges the request, answers it,
// and hands over the open WebSocket.

const WebSocket = require('../websocket/websocket');
const deflate = require('../handshake/deflate');
const takeover = require('../takeover/takeover');
const { establish } = require('../transport/attach');
const { continueBefore } = require('../handshake/expectation');
const { isStreamRequest } = require('../http2/request');
const { HandshakeError } = require('../base/errors');
const { agree, completed } = require('../handshake/verdict');
const { reject } = require('../handshake/refusal');
const {
  NOT_WEBSOCKET,
  accepted,
  inspectStrictly,
  responseLines,
  responseOf,
  streamLines
} = require('../handshake/handshake');

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
 *     another protocol nothing is written and the socket is left as it was, as
 *     with a `RangeError` or `TypeError` about an option. What a function of the
 *     application throws was answered with 500
 * @public
 */
async function upgrade(req, socket, head, options) {
  const { lines, options: all } = completed({ WebSocket, ...options });
  let verdict = inspectStrictly(req);
  let handshake;

  if (verdict.code === NOT_WEBSOCKET) return accepted(verdict);
  takeover.checkFree(socket);

  try {
    if (verdict.status === 101) verdict = agree(req, verdict, all);
    if (verdict.status === 101) handshake = prepare(req, verdict, lines, all);
  } catch (err) {
    await reject(req, socket, 500);
    throw err;
  }

  if (verdict.status !== 101) return refuseWith(req, socket, verdict);

  return new Promise((resolve, fail) => {
    establish(handshake.ws, { req, socket, head }, handshake.response, all, {
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
 * Makes what an accepted request gets: a WebSocket on this side, and a response.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Object} verdict The verdict
 * @param {String[]} lines The application's own header lines
 * @param {Object} options The options, with their defaults filled in
 * @return {Object} `{ response, ws }`
 * @throws {*} What the application's class of WebSockets throws
 * @private
 */
function prepare(req, { accept, agreed, isContinued, protocol }, lines, options) {
  const ws = new options.WebSocket(null, undefined, options);

  deflate.use(ws, agreed);
  if (protocol) ws._protocol = protocol;

  const response = isStreamRequest(req)
    ? streamLines(protocol, agreed?.agreed).concat(lines)
    : responseOf(continueBefore(isContinued, responseLines(accept, protocol, agreed?.agreed)).concat(lines));

  return { response, ws };
}

/**
 * Answers a refused request.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket Its socket
 * @param {Object} verdict The verdict
 * @throws {HandshakeError} Always, when the answer went out
 * @private
 */
async function refuseWith(req, socket, verdict) {
  await reject(req, socket, verdict.status, {
    body: verdict.message,
    headers: Object.fromEntries(verdict.headers)
  });
  accepted(verdict);
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
