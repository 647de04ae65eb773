'use strict';

// Which numbers and names do several files agree on? The states of a WebSocket,
// the opcodes the facade sends, the bits of the two small integers every
// WebSocket carries, and the close codes a frame may state.

/** `readyState`, as the WHATWG numbers them. */
const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;
const READY_STATES = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'];

/** RFC 6455 section 5.2. */
const TEXT = 1;
const BINARY = 2;
const PING = 9;
const PONG = 10;

/** `ws._$flow`: anything but 0 keeps events of this connection back. */
const PAUSED = 1;
const DEFERRED = 2;
const TERMINATED = 4;

/** `ws._$marks`: what has happened on the way to the end. */
const CLOSE_RECEIVED = 1;
const CLOSE_SENT = 2;
const FAILED = 4;
const ERROR_EMITTED = 8;
/** It keeps the process alive. */
const HELD = 16;
/** What rejects in a listener becomes an 'error' (`events.captureRejections`). */
const CAPTURES = 32;
/** `ws.pause()` was called last, not `ws.resume()`; its socket may have been resumed since. */
const ASKED_TO_PAUSE = 64;

const BINARY_TYPES = ['nodebuffer', 'arraybuffer', 'fragments', 'blob'];
const EMPTY_BUFFER = Buffer.alloc(0);

/**
 * Tells whether a close frame may carry a status code (RFC 6455 section 7.4).
 *
 * @param {Number} code The status code
 * @return {Boolean} `true` if an endpoint may send it
 * @private
 */
function isValidStatusCode(code) {
  if (code >= 3000) return code <= 4999;

  return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}

module.exports = {
  ASKED_TO_PAUSE,
  BINARY,
  BINARY_TYPES,
  CAPTURES,
  CLOSED,
  CLOSE_RECEIVED,
  CLOSE_SENT,
  CLOSING,
  CONNECTING,
  DEFERRED,
  EMPTY_BUFFER,
  ERROR_EMITTED,
  FAILED,
  HELD,
  OPEN,
  PAUSED,
  PING,
  PONG,
  READY_STATES,
  TERMINATED,
  TEXT,
  isValidStatusCode
};
