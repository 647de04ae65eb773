'use strict';

// What is `ws._sender`? The one method of it that packages call: Socket.IO frames a broadcast once and has the frame
// written to every connection. It takes its place among everything else that is sent.

const {
  types: { isUint8Array }
} = require('util');

const backpressure = require('./backpressure');
const outbox = require('./outbox');
const { OPEN } = require('../base/constants');

/** RFC 6455 section 5.2: no header is longer. */
const LONGEST_HEADER = 14;

/**
 * The sending side of a WebSocket, for frames that are encoded already.
 */
class ConnectionSender {
  /**
   * Create it.
   *
   * @param {WebSocket} ws The WebSocket
   */
  constructor(ws) {
    this._ws = ws;
  }

  /**
   * The bytes that were sent and have not been taken.
   *
   * @type {Number}
   */
  get _bufferedBytes() {
    return this._ws.bufferedAmount;
  }

  /**
   * The socket of the WebSocket.
   *
   * @type {?Duplex}
   */
  get _socket() {
    return this._ws._socket;
  }

  /**
   * Sends a frame as it is.
   *
   * @param {(Buffer|String)[]} list Its pieces, as `Sender.frame()` returns them
   * @param {Function} [cb] Called when it was written
   * @throws {TypeError} If there is nothing, or something that is no bytes
   * @public
   */
  sendFrame(list, cb) {
    const ws = this._ws;
    const pieces = list.length === 0 ? [bytesOf(undefined)] : list.map(bytesOf);

    if (ws._readyState !== OPEN) {
      outbox.refuse(ws, undefined, cb);
      return;
    }

    if (!backpressure.admits(ws, cb)) return;

    if (pieces.length === 2 && pieces[0].length <= LONGEST_HEADER) {
      outbox.postRaw(ws, pieces[0], pieces[1], cb);
    } else {
      const frame = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);

      outbox.postRaw(ws, frame.subarray(0, LONGEST_HEADER), frame.subarray(LONGEST_HEADER), cb);
    }
  }
}

module.exports = { ConnectionSender };

/**
 * @param {(Uint8Array|String)} piece A piece of a frame
 * @return {Uint8Array} Its bytes
 * @throws {TypeError} If it has none, as a stream would
 * @private
 */
function bytesOf(piece) {
  if (isUint8Array(piece)) return piece;
  if (typeof piece === 'string') return Buffer.from(piece);
  if (ArrayBuffer.isView(piece)) return Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);

  const err = new TypeError(
    `The "chunk" argument must be of type string or an instance of Buffer, TypedArray, or DataView. Received ${typeof piece}`
  );

  err.code = 'ERR_INVALID_ARG_TYPE';
  throw err;
}
