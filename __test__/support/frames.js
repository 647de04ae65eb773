'use strict';

// How do frames look on the wire? A deliberately plain encoder that can also write frames that are not allowed, and an
// incremental decoder.

const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

/**
 * Encodes a frame, as a client sends it unless told otherwise.
 *
 * @param {Number} opcode The opcode
 * @param {(String|Buffer)} [payload] The payload
 * @param {Object} [how] `fin`, `mask`, `rsv` (0 to 7) and `form`, the length's: 7, 16 or 64 bits
 * @return {Buffer} The frame
 */
function encode(opcode, payload = '', { fin = true, mask = true, rsv = 0, form } = {}) {
  const data = Buffer.from(payload);
  const bits = form ?? (data.length < 126 ? 7 : data.length < 65536 ? 16 : 64);
  const head = Buffer.alloc({ 7: 2, 16: 4, 64: 10 }[bits]);

  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  head[1] = (mask ? 0x80 : 0) | { 7: data.length, 16: 126, 64: 127 }[bits];
  if (bits === 16) head.writeUInt16BE(data.length, 2);
  if (bits === 64) head.writeBigUInt64BE(BigInt(data.length), 2);
  if (!mask) return Buffer.concat([head, data]);

  return Buffer.concat([head, MASK, data.map((byte, i) => byte ^ MASK[i % 4])]);
}

/**
 * Encodes a close frame.
 *
 * @param {Number} [code] The status code
 * @param {String} [reason] The reason
 * @return {Buffer} The frame
 */
function encodeClose(code, reason = '') {
  if (code === undefined) return encode(8);

  return encode(8, Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]));
}

/**
 * Tells how many bytes an unmasked frame lacks.
 *
 * @param {Buffer} data What was received of it
 * @return {Number} At least that many
 */
function missing(data) {
  if (data.length < 10) return 1;

  const short = data[1] & 0x7f;
  const size =
    short === 126 ? 4 + data.readUInt16BE(2) : short === 127 ? 10 + Number(data.readBigUInt64BE(2)) : 2 + short;

  return size - data.length;
}

/**
 * Takes the first frame off a buffer.
 *
 * @param {Buffer} data What was received
 * @return {?Object} `{ fin, opcode, payload, rsv, isMasked, size }`, `null` when it is not complete
 */
function decode(data) {
  if (data.length < 2) return null;

  const short = data[1] & 0x7f;
  const isMasked = data[1] > 0x7f;
  const offset = (short === 126 ? 4 : short === 127 ? 10 : 2) + (isMasked ? 4 : 0);

  if (data.length < offset) return null;

  const length = short === 126 ? data.readUInt16BE(2) : short === 127 ? Number(data.readBigUInt64BE(2)) : short;
  const size = offset + length;

  if (data.length < size) return null;

  const payload = Buffer.from(data.subarray(offset, size));

  if (isMasked) {
    const key = data.subarray(offset - 4, offset);

    payload.forEach((byte, i) => (payload[i] = byte ^ key[i % 4]));
  }

  return { fin: data[0] > 0x7f, rsv: (data[0] >> 4) & 7, opcode: data[0] & 15, payload, isMasked, size };
}

module.exports = { decode, encode, encodeClose, missing };
