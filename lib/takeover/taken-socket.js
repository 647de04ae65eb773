'use strict';

// What is different about a `net.Socket` over a stub? The methods that would wait for bytes that do not come through it any
// more: timeouts, and the flow. They are on a prototype between the socket and its own, which all sockets of a kind share:
// a property on each would take memory on each.
//
// May use the files beside it.

const { connectionOf } = require('./socket-stub');
const { flowMethods, hidden } = require('./stream-flow');
const { setTimeout } = require('./socket-timeout');

/** These prototypes, by those they stand before. */
const prototypes = new WeakMap();

/**
 * The connection that reads a socket.
 *
 * @param {net.Socket} socket The socket
 * @return {(Object|undefined)} The connection, see stub-members.js; nothing when the socket is closed
 * @private
 */
function readerOf({ _handle }) {
  return connectionOf(_handle);
}

/**
 * Has a socket ask its connection.
 *
 * @param {net.Socket} socket A socket over a stub
 * @public
 */
function watch(socket) {
  const own = Object.getPrototypeOf(socket);
  let prototype = prototypes.get(own);

  if (prototype === undefined) {
    prototype = Object.create(own, hidden({ ...flowMethods(readerOf, () => own), setTimeout }));
    prototypes.set(own, prototype);
  }

  Object.setPrototypeOf(socket, prototype);
}

module.exports = { watch };
