'use strict';

// How does a connection that has spoken HTTP go on with TLS? Node's own TLS server takes it: connections may be given to it
// by hand. What it says about this one has to be told from what it says about the others.

const { codedError } = require('../base/errors');

/**
 * One handshake.
 */
class Handshake {
  /**
   * @param {Duplex} socket The connection
   * @param {Object} options Those of `shakeHands()`
   * @param {Function} resolve Called with the encrypted connection
   * @param {Function} reject Called with an error when there will be none
   */
  constructor(socket, { onFailure, signal, timeout }, resolve, reject) {
    this.socket = socket;
    this.onFailure = onFailure;
    this.signal = signal;
    this.resolve = resolve;
    this.reject = reject;
    this.isSettled = false;
    this.onAbort = () => this.fail(signal.reason);
    // An end within the handshake is the end, for which TLS would wait. A socket of Node does not tell it here.
    this.onEnd = () => this.fail(gone());
    this.timer = timeout > 0 ? setTimeout(() => this.fail(late()), timeout) : null;
  }

  /**
   * Begins it.
   *
   * @param {tls.Server} server Node's TLS server
   * @private
   */
  begin(server) {
    const { signal, socket } = this;
    // A door to the server for this connection alone: what becomes of a connection is emitted on what it came through.
    const door = Object.create(server);

    door.emit = (event, ...args) => {
      if (event === 'secureConnection') this.succeed(args[0]);
      else if (event === 'tlsClientError') this.fail(...args);
      else return server.emit(event, ...args);

      return true;
    };

    socket.once('end', this.onEnd);
    socket.once('close', this.onEnd);
    signal?.addEventListener('abort', this.onAbort);
    if (signal?.aborted) this.onAbort();
    else if (socket.destroyed) this.onEnd();
    else server.emit.call(door, 'connection', socket);
  }

  /**
   * Makes its end known once.
   *
   * @return {Boolean} Whether it is this one
   * @private
   */
  settle() {
    if (this.isSettled) return false;

    this.isSettled = true;
    clearTimeout(this.timer);
    this.socket.removeListener('end', this.onEnd);
    this.socket.removeListener('close', this.onEnd);
    this.signal?.removeEventListener('abort', this.onAbort);
    return true;
  }

  /**
   * @param {tls.TLSSocket} secured The encrypted connection
   * @private
   */
  succeed(secured) {
    if (this.settle()) this.resolve(secured);
  }

  /**
   * @param {Error} err What has failed; nobody hears of the signal who has given it
   * @param {Duplex} [on] On what
   * @private
   */
  fail(err, on = this.socket) {
    if (!this.settle()) return;

    // Whoever hears of it may throw.
    try {
      if (!this.signal?.aborted) this.onFailure(err, on);
    } finally {
      on.destroy();
      this.socket.destroy();
      this.reject(err);
    }
  }
}

/**
 * Makes the handshake of a server.
 *
 * @param {tls.Server} server Node's TLS server; it need not listen
 * @param {Duplex} socket The connection; what it has buffered is the beginning of the handshake
 * @param {Object} options Options
 * @param {Function} options.onFailure `onFailure(err, socket)`: it has failed, and the connection is destroyed, or will be. The
 *     socket is the TLSSocket where TLS has failed
 * @param {AbortSignal} [options.signal] Ends it, its reason is the error
 * @param {Number} options.timeout How long all of it may take (ms), 0 for ever. Node's own limit begins anew with every byte
 * @return {Promise<tls.TLSSocket>} The encrypted connection, authorized if that was asked for. Rejected after the
 *     connection was destroyed
 * @private
 */
function shakeHands(server, socket, options) {
  return new Promise((resolve, reject) => new Handshake(socket, options, resolve, reject).begin(server));
}

module.exports = { shakeHands };

/**
 * @return {Error} The error for a client that left
 * @private
 */
function gone() {
  return codedError('ERR_UPSHIFT_SOCKET_CLOSED', 'The socket was closed before the upgrade was through');
}

/**
 * @return {Error} The error for a client that takes too long
 * @private
 */
function late() {
  return codedError('ERR_UPSHIFT_UPGRADE_TIMEOUT', 'The upgrade has timed out');
}
