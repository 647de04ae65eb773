'use strict';

// How is a message put through zlib? Piece by piece, in order, with what was learned from it kept for the next one.

const zlib = require('zlib');

const { protocolError } = require('../base/errors');

/**
 * A raw stream of zlib that is used for one message after the other.
 */
class Codec {
  /**
   * Create a codec.
   *
   * @param {(zlib.DeflateRaw|zlib.InflateRaw)} stream The stream
   */
  constructor(stream) {
    this.stream = stream;
    this.pieces = [];
    this.total = 0;
    this.limit = 0;
    /** Called at the end of the current message. */
    this.callback = null;
    stream.on('data', (piece) => this.take(piece));
    stream.on('error', (err) => this.finish(err));
  }

  /**
   * @param {Object} options Options of zlib
   * @return {Codec} One that compresses
   * @private
   */
  static deflate(options) {
    // There is no raw compressor of the least window.
    return new Codec(zlib.createDeflateRaw({ ...options, windowBits: Math.max(options.windowBits, 9) }));
  }

  /**
   * @param {Object} options Options of zlib
   * @return {Codec} One that decompresses
   * @private
   */
  static inflate(options) {
    return new Codec(zlib.createInflateRaw(options));
  }

  /**
   * Whether the peer has ended the stream, which it may at the end of a message.
   *
   * @type {Boolean}
   */
  get isOver() {
    return this.stream.readableEnded;
  }

  /**
   * Puts data through.
   *
   * @param {Array} pieces The data
   * @param {Number} limit The most that may come out, 0 for any amount
   * @param {Function} callback Called with an error or what came out
   * @private
   */
  run(pieces, limit, callback) {
    this.pieces = [];
    this.total = 0;
    this.limit = limit;
    this.callback = callback;
    for (const piece of pieces) this.stream.write(piece);
    this.stream.flush(zlib.constants.Z_SYNC_FLUSH, () => this.finish(null));
  }

  /**
   * Something came out.
   *
   * @param {Buffer} piece What
   * @private
   */
  take(piece) {
    this.total += piece.length;
    if (this.limit > 0 && this.total > this.limit) {
      this.finish(protocolError('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 'Max payload size exceeded'));
      this.stream.close();
    } else {
      this.pieces.push(piece);
    }
  }

  /**
   * All came out, or nothing more does.
   *
   * @param {?Error} err Why, if it is an error
   * @private
   */
  finish(err) {
    const { callback, pieces } = this;

    this.callback = null;
    this.pieces = [];
    if (callback === null) return;
    if (err === null) callback(null, Buffer.concat(pieces));
    else callback(err);
  }

  /**
   * Lets go of the stream.
   *
   * @private
   */
  close() {
    this.finish(new Error('The deflate stream was closed while data was being processed'));
    this.stream.close();
  }
}

module.exports = { Codec };
