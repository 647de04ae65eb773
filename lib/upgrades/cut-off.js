'use strict';

// Has Node read all fields of a request? `server.maxHeadersCount` limits how many there are. Newer Nodes refuse a request
// with more, older ones leave the rest out: among that could be what says how long the body is, or a second `Host`, and such
// a request must not be read again or upgraded.
//
// Those that leave out do so by the batch. So there may be more fields than the limit in `rawHeaders`, while `headers` ends
// there; and exactly as many can be all of them, or what is left.

const http = require('node:http');
const { Duplex } = require('node:stream');

/** The limit when the server does not say any. */
const USUAL_MOST = 1000;

/** A request with more fields than are let through, and more than fit into a batch. */
const PROBE = `GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: x\r\n${'a: b\r\n'.repeat(200)}\r\n`;

/** How many fields are in a batch; asked once. */
let batch;

/**
 * Whether there may have been more fields than Node has read.
 *
 * @param {http.Server} server The server
 * @param {http.IncomingMessage} req The request
 * @return {Boolean} `true` if so
 * @private
 */
function isCutOff({ maxHeadersCount }, { rawHeaders }) {
  const most = typeof maxHeadersCount === 'number' ? maxHeadersCount : USUAL_MOST;
  const count = rawHeaders.length / 2;

  // None or fewer is no limit.
  if (most <= 0 || count < most) return false;
  if (count > most) return true;

  batch ??= probe();
  return most % batch === 0;
}

module.exports = { isCutOff };

/**
 * Has a request cut off that never was on a network.
 *
 * @return {Number} What is left of it: one batch. `Infinity` when it is refused instead
 * @private
 */
function probe() {
  const socket = new Duplex({ read() {}, write: (chunk, encoding, done) => done() });
  const server = http.createServer();
  let count = Infinity;

  server.maxHeadersCount = 1;
  server.on('upgrade', (req) => (count = req.rawHeaders.length / 2));
  http._connectionListener.call(server, socket);
  socket.emit('data', Buffer.from(PROBE));
  socket.destroy();

  return count;
}
