'use strict';

// Where does a request end that asks for an upgrade? Behind its body, which has to be there before the protocol changes (RFC
// 9110 section 7.8). It is kept as it came, since it is read again.

const native = require('../base/native');
const { HandshakeError } = require('../base/errors');
const { gone, late } = require('./arrivals');
const { announcesBody, putBack, readsBodies } = require('./body-reading');

/** What the native half of a body says besides its end. */
const MORE = -1;
const MALFORMED = -2;
const TOO_LARGE = -3;

/** An empty part of a request. */
const NOTHING = Buffer.alloc(0);

/**
 * Reads a request to its end.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket What came with it
 * @param {Buffer} head What came with it
 * @param {Object} limits Limits
 * @param {Number} limits.maxUpgradeBody How long the body may be
 * @param {Number} limits.upgradeTimeout How long it may take (ms), 0 for ever
 * @return {Promise<Object>} `isWhole`, whether it ends within the limit, what there is of the body, as `raw` bytes or as the
 *     `body` that Node has read out of them, and the `rest` behind it. Rejected with a `HandshakeError` when the client is
 *     gone, or takes too long
 * @private
 */
async function readRequest(req, socket, head, { maxUpgradeBody, upgradeTimeout: timeout }) {
  const carrier = req.socket;

  if (!announcesBody(req)) return { isWhole: true, raw: NOTHING, rest: head };

  if (readsBodies()) {
    const body = await gather(req, NOTHING, { carrier, enough: (size) => size > maxUpgradeBody, timeout });
    const isWhole = body.length <= maxUpgradeBody;

    return { isWhole, body: isWhole ? body : undefined, rest: head };
  }

  const { 'content-length': length, 'transfer-encoding': coding } = req.headers;

  // Other codings would get lost.
  if (coding === undefined ? length > maxUpgradeBody : coding.toLowerCase() !== 'chunked') {
    return { isWhole: false, raw: head, rest: NOTHING };
  }

  if (coding !== undefined) return readChunks(socket, head, { carrier, limit: maxUpgradeBody, timeout });

  const bytes = await gather(socket, head, { carrier, enough: (size) => size >= length, timeout });

  return { isWhole: true, raw: bytes.subarray(0, length), rest: bytes.subarray(length) };
}

module.exports = { readRequest };

/**
 * Reads a body in chunks.
 *
 * @param {Duplex} socket The connection
 * @param {Buffer} head What has arrived already
 * @param {Object} options Those of `gather()`, and the `limit`
 * @return {Promise<Object>} As `readRequest()`
 * @private
 */
async function readChunks(socket, head, { carrier, limit, timeout }) {
  const chunked = new native.NativeChunkedBody(limit);
  let end = MORE;
  /** How much has arrived before the last piece. */
  let before = 0;

  const raw = await gather(socket, head, {
    carrier,
    enough(size, piece) {
      before = size - piece.length;
      end = chunked.read(piece);
      return end !== MORE;
    },
    timeout
  });

  if (end === MALFORMED)
    throw new HandshakeError('Invalid request body', { code: 'ERR_UPSHIFT_INVALID_BODY', status: 400 });
  if (end === TOO_LARGE) return { isWhole: false, raw, rest: NOTHING };

  return { isWhole: true, body: chunked.takeData(), rest: raw.subarray(before + end) };
}

/**
 * Collects what arrives.
 *
 * @param {Readable} source What it arrives on; it is paused afterwards
 * @param {Buffer} first What has arrived already
 * @param {Object} options Options
 * @param {Duplex} options.carrier The connection below; its end is not always told above
 * @param {Function} options.enough `enough(size, chunk)`, whether so much is, to which the chunk was added; a request may end
 *     before, and it stays in one that does not
 * @param {Number} options.timeout How long it may take (ms)
 * @return {Promise<Buffer>} What has arrived
 * @private
 */
function gather(source, first, { carrier, enough, timeout }) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    let size = 0;
    const timer = timeout > 0 ? setTimeout(() => settle(reject, late()), timeout) : null;

    /**
     * @param {Function} outcome What becomes of it
     * @param {*} value With what
     * @private
     */
    function settle(outcome, value) {
      clearTimeout(timer);
      source.removeListener('data', onData);
      source.removeListener('end', onEnd);
      source.removeListener('close', onClose);
      carrier.removeListener('close', onClose);
      source.pause();
      outcome(value);
    }

    /**
     * @param {Buffer} chunk What has arrived
     * @private
     */
    function onData(chunk) {
      chunks.push(chunk);
      size += chunk.length;
      if (!enough(size, chunk)) return;

      const bytes = Buffer.concat(chunks);

      settle(resolve, bytes);
      // Of a request, that is too much; somebody else reads it then. A moment later it might have ended.
      if (source.complete !== undefined) putBack(source, bytes);
    }

    /** Nothing more arrives; a connection says so too early. */
    function onEnd() {
      if (source.complete) settle(resolve, Buffer.concat(chunks));
      else onClose();
    }

    /** The client is gone. */
    function onClose() {
      settle(reject, gone());
    }

    source.on('end', onEnd);
    source.on('close', onClose);
    carrier.on('close', onClose);
    if (source.destroyed) {
      onClose();
    } else {
      source.on('data', onData);
      if (first.length > 0) onData(first);
    }
  });
}
