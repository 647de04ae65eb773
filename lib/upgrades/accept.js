'use strict';

// How does somebody who frames by themselves get an upgraded connection? With the 101 on the wire and Node's own socket in
// their hands: what arrived early is back in it, nothing else stands in between.

const takeover = require('../takeover/takeover');
const { HandshakeError } = require('../base/errors');
const { askedProtocols, means, protocolOf } = require('./asked');
const { bodyProblem, hostProblem } = require('./problems');
const { continueBefore, expectsContinue } = require('../handshake/expectation');
const { ownLines, responseOf } = require('../handshake/handshake');
const { reject } = require('../handshake/refusal');

/**
 * Accept an upgrade to a protocol that you speak yourself.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket Its socket
 * @param {Buffer} head What arrived behind it
 * @param {Object} options Options
 * @param {Object} [options.headers] More headers for the 101
 * @param {String} options.protocol The protocol, `name` or `name/version`; without a version any is accepted
 * @return {Promise<Duplex>} The same socket, with `head` in it and its HTTP timeouts cleared. Rejected with a
 *     `HandshakeError`: when the request does not ask for the protocol nothing was written and the socket is left as it
 *     was, a request with a body, or with several `Host` fields, was refused
 * @public
 */
async function accept(req, socket, head, { headers, protocol } = {}) {
  if (typeof protocol !== 'string') throw new TypeError('The "protocol" option must be a string');

  const lines = ownLines(headers);
  const named = protocolOf(protocol);
  const asked = askedProtocols(req).find((one) => means(named, one));

  if (asked === undefined) throw notAsked(protocol);

  takeover.guard(socket);

  const problem = hostProblem(req) ?? bodyProblem(req);

  if (problem !== null) {
    await reject(req, socket, problem.status, { body: problem.message });
    throw problem;
  }

  return new Promise((resolve, fail) => {
    switchTo(asked.token, { head, req, socket }, lines, (err) => {
      if (err) fail(err);
      else resolve(socket);
    });
  });
}

/**
 * Writes the 101, after any earlier response on the connection, and makes the socket what its new owner expects.
 *
 * @param {String} token The protocol, as the client wrote it
 * @param {Object} upgrade What the 'upgrade' event has brought
 * @param {http.IncomingMessage} upgrade.req The request
 * @param {Duplex} upgrade.socket Its socket
 * @param {Buffer} upgrade.head What arrived behind it
 * @param {String[]} lines More header lines
 * @param {Function} done `done(err)`; synchronously in the usual case
 * @throws {(Error|RangeError)} If the socket was taken before, or there are too many headers; nothing was written then
 * @private
 */
function switchTo(token, { head, req, socket }, lines, done) {
  const all = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', `Upgrade: ${token}`, ...lines];
  const response = responseOf(continueBefore(expectsContinue(req), all));

  takeover.hand(req, socket, head, (err) => {
    if (err) {
      done(closedTooEarly());
      return;
    }

    socket.write(response, 'latin1');
    done(null);
  });
}

module.exports = { accept, switchTo };

/**
 * @param {String} protocol The protocol
 * @return {HandshakeError} The error for a request that asks for something else
 * @private
 */
function notAsked(protocol) {
  return new HandshakeError(`The request does not ask for ${protocol}`, {
    code: 'ERR_UPSHIFT_NOT_ASKED',
    status: 426,
    headers: { Upgrade: protocol }
  });
}

/**
 * @return {HandshakeError} The error for a peer that left before the answer
 * @private
 */
function closedTooEarly() {
  return new HandshakeError('The socket was closed before the handshake was answered', {
    code: 'ERR_UPSHIFT_SOCKET_CLOSED',
    status: 0
  });
}
