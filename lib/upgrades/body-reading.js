'use strict';

// Who reads the body of an upgrade request? On most Nodes nobody: it follows the head like the bytes of the new protocol.
// Newer ones parse it first, into `req`, and hand out a stream beside the socket while that goes on. Which one this is
// shows in what it does, not in its version.

const http = require('node:http');
const { Duplex } = require('node:stream');

/** A request that shows it: the body arrives with the head. */
const PROBE = 'POST / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: x\r\nContent-Length: 1\r\n\r\nx';

/** What it showed; asked once. */
let answer;

/**
 * Whether this Node reads the body of an upgrade request into `req`.
 *
 * @return {Boolean} `true` if it does; otherwise the body stands in front of `head`
 * @private
 */
function readsBodies() {
  if (answer === undefined) answer = probe();

  return answer;
}

/**
 * Upgrades a request that never was on a network.
 *
 * @return {Boolean} Whether the body was not in what came with it
 * @private
 */
function probe() {
  const socket = new Duplex({ read() {}, write: (chunk, encoding, done) => done() });
  const server = http.createServer();
  let inHead = false;

  server.on('upgrade', (req, stream, head) => {
    inHead = head.length > 0;
  });
  http._connectionListener.call(server, socket);
  socket.emit('data', Buffer.from(PROBE));
  socket.destroy();

  return !inHead;
}

/**
 * The body that was read into a request which is complete.
 *
 * @param {http.IncomingMessage} req The request
 * @return {Buffer} The body
 * @private
 */
function takeBody(req) {
  const chunks = [];

  while (req.readableLength > 0) chunks.push(req.read());

  return Buffer.concat(chunks);
}

/**
 * Whether a request announces a body.
 *
 * @param {http.IncomingMessage} req The request
 * @return {Boolean} `true` if it does
 * @private
 */
function announcesBody({ headers }) {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0;
}

/**
 * Makes a request what it was before it was read.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Buffer} bytes What was read
 * @private
 */
function putBack(req, bytes) {
  req.unshift(bytes);
  // Neither flowing nor paused: it begins to flow when somebody listens.
  req.readableFlowing = null;
}

/**
 * Writes a body that was read into a request once more, as the fields of the request announce it.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Buffer} body The body
 * @return {?Buffer} What follows the head; `null` when somebody else has read some of it, so that it is not what they announce
 * @private
 */
function rawBody({ headers, rawTrailers }, body) {
  if (headers['transfer-encoding'] === undefined) {
    return body.length === Number(headers['content-length'] ?? 0) ? body : null;
  }

  const size = body.length > 0 ? `${body.length.toString(16)}\r\n` : '';
  let end = `${size && '\r\n'}0\r\n`;

  for (let i = 0; i < rawTrailers.length; i += 2) end += `${rawTrailers[i]}: ${rawTrailers[i + 1]}\r\n`;

  return Buffer.concat([Buffer.from(size), body, Buffer.from(`${end}\r\n`, 'latin1')]);
}

module.exports = { announcesBody, putBack, rawBody, readsBodies, takeBody };
