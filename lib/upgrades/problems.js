'use strict';

// Why is a request refused, whatever it is to be upgraded to? Because it is not known where it ends, or to whom it is.

const { STATUS_CODES } = require('node:http');

const { HandshakeError } = require('../base/errors');
const { announcesBody } = require('./body-reading');
const { isCutOff } = require('./cut-off');

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
 * Why a request cannot be upgraded to a protocol that takes no body: it would be taken for the new protocol's first bytes.
 *
 * @param {http.IncomingMessage} req The request
 * @return {?HandshakeError} The reason, if there is one
 * @private
 */
function bodyProblem(req) {
  if (!announcesBody(req)) return null;

  return new HandshakeError('An upgrade to this protocol takes no request body', {
    code: 'ERR_UPSHIFT_REQUEST_BODY',
    status: 400
  });
}

module.exports = { bodyProblem, hostProblem, problemOf };
