'use strict';

// How does a WebSocket come to its end? The close frame, who ends the connection when, and the one `'error'` event.

const { CLOSE_RECEIVED, CLOSE_SENT, ERROR_EMITTED, FAILED } = require('../base/constants');

/**
 * Sends the close frame; from here on nothing else is sent.
 *
 * @param {WebSocket} ws The WebSocket
 * @param {Number} [code] The status code
 * @param {(String|Uint8Array)} reason The reason
 * @private
 */
function sendClose(ws, code, reason) {
  if (ws._$channel === null) return;

  ws._$channel.close(ws, code, reason);
  ws._$marks |= CLOSE_SENT;
  shutdownWhenDone(ws);
}

/**
 * Ends our side of the connection when our close frame was sent and nothing is
 * expected from the peer any more. RFC 6455 section 7.1.1: the server closes
 * the connection first.
 *
 * @param {WebSocket} ws The WebSocket
 * @private
 */
function shutdownWhenDone(ws) {
  if (ws._$channel === null || (ws._$marks & CLOSE_SENT) === 0) return;
  if ((ws._$marks & (CLOSE_RECEIVED | FAILED)) !== 0) ws._$channel.shutdown(ws);
}

/**
 * Emits the `'error'` event, at most once per connection.
 *
 * @param {WebSocket} ws The WebSocket
 * @param {Error} err The error
 * @private
 */
function emitError(ws, err) {
  if ((ws._$marks & ERROR_EMITTED) !== 0) return;

  ws._$marks |= ERROR_EMITTED;
  ws.emit('error', err);
}

module.exports = { emitError, sendClose, shutdownWhenDone };
