'use strict';

// How does a connection that has spoken HTTP go on with TLS? Node's own TLS server takes it: connections may be given to it
// by hand. What it says about this one has to be told from what it says about the others.

/**
 * Makes the handshake of a server.
 *
 * @param {tls.Server} server Node's TLS server; it need not listen
 * @param {Duplex} socket The connection; what it has buffered is the beginning of the handshake
 * @return {Promise<tls.TLSSocket>} The encrypted connection, authorized if that was asked for. Rejected after the
 *     connection was destroyed
 * @private
 */
function shakeHands(server, socket) {
  return new Promise((resolve, reject) => {
    // A door to the server for this connection alone: what becomes of a connection is emitted on what it came through.
    const door = Object.create(server);
    // An end within the handshake is the end; TLS would wait for the rest of it. It hides that of a socket of Node.
    const onEnd = () => socket.destroy();

    socket.once('end', onEnd);
    door.emit = (event, ...args) => {
      if (event === 'secureConnection') {
        socket.removeListener('end', onEnd);
        resolve(args[0]);
      } else if (event === 'tlsClientError') {
        args[1].destroy();
        socket.destroy();
        reject(args[0]);
      } else {
        return server.emit(event, ...args);
      }

      return true;
    };

    server.emit.call(door, 'connection', socket);
  });
}

module.exports = { shakeHands };
