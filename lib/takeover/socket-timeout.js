'use strict';

// When does a socket time out whose traffic Node no longer sees? When the engine
// has moved no byte since the last look; otherwise its timer starts again. An
// 'timeout' thus comes after one to two times the period without traffic.
//
// May use `node:net` and socket-stub.js.

const net = require('node:net');

const { wasActive } = require('./socket-stub');

/**
 * Runs when the socket's timer fires.
 *
 * @this {net.Socket}
 * @private
 */
function onTimeout() {
  if (wasActive(this._handle)) this._unrefTimer();
  else net.Socket.prototype._onTimeout.call(this);
}

/**
 * `socket.setTimeout()` after the takeover. Only sockets that use it pay for it.
 *
 * @param {Number} msecs The period, 0 for none
 * @param {Function} [callback] A one-time listener for 'timeout'
 * @return {net.Socket} The socket
 * @this {net.Socket}
 * @public
 */
function setTimeout(msecs, callback) {
  this._onTimeout = onTimeout;
  // What moved before does not count.
  wasActive(this._handle);

  return net.Socket.prototype.setTimeout.call(this, msecs, callback);
}

module.exports = { setTimeout };
