'use strict';

// What happens to what the application writes to a socket that was taken over? As with ws the bytes go out as they are,
// between the frames. These are the members of the stub by which Node writes.

const { errno } = require('node:os').constants;
const { isUint8Array } = require('node:util').types;

const BROKEN_PIPE = -errno.EPIPE;
const INVALID = -errno.EINVAL;

/** Where a stub keeps what it knows: one name per process, so that two installed copies recognise each other's. */
const kState = Symbol.for('upshift.stub');

/**
 * Writes bytes.
 *
 * @param {Object} handle The stub
 * @param {?Object} request Node's WriteWrap, null from Node 26 on
 * @param {Buffer} bytes The bytes
 * @return {Number} 0, or a negated error number
 * @private
 */
function write(handle, request, bytes) {
  const result = handle[kState].connection.write(bytes);

  // Up to Node 24 a global that native code sets tells whether the write is done; nobody has set it for this one.
  if (request && result === 0) process.nextTick(complete, request);
  else if (request) request.error = 'ERR_UPSHIFT_TAKEN';

  return result;
}

/**
 * Completes a write that Node takes to be under way.
 *
 * @param {Object} request Node's WriteWrap
 * @private
 */
function complete(request) {
  if (request.async) request.oncomplete(0, request.handle, undefined);
}

/**
 * Makes a member that writes text.
 *
 * @param {String} encoding The encoding
 * @return {Function} The member
 * @private
 */
function text(encoding) {
  return function (request, string) {
    return typeof string === 'string' ? write(this, request, Buffer.from(string, encoding)) : INVALID;
  };
}

/** Members by which Node writes, by name. */
const writes = {
  writeAsciiString: text('latin1'),
  writeBuffer(request, bytes) {
    return isUint8Array(bytes) ? write(this, request, bytes) : INVALID;
  },
  writeLatin1String: text('latin1'),
  writeUcs2String: text('utf16le'),
  writeUtf8String: text('utf8'),
  writev(request, chunks, areBuffers) {
    if (!Array.isArray(chunks)) return INVALID;
    if (areBuffers) return write(this, request, Buffer.concat(chunks));

    const pieces = [];

    for (let i = 0; i < chunks.length; i += 2) {
      pieces.push(typeof chunks[i] === 'string' ? Buffer.from(chunks[i], chunks[i + 1]) : chunks[i]);
    }

    return write(this, request, Buffer.concat(pieces));
  }
};

module.exports = { BROKEN_PIPE, kState, writes };
