'use strict';

// What is `ws._sender`? A Sender whose frames take their place among everything else that the WebSocket sends. Socket.IO
// frames a broadcast once and has the frame written to every connection; proxies have it send what a WebSocket would refuse.

const {
  types: { isUint8Array }
} = require('util');

const Sender = require('../codec/sender');
const backpressure = require('./backpressure');
const outbox = require('./outbox');
const { frame } = require('../codec/frame');
const { payloadOf } = require('../codec/payload');
const { BINARY, OPEN, TEXT } = require('../base/constants');

const CLOSE = 8;

/** RFC 6455 section 5.2: no header is longer. */
const LONGEST_HEADER = 14;

/**
 * The sending side of a WebSocket. It has one field: a broadcast makes as many of these as there are connections.
 *
 * @extends Sender
 */
class ConnectionSender extends Sender {
  /**
   * Makes the one of a WebSocket, without what a Sender keeps for the stream it would write to.
   *
   * @param {WebSocket} ws The WebSocket
   * @return {ConnectionSender} It
   * @private
   */
  static of(ws) {
    const sender = Object.create(ConnectionSender.prototype);

    sender._ws = ws;
    return sender;
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
   * Sends a message, or a fragment of one.
   *
   * @param {*} data The payload
   * @param {Object} options As for a Sender
   * @param {Function} [cb] Called when it was written
   * @public
   */
  send(data, { binary, compress, fin, mask }, cb) {
    const ws = this._ws;
    const payload = payloadOf(data);

    if (!isOpen(ws, cb) || !backpressure.admits(ws, cb)) return;

    outbox.post(ws, payload, binary ? BINARY : TEXT, Boolean(fin), Boolean(mask), cb, !compress);
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

    if (!isOpen(ws, cb) || !backpressure.admits(ws, cb)) return;

    if (pieces.length === 2 && pieces[0].length <= LONGEST_HEADER) {
      outbox.postRaw(ws, pieces[0], pieces[1], cb);
    } else {
      const whole = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);

      outbox.postRaw(ws, whole.subarray(0, LONGEST_HEADER), whole.subarray(LONGEST_HEADER), cb);
    }
  }

  /**
   * Sends a control frame. That of a close is none of the WebSocket's own, which goes on as it is.
   *
   * @param {Object} entry The frame
   * @private
   */
  _post({ cb, mask, opcode, payload }) {
    const ws = this._ws;

    if (!isOpen(ws, cb)) return;

    if (opcode === CLOSE) {
      this.sendFrame(frame(payload, { fin: true, generateMask: ws._$config.generateMask, mask, opcode }), cb);
    } else {
      outbox.post(ws, payload, opcode, true, Boolean(mask), cb);
    }
  }
}

module.exports = { ConnectionSender };

/**
 * Whether something can be sent; if not, the callback hears of it.
 *
 * @param {WebSocket} ws The WebSocket
 * @param {Function} [cb] The callback
 * @return {Boolean} `true` if it can
 * @private
 */
function isOpen(ws, cb) {
  if (ws._readyState === OPEN) return true;

  outbox.refuse(ws, undefined, cb);
  return false;
}

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
