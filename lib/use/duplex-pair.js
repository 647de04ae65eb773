'use strict';

// How do client and server talk to each other without a network? Over two Duplexes, each of which reads what the other writes.

const { Duplex } = require('stream');

/** One end of a pair. */
class PairedDuplex extends Duplex {
  /** @param {Object} [options] Options of the stream */
  constructor(options) {
    super({ allowHalfOpen: true, ...options });
    this.peer = null;
    this.proceed = null;
  }

  /** The reader wants more. */
  _read() {
    const { proceed } = this;

    this.proceed = null;
    if (proceed !== null) proceed();
  }

  /**
   * @param {Buffer} chunk A chunk
   * @param {String} encoding Unused
   * @param {Function} callback Called when the peer has taken it
   */
  _write(chunk, encoding, callback) {
    this.peer.proceed = callback;
    if (this.peer.push(chunk)) this.peer._read();
  }

  /** @param {Function} callback Called when the peer knows */
  _final(callback) {
    this.peer.push(null);
    callback();
  }

  /**
   * @param {Error} err The reason
   * @param {Function} callback Called when done
   */
  _destroy(err, callback) {
    if (!this.peer.destroyed) setImmediate(() => this.peer.destroy());
    callback(err);
  }
}

/**
 * Makes a pair.
 *
 * @param {Object} [options] Options of the first one
 * @return {PairedDuplex[]} The two ends
 */
function duplexPair(options) {
  const [a, b] = [new PairedDuplex(options), new PairedDuplex()];

  a.peer = b;
  b.peer = a;
  return [a, b];
}

module.exports = { duplexPair };
