'use strict';

// Is a socket nothing but the descriptor below it? Only then can the engine read and write that descriptor in its place:
// what a socket does to its bytes, encryption for one, happens in its methods.
//
// May use `node:net` and the files beside it.

const net = require('node:net');

const { privateSymbol } = require('./private-symbols');
const { shadowOf } = require('./socket-stub');

/**
 * Whether the engine can have this socket's descriptor. An fd alone proves
 * nothing: that of a TLSSocket is the raw connection below the encryption.
 *
 * @param {Duplex} socket The socket
 * @return {Boolean} True for plain TCP and Unix sockets of Node
 * @public
 */
function isPlain(socket) {
  return (
    socket instanceof net.Socket &&
    !socket.encrypted &&
    socket.readableEncoding === null &&
    shadowOf(socket._handle) !== null &&
    socket._handle.fd >= 0 &&
    !socket[privateSymbol(socket, 'kBuffer')]
  );
}

module.exports = { isPlain };
