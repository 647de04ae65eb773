'use strict';

// What do frames mean that arrive over a stream that is no connection of ours? The class of that name in ws, for those who
// use it by itself: bytes are written to it, and it emits what they meant. The engine's session does the work, inflating
// too, on the thread that writes: it is the engine's threads that are missing here.

const { Writable } = require('stream');

const native = require('../base/native');
const { NAME, agreementOf } = require('../handshake/deflate');
const { protocolError } = require('../base/errors');
const { fragmentsOf } = require('../channel/message-memory');
const { BINARY, BINARY_TYPES, EMPTY_BUFFER, PING, PONG, TEXT } = require('../base/constants');

const FAILED = 0;
const CLOSE = 8;

/**
 * Receives frames.
 *
 * @extends Writable
 */
class Receiver extends Writable {
  /**
   * Create a `Receiver`.
   *
   * @param {Object} [options] Options
   * @param {Boolean} [options.allowSynchronousEvents=true] Whether several events can be emitted in the same tick
   * @param {String} [options.binaryType='nodebuffer'] The form in which binary messages are emitted
   * @param {Object} [options.extensions] The negotiated extensions
   * @param {Boolean} [options.isServer=false] Whether the frames come from a client
   * @param {Number} [options.maxBufferedChunks=0] The maximum number of chunks of a frame
   * @param {Number} [options.maxFragments=0] The maximum number of fragments of a message
   * @param {Number} [options.maxPayload=0] The maximum message size
   * @param {Boolean} [options.skipUTF8Validation=false] Whether to skip the validation of text and close messages
   */
  constructor(options = {}) {
    super();

    this._allowSynchronousEvents = options.allowSynchronousEvents ?? true;
    this._binaryType = options.binaryType || BINARY_TYPES[0];
    this._isServer = Boolean(options.isServer);
    this._hasConcluded = false;
    this._session = new native.NativeReceiver({
      allowSynchronousEvents: true,
      autoPong: false,
      closeTimeout: 0,
      deflate: agreementOf(options.extensions?.[NAME]) ?? undefined,
      isServer: this._isServer,
      maxBufferedChunks: options.maxBufferedChunks | 0,
      maxFragments: options.maxFragments | 0,
      maxPayload: options.maxPayload | 0,
      maxPendingAutoPongs: 0,
      receiveCredit: 1,
      skipUTF8Validation: Boolean(options.skipUTF8Validation)
    });
  }

  /**
   * Takes bytes. What follows a close frame is ignored.
   *
   * @param {Buffer} chunk The bytes
   * @param {String} encoding Unused
   * @param {Function} callback Called when all they meant was emitted
   * @private
   */
  _write(chunk, encoding, callback) {
    if (this._hasConcluded) callback();
    else this._emitFrom(this._session.receive(chunk), 0, callback);
  }

  /**
   * Emits what was received, one at a time or all at once.
   *
   * @param {Object[]} frames What was received
   * @param {Number} first Where to begin
   * @param {Function} callback Called when all was emitted
   * @private
   */
  _emitFrom(frames, first, callback) {
    for (let i = first; i < frames.length; i++) {
      const frame = frames[i];

      if (frame.opcode === FAILED) {
        callback(errorOf(frame));
        return;
      }

      if (!this._allowSynchronousEvents && frame.opcode !== CLOSE) {
        setImmediate(() => {
          this._emitOne(frame);
          this._emitFrom(frames, i + 1, callback);
        });
        return;
      }

      this._emitOne(frame);
    }

    callback();
  }

  /**
   * Emits one event.
   *
   * @param {Object} frame What was received
   * @private
   */
  _emitOne({ closeCode, data, ends, opcode }) {
    const bytes = data.length === 0 ? EMPTY_BUFFER : data;

    if (opcode === TEXT) {
      this.emit('message', bytes, false);
    } else if (opcode === BINARY) {
      this.emit('message', this._inForm(bytes, ends), true);
    } else if (opcode === PING || opcode === PONG) {
      this.emit(opcode === PING ? 'ping' : 'pong', bytes);
    } else {
      this._hasConcluded = true;
      this.emit('conclude', closeCode, bytes);
      this.end();
    }
  }

  /**
   * Brings a binary message into the form that is asked for.
   *
   * @param {Buffer} bytes The message
   * @param {Number[]} ends Where its fragments end
   * @return {(Buffer|ArrayBuffer|Buffer[]|Blob)} The message
   * @private
   */
  _inForm(bytes, ends) {
    switch (this._binaryType) {
      case 'arraybuffer':
        return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
      case 'blob':
        return new Blob([bytes]);
      case 'fragments':
        return fragmentsOf(bytes, ends);
      default:
        return bytes;
    }
  }
}

module.exports = Receiver;

/**
 * @param {Object} frame What was received: an error
 * @return {Error} The error
 * @private
 */
function errorOf({ code, data }) {
  return protocolError(code, data.toString());
}
