'use strict';

// How does a WebSocket come to its end? What `close()` accepts, the close
// frame, who ends the connection when, and the one `'error'` event.

const {
  types: { isUint8Array }
} = require('util');

const {
  CLOSE_RECEIVED,
  CLOSE_SENT,
  EMPTY_BUFFER,
  ERROR_EMITTED,
  FAILED,
  isValidStatusCode
} = require('../base/constants');

/** RFC 6455 section 5.5: 125 bytes, two of which are the code. */
const MAX_REASON = 123;

/**
 * Checks the arguments of `close()`.
 *
 * @param {Number} [code] The status code
 * @param {(String|Uint8Array)} [reason] The reason
 * @return {(String|Uint8Array)} The reason to send
 * @throws {TypeError} If the code or the type of the reason is not acceptable
 * @throws {RangeError} If the reason is too long
 * @private
 */
function checkClose(code, reason) {
  if (code === undefined) return EMPTY_BUFFER;
  if (typeof code !== 'number' || !isValidStatusCode(code)) {
    throw new TypeError('First argument must be a valid error code number');
  }

  if (reason === undefined || !reason.length) return EMPTY_BUFFER;
  if (typeof reason !== 'string' && !isUint8Array(reason)) {
    throw new TypeError('Second argument must be a string or a Uint8Array');
  }

  if (Buffer.byteLength(reason) > MAX_REASON) {
    throw new RangeError('The message must not be greater than 123 bytes');
  }

  return reason;
}

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

module.exports = { checkClose, emitError, sendClose, shutdownWhenDone };
