'use strict';

// Why is a request refused that asks for an upgrade there is? Because it is not known where it ends, or to whom it is, or
// because of its body; and how is that said.

const { STATUS_CODES } = require('node:http');

const { HandshakeError } = require('../base/errors');
const { announcesBody } = require('./body-reading');
const { isCutOff } = require('./cut-off');
const { decline } = require('../handshake/refusal');

/**
 * What is wrong with a request for every protocol.
 *
 * @param {http.Server} server The server
 * @param {http.IncomingMessage} req The request
 * @return {?Object} `{ status, message }`, if something is
 * @private
 */
function problemOf(server, req) {
  return isCutOff(server, req) ? { status: 431, message: STATUS_CODES[431] } : hostProblem(req);
}

/**
 * "A server MUST respond with a 400 (Bad Request) status code [...] to any request message that contains more than one Host
 * header field line" (RFC 9112 section 3.2).
 *
 * @param {http.IncomingMessage} req The request
 * @return {?HandshakeError} The reason, if there is one
 * @private
 */
function hostProblem({ rawHeaders = [] }) {
  const isHost = (text, index) => index % 2 === 0 && text.length === 4 && text.toLowerCase() === 'host';

  if (rawHeaders.filter(isHost).length < 2) return null;

  return new HandshakeError('Repeated Host header', { code: 'ERR_UPSHIFT_REPEATED_HOST', status: 400 });
}

/**
 * Why a request cannot be upgraded to a protocol that does not say it takes a body: that would be taken for the new protocol's
 * first bytes.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Number} most How long it may be, 0 for none at all
 * @return {?HandshakeError} The reason, if there is one
 * @private
 */
function bodyProblem(req, most) {
  if (!announcesBody(req)) return null;
  if (most > 0) return req.headers['content-length'] > most ? tooLong() : null;

  return new HandshakeError('An upgrade to this protocol takes no request body', {
    code: 'ERR_UPSHIFT_REQUEST_BODY',
    status: 400
  });
}

/**
 * @return {HandshakeError} The reason when a body is longer than it may be
 * @private
 */
function tooLong() {
  return new HandshakeError('The request body is too long', { code: 'ERR_UPSHIFT_REQUEST_BODY', status: 413 });
}

/**
 * Tells the client that there is no upgrade.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket What came with it
 * @param {Error} err Why; an error without a status is not the client's fault
 * @return {Promise<void>} Resolved when it is told
 * @private
 */
async function refuse(req, socket, { message, status = 503 }) {
  if (status > 0) await decline(req, socket, status, { body: message });
  else socket.destroy();
}

module.exports = { bodyProblem, hostProblem, problemOf, refuse, tooLong };
