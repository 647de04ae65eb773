'use strict';

// Where is the body of a request that asks for an upgrade? On most Nodes its
// bytes lie on the socket behind the head, as they came; newer ones read it as
// that of any request, and what comes with the request is what follows it.

const { HandshakeError } = require('../base/errors');
const { arrive } = require('./arrivals');
const { putBack, readsBodies } = require('./body-reading');

/** What `readBody()` of the native half returns besides the end of the body. */
const MORE = -1;
const MALFORMED = -2;
const TOO_LARGE = -3;

/** What a body above the limit is reported by; it is no error, but makes the request plain HTTP. */
class TooLarge {
  /**
   * @param {Buffer} head What stands between the head of the request and what its socket will give
   */
  constructor(head) {
    this.head = head;
  }
}

/**
 * Reads the body of an upgraded request into its native half.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket Its socket
 * @param {Buffer} head What arrived behind the head
 * @param {NativeHttp2Upgrade} h2c The native half
 * @param {Object} limits `{ maxUpgradeBody, signal, upgradeTimeout }`
 * @return {Promise<Buffer>} What of `head` lies behind the body; more of that is
 *     on the socket. Rejected with a `TooLarge` or a `HandshakeError`
 * @private
 */
async function readBody(req, socket, head, h2c, { maxUpgradeBody, signal, upgradeTimeout: timeout }) {
  h2c.limitBody(maxUpgradeBody);
  if (h2c.bodyLength === 0) return head;

  if (readsBodies()) {
    await readParsed(req, head, h2c, { carrier: req.socket, signal, timeout });
    return head;
  }

  await arrive(socket, head, { signal, take: (bytes) => takeRaw(h2c, bytes), timeout });
  return Buffer.alloc(0);
}

module.exports = { TooLarge, readBody };

/**
 * Takes bytes of the connection.
 *
 * @param {NativeHttp2Upgrade} h2c The native half
 * @param {Buffer} bytes The bytes
 * @return {(Buffer|undefined)} What lies behind the body, when it is whole
 * @throws {(TooLarge|HandshakeError)} If there is no body, or too much of it
 * @private
 */
function takeRaw(h2c, bytes) {
  const end = h2c.readBody(bytes);

  if (end === MORE) return undefined;
  if (end === MALFORMED) throw invalid();
  if (end === TOO_LARGE) throw new TooLarge(h2c.takeOutput());
  return bytes.subarray(end);
}

/**
 * Reads a body that Node takes off the connection. What was read of one that is too large is put back.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Buffer} head What follows it
 * @param {NativeHttp2Upgrade} h2c The native half
 * @param {Object} wait `{ carrier, signal, timeout }`
 * @return {Promise<void>} Resolved when it is whole
 * @private
 */
async function readParsed(req, head, h2c, wait) {
  const chunks = [];

  try {
    await arrive(req, Buffer.alloc(0), {
      take(bytes) {
        chunks.push(bytes);
        if (h2c.addBody(bytes)) return;

        // In this turn: its end may have been read with it, and comes in the next.
        req.pause();
        putBack(req, Buffer.concat(chunks));
        throw new TooLarge(head);
      },
      ...wait
    });
  } catch (err) {
    if (err instanceof TooLarge) req.readableFlowing = null;
    // The end of the request is the end of the body, unless the connection ended first.
    if (err instanceof TooLarge || !req.readableEnded || !req.complete) throw err;
  }
}

/**
 * @return {HandshakeError} The error for what is no body
 * @private
 */
function invalid() {
  return new HandshakeError('Invalid request body', { code: 'ERR_UPSHIFT_INVALID_BODY', status: 400 });
}
