'use strict';

// What can be sent, and what keeps its order while a Blob is being read? All
// but Blobs goes to the channel at once. A Blob is read asynchronously, and
// everything sent after it, the close frame included, waits here behind it.

const asyncContext = require('../base/async-context');
const { emitError, sendClose } = require('./closing');
const { isBlob, lengthOf, payloadOf } = require('../codec/payload');
const { CLOSING, OPEN, READY_STATES, TERMINATED } = require('../base/constants');

/**
 * The frames that wait behind a Blob.
 */
class Outbox {
  /**
   * Create an outbox.
   *
   * @param {WebSocket} ws The WebSocket
   */
  constructor(ws) {
    this.ws = ws;
    /** What `bufferedAmount` has to count besides the channel's bytes. */
    this.bytes = 0;
    this.entries = [];
    this.reading = false;
  }

  /**
   * Adds a frame.
   *
   * @param {Object} entry The frame
   * @private
   */
  push(entry) {
    this.bytes += lengthOf(entry.payload);
    this.entries.push(entry);
    this.run();
  }

  /**
   * Adds the close frame.
   *
   * @param {Number} [code] The status code
   * @param {(String|Uint8Array)} reason The reason
   * @private
   */
  close(code, reason) {
    this.entries.push({ isClose: true, code, reason });
    this.run();

    // The engine's timer starts with the close frame, and that may never come.
    if (this.reading) setTimeout(giveUp, this.ws._$config.closeTimeout, this).unref();
  }

  /**
   * Sends what can be sent now.
   *
   * @private
   */
  run() {
    while (!this.reading && this.entries.length > 0) {
      const entry = this.entries[0];

      if (!entry.isClose && isBlob(entry.payload)) {
        this.read(entry);
        return;
      }

      this.entries.shift();
      this.send(entry);
    }

    // With nothing left the WebSocket returns to the direct way.
    if (!this.reading && this.bytes === 0) this.ws._$outbox = null;
  }

  /**
   * Sends one frame.
   *
   * @param {Object} entry The frame
   * @private
   */
  send(entry) {
    const { ws } = this;

    if (entry.isClose) {
      sendClose(ws, entry.code, entry.reason);
      return;
    }

    const { payload, opcode, fin, mask, start, cb, isPlain } = entry;

    this.bytes -= lengthOf(payload);
    if (start !== undefined) transmitRaw(ws, start, payload, cb);
    else transmit(ws, payload, opcode, fin, mask, cb, isPlain);
  }

  /**
   * Reads the Blob at the head of the queue.
   *
   * @param {Object} entry The frame
   * @private
   */
  read(entry) {
    const { size } = entry.payload;

    this.reading = true;
    entry.payload.arrayBuffer().then(
      (data) => process.nextTick(proceed, this, () => this.goOn(entry, size, data)),
      (err) => process.nextTick(proceed, this, () => this.abort(err))
    );
  }

  /**
   * Goes on with a Blob that was read.
   *
   * @param {Object} entry The frame
   * @param {Number} size The size of the Blob
   * @param {ArrayBuffer} data What is in it
   * @private
   */
  goOn(entry, size, data) {
    this.bytes -= size;
    entry.payload = payloadOf(data);
    this.bytes += entry.payload.length;
    this.reading = false;
    if (isGone(this.ws)) this.fail(closedWhileReading());
    else this.run();
  }

  /**
   * Gives up because a Blob could not be read.
   *
   * @param {Error} err The error
   * @private
   */
  abort(err) {
    const { ws } = this;

    this.reading = false;
    this.fail(err);
    if (ws._$channel === null) return;
    if (ws._readyState === OPEN) ws._readyState = CLOSING;

    ws._$channel.shutdown(ws);
    emitError(ws, err);
  }

  /**
   * Calls the callbacks of everything that waits.
   *
   * @param {Error} err The error
   * @private
   */
  fail(err) {
    const { entries } = this;

    this.entries = [];
    for (const { cb } of entries) {
      if (typeof cb === 'function') cb(err);
    }
  }
}

/**
 * Goes on once a Blob was read or not: in a tick of its own, so that what a callback throws is not a rejected promise, and
 * in the context of the WebSocket. The Blob may have been sent in the one of another.
 *
 * @param {Outbox} outbox The outbox
 * @param {Function} step What to do
 * @private
 */
function proceed(outbox, step) {
  asyncContext.run(outbox.ws._$resource, step, null);
}

/**
 * Ends a connection whose close frame still waits behind a Blob.
 *
 * @param {Outbox} outbox Its outbox
 * @private
 */
function giveUp(outbox) {
  if (outbox.reading) outbox.ws._$terminate();
}

/**
 * Sends a frame, or queues it behind a Blob.
 *
 * @param {WebSocket} ws The WebSocket
 * @param {(String|Uint8Array|Blob)} payload The payload
 * @param {Number} opcode The opcode
 * @param {Boolean} fin Whether this is the last fragment
 * @param {Boolean} mask Whether to mask the payload
 * @param {Function} [cb] The callback
 * @param {Boolean} [isPlain] Whether not to compress it
 * @private
 */
function post(ws, payload, opcode, fin, mask, cb, isPlain) {
  if (ws._$outbox === null && !isBlob(payload)) {
    transmit(ws, payload, opcode, fin, mask, cb, isPlain);
    return;
  }

  ws._$outbox ??= new Outbox(ws);
  ws._$outbox.push({ isClose: false, payload, opcode, fin, mask, cb, isPlain });
}

/**
 * Sends a frame that was encoded already, or queues it behind a Blob.
 *
 * @param {WebSocket} ws The WebSocket
 * @param {Uint8Array} start Its first bytes, the header among them
 * @param {Uint8Array} rest Its other bytes
 * @param {Function} [cb] The callback
 * @private
 */
function postRaw(ws, start, rest, cb) {
  if (ws._$outbox === null) transmitRaw(ws, start, rest, cb);
  else ws._$outbox.push({ isClose: false, payload: rest, start, cb });
}

/**
 * Hands a frame that was encoded already to the channel.
 *
 * @param {WebSocket} ws The WebSocket
 * @param {Uint8Array} start Its first bytes, the header among them
 * @param {Uint8Array} rest Its other bytes
 * @param {Function} [cb] The callback
 * @private
 */
function transmitRaw(ws, start, rest, cb) {
  ws._$channel.sendRaw(ws, start, rest, typeof cb === 'function' ? cb : undefined);
}

/**
 * Hands a frame to the channel.
 *
 * @param {WebSocket} ws The WebSocket
 * @param {(String|Uint8Array)} payload The payload
 * @param {Number} opcode The opcode
 * @param {Boolean} fin Whether this is the last fragment
 * @param {Boolean} mask Whether to mask the payload
 * @param {Function} [cb] The callback
 * @param {Boolean} [isPlain] Whether not to compress it
 * @private
 */
function transmit(ws, payload, opcode, fin, mask, cb, isPlain) {
  ws._$channel.send(ws, payload, opcode, fin, mask, typeof cb === 'function' ? cb : undefined, isPlain);
}

/**
 * Deals with data that comes too late: it counts as buffered for ever, and its
 * callback gets an error.
 *
 * @param {WebSocket} ws The WebSocket
 * @param {*} [data] The data
 * @param {Function} [cb] The callback
 * @private
 */
function refuse(ws, data, cb) {
  if (data) {
    ws._$outbox ??= new Outbox(ws);
    ws._$outbox.bytes += lengthOf(payloadOf(data));
  }

  if (cb) {
    const state = ws._readyState;

    process.nextTick(cb, new Error(`WebSocket is not open: readyState ${state} (${READY_STATES[state]})`));
  }
}

/**
 * @param {WebSocket} ws A WebSocket
 * @return {Boolean} Whether its connection is gone, or dropped
 * @private
 */
function isGone(ws) {
  return ws._$channel === null || (ws._$flow & TERMINATED) !== 0;
}

/**
 * @return {Error} The error of callbacks whose connection ended too early
 * @private
 */
function closedWhileReading() {
  return new Error('The socket was closed while the blob was being read');
}

module.exports = { post, postRaw, refuse };
