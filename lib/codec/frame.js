'use strict';

// How is a frame written by hand? Header and payload as RFC 6455 section 5.2 lays them out, for those who frame messages
// themselves: a connection of ours has the engine do it.

const { randomFillSync } = require('crypto');

const MASK_BIT = 0x80;
const FIN_BIT = 0x80;
const RSV1_BIT = 0x40;

/** Random bytes are drawn this many at a time. */
const POOL_SIZE = 8192;

let pool = null;
let used = POOL_SIZE;

/**
 * Fills a masking key with random bytes.
 *
 * @param {Buffer} key The key
 * @private
 */
function randomKey(key) {
  if (used === POOL_SIZE) {
    pool ??= Buffer.alloc(POOL_SIZE);
    randomFillSync(pool);
    used = 0;
  }

  pool.copy(key, 0, used, (used += 4));
}

/**
 * Builds the header of a frame.
 *
 * @param {Number} length The length of the payload
 * @param {Object} options What kind of frame it is
 * @param {?Buffer} key The masking key
 * @return {Buffer} The header
 * @private
 */
function headerOf(length, { fin, opcode, rsv1 }, key) {
  const extended = length < 126 ? 0 : length < 65536 ? 2 : 8;
  const size = 2 + extended + (key === null ? 0 : 4);
  const header = Buffer.alloc(size);

  header[0] = opcode | (fin ? FIN_BIT : 0) | (rsv1 ? RSV1_BIT : 0);
  header[1] = { 0: length, 2: 126, 8: 127 }[extended];
  if (extended === 2) header.writeUInt16BE(length, 2);
  else if (extended === 8) header.writeUIntBE(length, 4, 6);

  if (key !== null) {
    header[1] |= MASK_BIT;
    header.set(key, size - 4);
  }

  return header;
}

/**
 * Masks bytes.
 *
 * @param {Uint8Array} source The bytes
 * @param {Buffer} key The masking key
 * @param {Uint8Array} target Where they go, which may be where they come from
 * @private
 */
function mask(source, key, target) {
  for (let i = 0; i < source.length; i++) target[i] = source[i] ^ key[i & 3];
}

/**
 * Frames a payload.
 *
 * @param {(Uint8Array|String)} data The payload
 * @param {Object} options What kind of frame it is
 * @param {Boolean} [options.fin=false] Whether it ends its message
 * @param {Function} [options.generateMask] Fills the masking key
 * @param {Boolean} [options.mask=false] Whether to mask the payload
 * @param {Buffer} [options.maskBuffer] Where the masking key is kept
 * @param {Number} options.opcode The opcode
 * @param {Boolean} [options.readOnly=false] Whether the payload must stay as it is
 * @param {Boolean} [options.rsv1=false] Whether it is compressed
 * @return {Buffer[]} The header, and the payload if there is one
 * @private
 */
function frame(data, options) {
  const payload = typeof data === 'string' ? Buffer.from(data) : data;

  if (!options.mask) return withPayload(headerOf(payload.length, options, null), payload);

  const key = options.maskBuffer ?? Buffer.alloc(4);

  if (options.generateMask) options.generateMask(key);
  else randomKey(key);

  const header = headerOf(payload.length, options, key);

  // A key of zeros changes nothing.
  if (key.readUInt32LE(0) === 0) return withPayload(header, payload);

  const masked = options.readOnly ? Buffer.alloc(payload.length) : payload;

  mask(payload, key, masked);
  return withPayload(header, masked);
}

module.exports = { frame };

/**
 * @param {Buffer} header A header
 * @param {Uint8Array} payload Its payload
 * @return {Buffer[]} Both, without an empty payload
 * @private
 */
function withPayload(header, payload) {
  return payload.length === 0 ? [header] : [header, payload];
}
