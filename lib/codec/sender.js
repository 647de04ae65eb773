'use strict';

// How do messages leave over a stream that is no connection of ours? The class of that name in ws, for those who use it
// by itself: it frames what it is given and writes it to a Duplex, in order.

const { checkClose } = require('./close-arguments');
const { frame } = require('./frame');
const { isBlob, lengthOf, payloadOf } = require('./payload');
const { BINARY, PING, PONG, TEXT } = require('../base/constants');

const CLOSE = 8;
const CONTINUATION = 0;
const DEFLATE = 'permessage-deflate';

const SENDING = 0;
const DEFLATING = 1;
const READING_BLOB = 2;

/**
 * Sends over a Duplex.
 */
class Sender {
  /**
   * Create a `Sender`.
   *
   * @param {Duplex} socket Where the frames are written
   * @param {Object} [extensions] The negotiated extensions
   * @param {Function} [generateMask] Fills the masking keys
   */
  constructor(socket, extensions = {}, generateMask) {
    this._socket = socket;
    this._extensions = extensions ?? {};
    this._generateMask = generateMask;
    this._maskBuffer = generateMask ? Buffer.alloc(4) : undefined;
    /** Whether the next frame begins a message, and whether the current message is compressed. */
    this._firstFragment = true;
    this._compress = false;
    /** What waits behind a Blob that is being read or a message that is being compressed. */
    this._bufferedBytes = 0;
    this._queue = [];
    this._state = SENDING;
    /** Called with the error of a Blob that could not be read. */
    this.onerror = nothing;
  }

  /**
   * Frames a payload.
   *
   * @param {(Buffer|String)} data The payload
   * @param {Object} options See frame.js
   * @return {Buffer[]} The header, and the payload if there is one
   * @public
   */
  static frame(data, options) {
    return frame(data, options);
  }

  /**
   * Sends a close frame.
   *
   * @param {Number} [code] The status code
   * @param {(String|Buffer)} [data] The reason
   * @param {Boolean} [mask=false] Whether to mask it
   * @param {Function} [cb] Called when it was written
   * @public
   */
  close(code, data, mask, cb) {
    const reason = checkClose(code, data);
    const payload = Buffer.alloc(code === undefined ? 0 : 2 + Buffer.byteLength(reason));

    if (code !== undefined) {
      payload.writeUInt16BE(code);
      payload.set(typeof reason === 'string' ? Buffer.from(reason) : reason, 2);
    }

    this._post({ payload, opcode: CLOSE, fin: true, mask, rsv1: false, deflate: false, readOnly: false, cb });
  }

  /**
   * Sends a ping.
   *
   * @param {*} data The payload
   * @param {Boolean} [mask=false] Whether to mask it
   * @param {Function} [cb] Called when it was written
   * @public
   */
  ping(data, mask, cb) {
    this._control(PING, data, mask, cb);
  }

  /**
   * Sends a pong.
   *
   * @param {*} data The payload
   * @param {Boolean} [mask=false] Whether to mask it
   * @param {Function} [cb] Called when it was written
   * @public
   */
  pong(data, mask, cb) {
    this._control(PONG, data, mask, cb);
  }

  /**
   * Sends a message, or a fragment of one.
   *
   * @param {*} data The payload
   * @param {Object} options Options
   * @param {Boolean} [options.binary=false] Whether it is binary or text
   * @param {Boolean} [options.compress=false] Whether to compress it
   * @param {Boolean} [options.fin=false] Whether it is the last fragment
   * @param {Boolean} [options.mask=false] Whether to mask it
   * @param {Function} [cb] Called when it was written
   * @public
   */
  send(data, { binary, compress, fin, mask }, cb) {
    const payload = payloadOf(data);
    const isFirst = this._firstFragment;

    if (isFirst) this._compress = Boolean(compress) && this._isWorthwhile(lengthOf(payload));
    this._firstFragment = Boolean(fin);
    this._post({
      payload,
      opcode: isFirst ? (binary ? BINARY : TEXT) : CONTINUATION,
      fin,
      mask,
      rsv1: isFirst && this._compress,
      deflate: this._compress,
      readOnly: isLent(payload, data),
      cb
    });
  }

  /**
   * Writes a frame as it is.
   *
   * @param {(Buffer|String)[]} list Its pieces
   * @param {Function} [cb] Called when it was written
   * @public
   */
  sendFrame(list, cb) {
    if (list.length === 1) {
      this._socket.write(list[0], cb);
      return;
    }

    this._socket.cork();
    for (const piece of list.slice(0, -1)) this._socket.write(piece);
    this._socket.write(list[list.length - 1], cb);
    this._socket.uncork();
  }

  /**
   * Sends a control frame.
   *
   * @param {Number} opcode The opcode
   * @param {*} data The payload
   * @param {Boolean} mask Whether to mask it
   * @param {Function} [cb] Called when it was written
   * @throws {RangeError} If the payload is too long
   * @private
   */
  _control(opcode, data, mask, cb) {
    const payload = payloadOf(data);

    if (lengthOf(payload) > 125) throw new RangeError('The data size must not be greater than 125 bytes');

    this._post({
      payload,
      opcode,
      fin: true,
      mask,
      rsv1: false,
      deflate: false,
      readOnly: isLent(payload, data),
      cb
    });
  }

  /**
   * Whether a message of this length is compressed. Where there is a context to keep, all are.
   *
   * @param {Number} length The length
   * @return {Boolean} `true` if it is
   * @private
   */
  _isWorthwhile(length) {
    const deflate = this._extensions[DEFLATE];

    if (deflate === undefined) return false;

    const side = deflate._isServer ? 'server' : 'client';

    return !deflate.params[`${side}_no_context_takeover`] || length >= deflate._threshold;
  }

  /**
   * Sends an entry when those before it are sent.
   *
   * @param {Object} entry What to send
   * @private
   */
  _post(entry) {
    if (this._state !== SENDING) {
      this._bufferedBytes += lengthOf(entry.payload);
      this._queue.push(entry);
    } else {
      this._dispatch(entry);
    }
  }

  /**
   * Sends an entry, after what has to be done to it.
   *
   * @param {Object} entry What to send
   * @private
   */
  _dispatch(entry) {
    if (isBlob(entry.payload)) {
      this._read(entry);
    } else if (entry.deflate) {
      this._deflate(entry);
    } else {
      const options = { ...entry, generateMask: this._generateMask, maskBuffer: this._maskBuffer };

      this.sendFrame(frame(entry.payload, options), entry.cb);
    }
  }

  /**
   * Sends what waits.
   *
   * @private
   */
  _dequeue() {
    while (this._state === SENDING && this._queue.length > 0) {
      const entry = this._queue.shift();

      this._bufferedBytes -= lengthOf(entry.payload);
      this._dispatch(entry);
    }
  }

  /**
   * Reads a Blob and sends what was in it.
   *
   * @param {Object} entry What to send
   * @private
   */
  _read(entry) {
    const { size } = entry.payload;

    this._bufferedBytes += size;
    this._state = READING_BLOB;
    // In ticks of their own, so that what a callback throws is not a rejected promise.
    entry.payload.arrayBuffer().then(
      (memory) => process.nextTick(() => this._done(entry, size, Buffer.from(memory), 'the blob was being read')),
      (err) =>
        process.nextTick(() => {
          this._fail(err, entry.cb);
          this.onerror(err);
        })
    );
  }

  /**
   * Compresses a message and sends the outcome.
   *
   * @param {Object} entry What to send
   * @private
   */
  _deflate(entry) {
    const length = lengthOf(entry.payload);

    this._bufferedBytes += length;
    this._state = DEFLATING;
    this._extensions[DEFLATE].compress(entry.payload, entry.fin, (err, data) => {
      entry.deflate = false;
      this._done(entry, length, data, 'data was being compressed');
    });
  }

  /**
   * Goes on with an entry that has its final payload, and with those behind it.
   *
   * @param {Object} entry The entry
   * @param {Number} counted What it counts for
   * @param {Buffer} payload The payload
   * @param {String} doing What was done meanwhile
   * @private
   */
  _done(entry, counted, payload, doing) {
    if (this._socket.destroyed) {
      this._fail(new Error(`The socket was closed while ${doing}`), entry.cb);
      return;
    }

    this._bufferedBytes -= counted;
    this._state = SENDING;
    this._dispatch({ ...entry, payload, readOnly: false });
    this._dequeue();
  }

  /**
   * Tells all who wait that nothing more is sent.
   *
   * @param {Error} err Why
   * @param {Function} [first] The first callback
   * @private
   */
  _fail(err, first) {
    for (const cb of [first, ...this._queue.map((entry) => entry.cb)]) {
      if (typeof cb === 'function') cb(err);
    }
  }
}

module.exports = Sender;

/**
 * Does nothing.
 *
 * @private
 */
function nothing() {}

/**
 * Whether a payload shares memory with what the application has passed, which must stay as it is.
 *
 * @param {(String|Uint8Array|Blob)} payload The payload
 * @param {*} data What was passed
 * @return {Boolean} `true` if it does
 * @private
 */
function isLent(payload, data) {
  return payload === data || ArrayBuffer.isView(data) || payload.buffer === data;
}
