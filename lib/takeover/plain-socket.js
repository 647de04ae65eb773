'use strict';

// Is a socket nothing but the descriptor below it? Only then can the engine read and write that descriptor in its place:
// what a socket does to its bytes, encryption for one, happens in its methods.
//
// May use `node:net` and the files beside it.

const net = require('node:net');

const { privateSymbol } = require('./private-symbols');
const { shadowOf } = require('./socket-stub');

/**
 * What bytes and the end of them pass through. Node's http gives each socket other methods: `on`, `addListener`,
 * `prependListener` and `setEncoding`.
 */
const WAYS = [
  ...['_writeGeneric', '_write', '_writev', 'write', 'cork', 'uncork'],
  ...['_final', 'end', '_destroy', 'destroy', 'destroySoon'],
  ...['_read', 'read', 'push', 'pause', 'resume', 'emit']
];

/**
 * Whether a socket moves its bytes as Node does. Compared is what sockets have now, not what they had when this was loaded:
 * what is replaced for all of them, by tools for tracing and by `node:domain`, must not make a difference that depends on who
 * was loaded first.
 *
 * @param {net.Socket} socket The socket
 * @return {Boolean} True unless it, or a class that extends `net.Socket`, has methods of its own
 * @private
 */
function hasNodesWays(socket) {
  const { prototype } = net.Socket;

  return WAYS.every((name) => socket[name] === prototype[name]);
}

/**
 * Whether the engine can have this socket's descriptor. An fd alone proves
 * nothing: that of a TLSSocket is the raw connection below the encryption.
 *
 * @param {Duplex} socket The socket
 * @return {Boolean} True for plain TCP and Unix sockets of Node whose methods are Node's
 * @public
 */
function isPlain(socket) {
  return (
    socket instanceof net.Socket &&
    !socket.encrypted &&
    socket.readableEncoding === null &&
    shadowOf(socket._handle) !== null &&
    socket._handle.fd >= 0 &&
    !socket[privateSymbol(socket, 'kBuffer')] &&
    hasNodesWays(socket)
  );
}

module.exports = { isPlain };
