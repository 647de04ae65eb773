'use strict';

// Where does a request end that asks for an upgrade? Behind its body, which has to be there before the protocol changes (RFC
// 9110 section 7.8). It is kept as it came, since it is read again.

const native = require('../base/native');
const { HandshakeError } = require('../base/errors');
const { arrive } = require('./arrivals');
const { announcesBody, putBack, rawBody, readsBodies } = require('./body-reading');
const { takeBack } = require('./carrier');

/** What the native half of a body says besides its end. */
const MORE = -1;
const MALFORMED = -2;
const TOO_LARGE = -3;

/** An empty part of a request. */
const NOTHING = Buffer.alloc(0);

/** A body that ends where its last chunk does. Other codings before that are for whoever reads the body. */
const CHUNKED = /(?:^|,)[ \t]*chunked[ \t]*$/i;

/**
 * Reads a request to its end.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket What came with it
 * @param {Buffer} head What came with it
 * @param {Object} limits Limits
 * @param {Number} limits.maxUpgradeBody How long the body may be
 * @param {AbortSignal} [limits.signal] Ends the wait, its reason is the error
 * @param {Number} limits.upgradeTimeout How long it may take (ms), 0 for ever
 * @return {Promise<Object>} `isWhole`, whether it ends within the limit; the `body`, and the `raw` bytes that it came as, or
 *     what was read of them; the `rest` behind it, and the `socket` to go on with, which is Node's own where that can be.
 *     What was read of a body by Node that is not whole is in the request. Rejected with a `HandshakeError` when the client is
 *     gone, or takes too long
 * @private
 */
async function readRequest(req, socket, head, { maxUpgradeBody, signal, upgradeTimeout: timeout }) {
  const { 'content-length': length, 'transfer-encoding': coding } = req.headers;

  if (!announcesBody(req)) return { isWhole: true, body: NOTHING, raw: NOTHING, rest: head, socket };

  // Too long, or a body that ends nowhere, which whoever answers it finds out.
  if (coding === undefined ? length > maxUpgradeBody : !CHUNKED.test(coding)) {
    return { isWhole: false, raw: head, rest: NOTHING, socket };
  }

  const options = { carrier: req.socket, limit: maxUpgradeBody, signal, timeout };

  if (readsBodies()) return readParsed(req, socket, head, options);
  if (coding !== undefined) return readChunks(socket, head, options);

  const bytes = await gather(socket, head, { ...options, enough: (size) => size >= length });
  const body = bytes.subarray(0, length);

  return { isWhole: true, body, raw: body, rest: bytes.subarray(length), socket };
}

module.exports = { readRequest };

/**
 * Reads a body that Node takes off the connection.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket What came with it
 * @param {Buffer} head What follows it, when it has come with the request
 * @param {Object} options Those of `gather()`, and the `limit`
 * @return {Promise<Object>} As `readRequest()`
 * @private
 */
async function readParsed(req, socket, head, { limit, ...options }) {
  const body = await gather(req, NOTHING, { ...options, enough: (size) => size > limit });

  if (body.length > limit) return { isWhole: false, raw: head, rest: NOTHING, socket };

  const raw = rawBody(req, body);

  if (raw === null) throw invalid();

  const behind = socket === req.socket ? { rest: head, socket } : takeBack(req, socket);

  return { isWhole: true, body, raw, ...behind };
}

/**
 * Reads a body in chunks.
 *
 * @param {Duplex} socket The connection
 * @param {Buffer} head What has arrived already
 * @param {Object} options Those of `gather()`, and the `limit`
 * @return {Promise<Object>} As `readRequest()`
 * @private
 */
async function readChunks(socket, head, { limit, ...options }) {
  const chunked = new native.NativeChunkedBody(limit);
  let end = MORE;
  /** How much has arrived before the last piece. */
  let before = 0;

  const bytes = await gather(socket, head, {
    ...options,
    enough(size, piece) {
      before = size - piece.length;
      end = chunked.read(piece);
      return end !== MORE;
    }
  });

  if (end === MALFORMED) throw invalid();
  if (end === TOO_LARGE) return { isWhole: false, raw: bytes, rest: NOTHING, socket };

  const at = before + end;

  return { isWhole: true, body: chunked.takeData(), raw: bytes.subarray(0, at), rest: bytes.subarray(at), socket };
}

/**
 * Collects what arrives.
 *
 * @param {Readable} source What it arrives on; it is paused afterwards
 * @param {Buffer} first What has arrived already
 * @param {Object} options Options
 * @param {Duplex} options.carrier The connection below; its end is not always told above
 * @param {Function} options.enough `enough(size, chunk)`, whether so much is, to which the chunk was added. A request may end
 *     before; if it does not, it has again what was read of it
 * @param {AbortSignal} [options.signal] Ends the wait
 * @param {Number} options.timeout How long it may take (ms)
 * @return {Promise<Buffer>} What has arrived
 * @private
 */
async function gather(source, first, { carrier, enough, signal, timeout }) {
  const chunks = [];
  let size = 0;

  try {
    await arrive(source, first, {
      carrier,
      signal,
      take(chunk) {
        chunks.push(chunk);
        size += chunk.length;
        if (!enough(size, chunk)) return undefined;

        // Put back in this turn: its end may have been read with it, and comes in the next.
        return isRequest(source) ? Buffer.concat(chunks) : NOTHING;
      },
      timeout
    });
  } catch (err) {
    // The end of a request is the end of its body, unless the connection ended first.
    if (isRequest(source) && source.readableEnded && source.complete) return Buffer.concat(chunks);
    if (isRequest(source) && !source.destroyed) putBack(source, Buffer.concat(chunks));

    throw err;
  }

  // Neither flowing nor paused, as `putBack()` leaves it.
  if (isRequest(source)) source.readableFlowing = null;
  return Buffer.concat(chunks);
}

/**
 * @return {HandshakeError} The error for what is no body, or only the end of one
 * @private
 */
function invalid() {
  return new HandshakeError('Invalid request body', { code: 'ERR_UPSHIFT_INVALID_BODY', status: 400 });
}

/**
 * @param {Readable} source What is read
 * @return {Boolean} Whether it is a request, and not a connection
 * @private
 */
function isRequest({ complete }) {
  return complete !== undefined;
}
