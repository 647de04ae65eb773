'use strict';

// How does a connection that has spoken HTTP go on with TLS? Node's own TLS server takes it: connections may be given to it
// by hand. What it says about this one has to be told from what it says about the others.

const { codedError } = require('../base/errors');

/**
 * Makes the handshake of a server.
 *
 * @param {tls.Server} server Node's TLS server; it need not listen
 * @param {Duplex} socket The connection; what it has buffered is the beginning of the handshake
 * @param {Object} options Options
 * @param {AbortSignal} [options.signal] Ends it, its reason is the error
 * @param {Number} options.timeout How long all of it may take (ms), 0 for ever. Node's own limit begins anew with every byte
 * @return {Promise<tls.TLSSocket>} The encrypted connection, authorized if that was asked for. Rejected after the
 *     connection was destroyed
 * @private
 */
function shakeHands(server, socket, { signal, timeout }) {
  return new Promise((resolve, reject) => {
    const timer = timeout > 0 ? setTimeout(() => settle(reject, late()), timeout) : null;
    const onAbort = () => settle(reject, signal.reason);
    // An end within the handshake is the end, for which TLS would wait. A socket of Node does not tell it here.
    const onEnd = () => settle(reject, gone());
    // A door to the server for this connection alone: what becomes of a connection is emitted on what it came through.
    const door = Object.create(server);

    /**
     * @param {Function} outcome What becomes of it
     * @param {*} value With what
     * @private
     */
    function settle(outcome, value) {
      clearTimeout(timer);
      socket.removeListener('end', onEnd);
      socket.removeListener('close', onEnd);
      signal?.removeEventListener('abort', onAbort);
      if (outcome === reject) socket.destroy();
      outcome(value);
    }

    door.emit = (event, ...args) => {
      if (event === 'secureConnection') {
        settle(resolve, args[0]);
      } else if (event === 'tlsClientError') {
        args[1].destroy();
        settle(reject, args[0]);
      } else {
        return server.emit(event, ...args);
      }

      return true;
    };

    socket.once('end', onEnd);
    socket.once('close', onEnd);
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted) onAbort();
    else if (socket.destroyed) onEnd();
    else server.emit.call(door, 'connection', socket);
  });
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
