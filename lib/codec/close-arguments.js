'use strict';

// What does `close()` accept? The codes and reasons that a close frame can carry.

const {
  types: { isUint8Array }
} = require('util');

const { EMPTY_BUFFER, isValidStatusCode } = require('../base/constants');

/** RFC 6455 section 5.5: 125 bytes, two of which are the code. */
const MAX_REASON = 123;

/**
 * Checks the arguments of `close()`.
 *
 * @param {Number} [code] The status code
 * @param {(String|Uint8Array)} [reason] The reason
 * @return {(String|Uint8Array)} The reason to send
 * @throws {TypeError} If the code or the type of the reason is not acceptable
 * @throws {RangeError} If the reason is too long
 * @private
 */
function checkClose(code, reason) {
  if (code === undefined) return EMPTY_BUFFER;
  if (typeof code !== 'number' || !isValidStatusCode(code)) {
    throw new TypeError('First argument must be a valid error code number');
  }

  if (reason === undefined || !reason.length) return EMPTY_BUFFER;
  // Of what has no bytes Node.js says so, with its code.
  if (Buffer.byteLength(reason) > MAX_REASON) {
    throw new RangeError('The message must not be greater than 123 bytes');
  }

  if (typeof reason !== 'string' && !isUint8Array(reason)) {
    throw new TypeError('Second argument must be a string or a Uint8Array');
  }

  return reason;
}

module.exports = { checkClose };
