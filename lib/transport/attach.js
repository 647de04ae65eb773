'use strict';

// How does an accepted request become a running connection? Its socket is taken
// over, a channel gets it together with the 101, and the WebSocket is open.

const channels = require('../channel/channel');
const takeover = require('../takeover/takeover');
const { SocketLink } = require('./socket-link');
const { StreamTransport } = require('./stream-transport');
const { accept } = require('../http2/answer');
const { isStream } = require('../http2/stream');
const { keepAwake } = require('../http2/idle');
const { transportOf } = require('../base/options');

/**
 * Attaches a WebSocket to a channel: at once, unless an earlier response on the
 * connection is unfinished.
 *
 * @param {WebSocket} ws The WebSocket
 * @param {Object} upgrade What Node's `'upgrade'` event has brought
 * @param {http.IncomingMessage} upgrade.req The request
 * @param {Duplex} upgrade.socket Its socket
 * @param {Buffer} upgrade.head What arrived behind it
 * @param {(String|String[])} response The response, a character per byte; the header lines for a stream of HTTP/2
 * @param {Object} options The options, with their defaults filled in
 * @param {Object} then What happens then
 * @param {Function} then.onOpen Called when the WebSocket is open
 * @param {Function} then.onFail Called with an error when the socket closed
 *     before the handshake was answered
 * @throws {Error} If the socket was taken over before
 * @private
 */
function attach(ws, { req, socket, head }, response, options, then) {
  const { releaseSocket } = options;
  const connection = new SocketLink(ws, releaseSocket ? null : socket);
  let channel = null;

  takeover.take(req, socket, head, {
    connection,
    isPossible() {
      channel = channels.forSocket(ws._$config);
      return channel !== null;
    },
    onFail: then.onFail,
    onReady(result) {
      if (result.kind === 'fd') runOnDescriptor(ws, connection, channel, result, response);
      else runOnStream(ws, result, response);

      ws._$onOpen();
      then.onOpen(ws);
    },
    releaseSocket,
    transport: transportOf(options)
  });
}

/**
 * Gives a descriptor to the engine.
 *
 * @param {WebSocket} ws The WebSocket
 * @param {SocketLink} link The other end of the socket's stub
 * @param {Object} channel The channel
 * @param {Object} taken What was taken over
 * @param {String} response The response
 * @private
 */
function runOnDescriptor(ws, link, channel, { fd, isPaused, leftover }, response) {
  ws._$link = link;
  channel.attach(ws, ws._$config, response, leftover, fd);
  if (isPaused) ws._$onPause();
}

/**
 * Runs the connection over a stream.
 *
 * @param {WebSocket} ws The WebSocket
 * @param {Object} taken What was taken over
 * @param {(String|String[])} response The response
 * @private
 */
function runOnStream(ws, { duplex, isPaused, leftover }, response) {
  if (typeof response !== 'string') {
    accept(duplex, response);
    response = '';
  }

  if (isStream(duplex)) keepAwake(duplex);

  const channel = channels.stream(ws._$config);
  const transport = new StreamTransport(ws, channel, duplex);

  ws._$link = transport;
  channel.attach(ws, ws._$config, response, null, transport);
  transport.open(leftover);
  if (isPaused) ws._$onPause();
  // Whoever writes to the stream from now on writes behind the response.
  channel.catchUp();
}

/**
 * Attaches a WebSocket whose handshake was made here: through its `setSocket()`, if the application has one of its own.
 *
 * @param {WebSocket} ws The WebSocket
 * @param {Object} upgrade As for `attach()`
 * @param {(String|String[])} response As for `attach()`
 * @param {Object} options As for `attach()`
 * @param {Object} then As for `attach()`
 * @throws {Error} If the socket was taken over before
 * @private
 */
function establish(ws, upgrade, response, options, then) {
  if (ws._$isOwn('setSocket')) handOver(ws, upgrade, response, options, then);
  else attach(ws, upgrade, response, options, then);
}

module.exports = { attach, establish };

/**
 * Answers the request, and has the application go on.
 *
 * @param {WebSocket} ws The WebSocket
 * @param {Object} upgrade As for `attach()`
 * @param {(String|String[])} response As for `attach()`
 * @param {Object} options As for `attach()`
 * @param {Object} then As for `attach()`
 * @throws {Error} If the socket was taken over before
 * @private
 */
function handOver(ws, { req, socket, head }, response, options, then) {
  takeover.guard(socket);
  takeover.checkFree(socket);
  takeover.settle(req, socket, (err) => {
    if (err) {
      then.onFail(err);
      return;
    }

    if (typeof response !== 'string') accept(socket, response);
    else if (response !== '') socket.write(response, 'latin1');

    ws.setSocket(socket, head, settingsOf(options));
    then.onOpen(ws);
  });
}

/**
 * What `setSocket()` is told.
 *
 * @param {Object} options The options, with their defaults filled in
 * @return {Object} Those that concern it
 * @private
 */
function settingsOf({
  allowSynchronousEvents,
  generateMask,
  maxBufferedChunks,
  maxFragments,
  maxPayload,
  releaseSocket,
  skipUTF8Validation,
  transport
}) {
  return {
    allowSynchronousEvents,
    generateMask,
    maxBufferedChunks,
    maxFragments,
    maxPayload,
    releaseSocket,
    skipUTF8Validation,
    transport
  };
}
