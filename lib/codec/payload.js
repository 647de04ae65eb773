'use strict';

// What can be sent? Text, anything with bytes in it, Blobs; the rest as far as a Buffer can be made of it.

const {
  types: { isAnyArrayBuffer }
} = require('util');

/** Node's own class, without the checks of `Buffer.from()`. */
const FastBuffer = Buffer[Symbol.species];

/**
 * Brings data into one of the forms that can be sent.
 *
 * @param {*} data The data
 * @return {(String|Uint8Array|Blob)} The payload
 * @throws {TypeError} If there is no such form
 * @private
 */
function payloadOf(data) {
  if (typeof data === 'string' || data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) {
    return new FastBuffer(data.buffer, data.byteOffset, data.byteLength);
  }

  if (isAnyArrayBuffer(data)) return new FastBuffer(data);
  return isBlob(data) ? data : Buffer.from(data);
}

/**
 * Tells the number of bytes of a payload.
 *
 * @param {(String|Uint8Array|Blob)} payload The payload
 * @return {Number} Its length in bytes
 * @private
 */
function lengthOf(payload) {
  if (typeof payload === 'string') return Buffer.byteLength(payload);

  return isBlob(payload) ? payload.size : payload.length;
}

/**
 * Tells whether a value is a Blob, of whichever realm or implementation.
 *
 * @param {*} value The value
 * @return {Boolean} `true` if it can be read like a Blob
 * @private
 */
function isBlob(value) {
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof Uint8Array) return false;

  const tag = value[Symbol.toStringTag];

  return (
    (tag === 'Blob' || tag === 'File') && typeof value.arrayBuffer === 'function' && typeof value.size === 'number'
  );
}

module.exports = { isBlob, lengthOf, payloadOf };
