'use strict';

// When is the callback of `send()` due? When everything sent up to it has been
// taken by the kernel: `ws._$sent` counts what was asked for, the channel knows
// how much of it is out.

const asyncContext = require('../base/async-context');
const { codedError, systemError } = require('../base/errors');

/** What a stream says that was destroyed, and ws of what it is compressing then. */
const DESTROYED = ['ERR_STREAM_DESTROYED', 'Cannot call write after a stream was destroyed'];
const PACKING = 'The socket was closed while data was being compressed';

/**
 * The callbacks that wait on one channel.
 */
class SendCallbacks {
  /**
   * Create it.
   */
  constructor() {
    /** Pairs of a total and a callback, by WebSocket. */
    this.waiting = new Map();
    /** The WebSockets that came to wait since a slab last went out at once. */
    this.fresh = new Set();
  }

  /**
   * Adds a callback for everything sent so far.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {Number} target What has to be out
   * @param {Function} cb The callback
   * @private
   */
  add(ws, target, cb) {
    const entries = this.waiting.get(ws);

    this.fresh.add(ws);
    if (entries === undefined) this.waiting.set(ws, [target, cb]);
    else entries.push(target, cb);
  }

  /**
   * Calls those that are due.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {Number} written How much is out
   * @private
   */
  settle(ws, written) {
    const entries = this.waiting.get(ws);

    if (entries === undefined) return;

    let done = 0;

    while (done < entries.length && entries[done] <= written) {
      process.nextTick(run, ws, entries[done + 1]);
      done += 2;
    }

    if (done === entries.length) this.waiting.delete(ws);
    else if (done > 0) entries.splice(0, done);
  }

  /**
   * The WebSockets that came to wait since the last call.
   *
   * @return {Set<WebSocket>} Those
   * @private
   */
  takeFresh() {
    const { fresh } = this;

    this.fresh = new Set();
    return fresh;
  }

  /**
   * Calls all of a WebSocket with an error: its connection is gone.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {Buffer} last What the reactor has to say of its end (src/engine/connection/last.rs)
   * @param {Number} taken How much of what was sent had not to be compressed any more
   * @private
   */
  fail(ws, last, taken) {
    const entries = this.waiting.get(ws);

    if (entries === undefined) return;

    this.fresh.delete(ws);
    this.waiting.delete(ws);

    const cause = causeOf(ws, last);

    for (let i = 0; i < entries.length; i += 2) {
      const isPacking = ws._$config.deflate !== null && entries[i] > taken;

      refuse(entries[i + 1], isPacking ? new Error(PACKING) : (cause ?? codedError(...DESTROYED)));
    }
  }
}

module.exports = { SendCallbacks };

/**
 * Calls a callback in the context of its WebSocket, with what a stream would: null stands for no error.
 *
 * @param {WebSocket} ws The WebSocket
 * @param {Function} cb The callback
 * @private
 */
function run(ws, cb) {
  asyncContext.run(ws._$resource, cb, null, null);
}

/**
 * What has ended a connection, as far as a stream of Node's would know it.
 *
 * @param {WebSocket} ws The WebSocket
 * @param {Buffer} last What the reactor has to say of its end
 * @return {?Error} The error that its socket was destroyed with, or that the kernel reported
 * @private
 */
function causeOf(ws, last) {
  const { socket } = ws._$link;

  if (socket?.errored) return socket.errored;

  const errno = last.length > 0 ? last.readInt32LE(8) : 0;

  return errno === 0 ? null : systemError(last[12] === 1 ? 'write' : 'read', errno);
}

/**
 * Calls a callback with an error. The end of the connection goes on although the
 * callback throws.
 *
 * @param {Function} cb The callback
 * @param {Error} reason The error
 * @private
 */
function refuse(cb, reason) {
  try {
    cb(reason);
  } catch (err) {
    process.nextTick(() => {
      throw err;
    });
  }
}
