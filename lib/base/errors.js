'use strict';

// Which errors can a user of this package see, and what is in them? Protocol
// errors carry ws's `WS_ERR_*` codes, handshake errors the HTTP answer, and
// everything of our own a code that starts with `ERR_UPSHIFT_`.

const { STATUS_CODES } = require('http');
const { getSystemErrorName } = require('util');
const { Z_DATA_ERROR } = require('zlib').constants;

/**
 * Builds the error that a breach of the protocol is reported with, in the constructor ws uses for it: a value is out of
 * range, unless it is text or what zlib complains about.
 *
 * @param {String} code A `WS_ERR_*` code, or zlib's
 * @param {String} message What the peer did
 * @return {(Error|RangeError)} The error
 * @private
 */
function protocolError(code, message) {
  const isOfZlib = code === 'Z_DATA_ERROR';
  const err = withCode(
    new (isOfZlib || code === 'WS_ERR_INVALID_UTF8' ? Error : RangeError)(message),
    code,
    protocolError
  );

  if (isOfZlib) err.errno = Z_DATA_ERROR;
  return err;
}

/**
 * Builds an error with a code.
 *
 * @param {String} code The value of the `code` property
 * @param {String} message The error message
 * @return {Error} The error
 * @private
 */
function codedError(code, message) {
  return withCode(new Error(message), code, codedError);
}

/**
 * Builds the error that Node reports a failed call of the operating system with.
 *
 * @param {String} syscall The name of the call
 * @param {Number} errno The number of the error, as C has it
 * @return {Error} The error
 * @private
 */
function systemError(syscall, errno) {
  const code = getSystemErrorName(-errno);
  const err = new Error(`${syscall} ${code}`);

  return Object.assign(withCode(err, code, systemError), { errno: -errno, syscall });
}

/**
 * Gives an error its code and hides our own frame from its stack.
 *
 * @param {Error} err The error
 * @param {String} code The code
 * @param {Function} above The function to leave out of the stack
 * @return {Error} The same error
 * @private
 */
function withCode(err, code, above) {
  Error.captureStackTrace(err, above);
  err.code = code;
  return err;
}

/**
 * A request that cannot become a WebSocket, with the HTTP answer it deserves.
 *
 * @extends Error
 */
class HandshakeError extends Error {
  /**
   * Create a new `HandshakeError`.
   *
   * @param {String} message The reason, which is also the body of the answer
   * @param {Object} answer The answer
   * @param {String} answer.code A stable name for the reason
   * @param {Number} answer.status The status code of the response
   * @param {Object} [answer.headers={}] Headers of the response beyond the
   *     ones that every refusal has
   */
  constructor(message, { code, status, headers = {} }) {
    super(message);

    this.name = 'HandshakeError';
    this.code = code;
    this.status = status;
    this.headers = headers;
  }
}

/**
 * An answer instead of an upgrade. `authenticate` of a route throws it.
 *
 * @extends Error
 */
class HttpError extends Error {
  /**
   * Create a new `HttpError`.
   *
   * @param {Number} status The status code of the response, 400 to 599
   * @param {String} [message] Its body; the status text by default
   * @param {Object} [options] Options
   * @param {*} [options.cause] What caused it; the client does not learn of it
   * @param {Object} [options.headers={}] Headers of the response beyond the ones that every refusal has
   * @throws {RangeError} If the status is none of a refusal
   */
  constructor(status, message = STATUS_CODES[status] ?? '', { headers = {}, ...options } = {}) {
    if (!Number.isInteger(status) || status < 400 || status > 599) {
      throw new RangeError(`The status of an HttpError must be between 400 and 599, not ${status}`);
    }

    super(message, options);

    this.name = 'HttpError';
    this.status = status;
    this.headers = headers;
  }
}

module.exports = { HandshakeError, HttpError, codedError, protocolError, systemError };
