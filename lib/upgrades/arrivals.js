'use strict';

// How does one wait for so many bytes of a peer that may send them slowly,
// never, or leave? With a deadline, and what was too much put back.

const takeover = require('../takeover/takeover');
const { HandshakeError } = require('../base/errors');

/**
 * One wait.
 */
class Wait {
  /**
   * @param {Duplex} source What bytes arrive on
   * @param {Object} options Those of `arrive()`
   * @param {Function} resolve Called when there was enough
   * @param {Function} reject Called with an error when there never will
   */
  constructor(source, { carrier = source, signal, take, timeout }, resolve, reject) {
    this.source = source;
    this.carrier = carrier;
    this.signal = signal;
    this.take = take;
    this.resolve = resolve;
    this.reject = reject;
    this.onAbort = () => this.end(reject, signal.reason);
    this.onData = (bytes) => this.hear(bytes);
    this.onGone = () => this.end(reject, gone());
    this.timer = timeout > 0 ? setTimeout(() => this.end(reject, late()), timeout) : null;
  }

  /**
   * Begins it.
   *
   * @param {Buffer} first What has arrived already
   * @private
   */
  begin(first) {
    const { carrier, signal, source } = this;

    source.on('end', this.onGone);
    source.on('close', this.onGone);
    source.on('data', this.onData);
    if (carrier !== source) carrier.on('close', this.onGone);
    signal?.addEventListener('abort', this.onAbort);

    if (signal?.aborted) {
      this.onAbort();
    } else if (source.destroyed || source.readableEnded || carrier.destroyed) {
      this.onGone();
    } else {
      // Whoever waited before has paused it; it goes on after this turn, behind what came first.
      source.resume();
      if (first.length > 0) this.hear(first);
    }
  }

  /**
   * Something has arrived.
   *
   * @param {Buffer} bytes It
   * @private
   */
  hear(bytes) {
    let rest;

    try {
      rest = this.take(bytes);
    } catch (err) {
      this.end(this.reject, err);
      return;
    }

    if (rest === undefined) return;

    this.end(this.resolve);
    if (rest.length > 0) this.source.unshift(rest);
  }

  /**
   * Ends it.
   *
   * @param {Function} settle What becomes of it
   * @param {*} [value] With what
   * @private
   */
  end(settle, value) {
    const { carrier, source } = this;

    clearTimeout(this.timer);
    source.removeListener('data', this.onData);
    source.removeListener('end', this.onGone);
    source.removeListener('close', this.onGone);
    carrier.removeListener('close', this.onGone);
    this.signal?.removeEventListener('abort', this.onAbort);
    source.pause();
    settle(value);
  }
}

/**
 * Gives what arrives to a function until that has enough.
 *
 * @param {Duplex} source What it arrives on
 * @param {Buffer} first What has arrived already
 * @param {Object} options How
 * @param {Duplex} [options.carrier] The connection below; its end is not always told above
 * @param {AbortSignal} [options.signal] Ends the wait, its reason is the error
 * @param {Function} options.take `(bytes)`; returns what it did not need of
 *     them when it has enough, nothing as long as it has not
 * @param {Number} options.timeout How long that may take, in milliseconds
 * @return {Promise<void>} Resolved when it had enough; `source` is paused then,
 *     with what it did not need in front. Rejected with what it throws, or with
 *     a `HandshakeError`
 * @private
 */
function arrive(source, first, options) {
  return new Promise((resolve, reject) => new Wait(source, options, resolve, reject).begin(first));
}

/**
 * Waits until a socket may be written to.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket What came with it
 * @param {AbortSignal} [signal] Whether it is still to be upgraded then; an earlier response is not cut for that
 * @return {Promise<void>} Rejected if it never can, or with the signal's reason
 * @private
 */
function settled(req, socket, signal) {
  return new Promise((resolve, reject) => {
    takeover.settle(req, socket, (err) => {
      if (err) reject(gone());
      else if (signal?.aborted) reject(signal.reason);
      else resolve();
    });
  });
}

/**
 * @return {HandshakeError} The error for a peer that left
 * @private
 */
function gone() {
  return new HandshakeError('The socket was closed before the upgrade was through', {
    code: 'ERR_UPSHIFT_SOCKET_CLOSED',
    status: 0
  });
}

/**
 * @return {HandshakeError} The error for a peer that keeps others waiting
 * @private
 */
function late() {
  return new HandshakeError('The upgrade has timed out', { code: 'ERR_UPSHIFT_UPGRADE_TIMEOUT', status: 408 });
}

module.exports = { arrive, gone, settled };
