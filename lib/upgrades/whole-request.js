'use strict';

// Where does a request end that asks for an upgrade? Behind its body, which has to be there before the protocol changes (RFC
// 9110 section 7.8). It is kept as it came, since it is read again.

const { HandshakeError } = require('../base/errors');
const { announcesBody, readsBodies } = require('./body-reading');

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
    const body = await gather(req, NOTHING, { carrier, enough: maxUpgradeBody + 1, timeout });
    const isWhole = body.length <= maxUpgradeBody;

    return { isWhole, body: isWhole ? body : undefined, rest: head };
  }

  const length = req.headers['transfer-encoding'] === undefined ? Number(req.headers['content-length']) : Infinity;

  if (length > maxUpgradeBody) return { isWhole: false, raw: head, rest: NOTHING };

  const bytes = await gather(socket, head, { carrier, enough: length, timeout });

  return { isWhole: true, raw: bytes.subarray(0, length), rest: bytes.subarray(length) };
}

module.exports = { readRequest };

/**
 * Collects what arrives.
 *
 * @param {Readable} source What it arrives on; it is paused afterwards
 * @param {Buffer} first What has arrived already
 * @param {Object} options Options
 * @param {Duplex} options.carrier The connection below; its end is not always told above
 * @param {Number} options.enough How many bytes are enough; a request may end before, and they stay in one that does not
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
      if (size < enough) return;

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
    onData(first);
    if (size >= enough) return;
    if (source.destroyed) onClose();
    else source.on('data', onData);
  });
}

/**
 * Makes a request what it was before it was read.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Buffer} bytes What was read
 * @private
 */
function putBack(req, bytes) {
  req.unshift(bytes);
  // Neither flowing nor paused: it begins to flow when somebody listens.
  req.readableFlowing = null;
}

/**
 * @return {HandshakeError} The error for a client that left
 * @private
 */
function gone() {
  return new HandshakeError('The socket was closed before the upgrade was through', {
    code: 'ERR_UPSHIFT_SOCKET_CLOSED',
    status: 0
  });
}

/**
 * @return {HandshakeError} The error for a client that keeps the server waiting
 * @private
 */
function late() {
  return new HandshakeError('The upgrade has timed out', { code: 'ERR_UPSHIFT_UPGRADE_TIMEOUT', status: 408 });
}
