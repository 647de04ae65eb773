'use strict';

// How does somebody who frames by themselves get an upgraded connection? With the 101 on the wire and Node's own socket in
// their hands: what arrived early is back in it, nothing else stands in between.

const takeover = require('../takeover/takeover');
const { HandshakeError } = require('../base/errors');
const { askedProtocols, means, protocolOf } = require('./asked');
const { DEFAULT_LIMITS, limitsOf } = require('../base/limits');
const { announcesBody } = require('./body-reading');
const { bodyProblem, hostProblem, refuse, tooLong } = require('./problems');
const { CONTINUE, continueBefore, expectsContinue } = require('../handshake/expectation');
const { ownLines, responseOf } = require('../handshake/handshake');
const { readRequest } = require('./whole-request');
const { settled } = require('./arrivals');

/** An empty body. */
const NOTHING = Buffer.alloc(0);

/** What is waited for when nobody says anything: no body. */
const LIMITS = { ...DEFAULT_LIMITS, maxUpgradeBody: 0 };

/**
 * Accept an upgrade to a protocol that you speak yourself.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket Its socket
 * @param {Buffer} head What arrived behind it
 * @param {Object} options Options
 * @param {Object} [options.headers] More headers for the 101
 * @param {Number} [options.maxUpgradeBody=0] How long a body may be, which is `req.body` then; 0 for none at all
 * @param {String} options.protocol The protocol, `name` or `name/version`; without a version any is accepted
 * @param {Number} [options.upgradeTimeout=10000] How long the body may take (ms), 0 for ever
 * @return {Promise<Duplex>} Node's socket, with `head` in it and its HTTP timeouts cleared. Rejected with a
 *     `HandshakeError`: when the request does not ask for the protocol nothing was written and the socket is left as it
 *     was, a request with a body that is not taken, or with several `Host` fields, was refused
 * @public
 */
async function accept(req, socket, head, { headers, protocol, ...options } = {}) {
  if (typeof protocol !== 'string') throw new TypeError('The "protocol" option must be a string');

  const limits = limitsOf(options, LIMITS);
  const lines = ownLines(headers);
  const named = protocolOf(protocol);
  const asked = askedProtocols(req).find((one) => means(named, one));

  if (asked === undefined) throw notAsked(protocol);

  takeover.checkFree(socket);
  takeover.guard(socket);

  let upgrade = { body: NOTHING, head, req, socket };

  try {
    const problem = hostProblem(req) ?? bodyProblem(req, limits.maxUpgradeBody);

    if (problem !== null) throw problem;
    if (announcesBody(req)) upgrade = await readBody(upgrade, limits);
  } catch (err) {
    await refuse(req, socket, err);
    throw err;
  }

  if (limits.maxUpgradeBody > 0) req.body = upgrade.body;

  return new Promise((resolve, fail) => {
    switchTo(asked.token, upgrade, lines, (err) => {
      if (err) fail(err);
      else resolve(upgrade.socket);
    });
  });
}

/**
 * Reads the body of a request that is going to be upgraded, once it is its turn.
 *
 * @param {Object} upgrade What the 'upgrade' event has brought
 * @param {Object} limits What is waited for, see `readRequest()`
 * @return {Promise<Object>} What there is behind the body, as for `switchTo()`, and the `body`. Rejected with a
 *     `HandshakeError`, or the reason of the signal
 * @private
 */
async function readBody(upgrade, limits) {
  const { head, req, socket } = upgrade;

  await settled(req, socket, limits.signal);

  const isContinued = expectsContinue(req);

  if (isContinued) socket.write(CONTINUE);

  const whole = await readRequest(req, socket, head, limits);

  if (!whole.isWhole) throw tooLong();

  // Neither flowing nor paused, as a socket is that nobody has read yet.
  whole.socket.readableFlowing = null;
  return { body: whole.body, head: whole.rest, isContinued, req, socket: whole.socket };
}

/**
 * Writes the 101, after any earlier response on the connection, and makes the socket what its new owner expects.
 *
 * @param {String} token The protocol, as the client wrote it
 * @param {Object} upgrade What the 'upgrade' event has brought
 * @param {http.IncomingMessage} upgrade.req The request
 * @param {Duplex} upgrade.socket Its socket
 * @param {Buffer} upgrade.head What arrived behind it
 * @param {Boolean} [upgrade.isContinued] Whether the client was told to continue already
 * @param {String[]} lines More header lines
 * @param {Function} done `done(err)`; synchronously in the usual case
 * @throws {(Error|RangeError)} If the socket was taken before, or there are too many headers; nothing was written then
 * @private
 */
function switchTo(token, { head, isContinued = false, req, socket }, lines, done) {
  const all = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', `Upgrade: ${token}`, ...lines];
  const response = responseOf(continueBefore(!isContinued && expectsContinue(req), all));

  takeover.hand(req, socket, head, (err) => {
    if (err) {
      done(closedTooEarly());
      return;
    }

    socket.write(response, 'latin1');
    done(null);
  });
}

module.exports = { accept, readBody, switchTo };

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
