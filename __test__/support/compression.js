'use strict';

// How does a test read and write compressed messages? With Node's zlib, so that nothing trusts our own compressor.

const zlib = require('zlib');

/** What ends a message in the stream and not in the frame (RFC 7692, section 7.2.1). */
const TAIL = Buffer.from([0, 0, 0xff, 0xff]);

/** The first of the reserved bits, as `encode()` and `decode()` count them. */
const RSV1 = 4;

const FLUSH = { finishFlush: zlib.constants.Z_SYNC_FLUSH };

/**
 * Compresses a message that stands for itself.
 *
 * @param {(String|Buffer)} data The message
 * @param {Object} [options] Options of zlib
 * @return {Buffer} The payload of its frame
 */
function pack(data, options) {
  return zlib.deflateRawSync(data, { ...FLUSH, ...options }).subarray(0, -TAIL.length);
}

/**
 * Inflates messages that were sent one after the other.
 *
 * @param {(Buffer|Buffer[])} payloads The payloads of their frames
 * @param {Object} [options] Options of zlib
 * @return {Buffer} All together
 */
function unpack(payloads, options) {
  const all = [payloads].flat().flatMap((payload) => [payload, TAIL]);

  return zlib.inflateRawSync(Buffer.concat(all), { ...FLUSH, ...options });
}

module.exports = { RSV1, pack, unpack };
