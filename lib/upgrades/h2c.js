'use strict';

// How does an HTTP/1.1 request that asks for `h2c` become stream 1 of an HTTP/2
// session (RFC 7540 section 3.2)? Node's http2 does not know this way in. So the
// request is judged, its body read, 101 answered and the client's preface
// awaited; then the socket goes to the http2 server with bytes in front of it
// that say all of this in HTTP/2. Those bytes are made in Rust.
//
//   judgeH2c(req)                      may this request be upgraded?
//   upgradeToH2c(req, socket, head, …) do it

const native = require('../base/native');
const takeover = require('../takeover/takeover');
const { HandshakeError } = require('../base/errors');
const { answerAsHttp } = require('./plain-http');
const { CONTINUE } = require('../handshake/expectation');
const { arrive, settled } = require('./arrivals');
const { refuse } = require('./problems');
const { TooLarge, readBody } = require('./h2c-body');
const { limitsOf } = require('../base/limits');
const { startSession } = require('./h2c-session');

const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n';

/** What `open()` of the native half returns. */
const MORE = 0;
const NO_HTTP2 = 3;

/** How many fields Node's http2 takes in a request when it is told nothing. */
const USUAL_MOST_FIELDS = 128;

/** What is plain HTTP. */
const NOT_H2C = Object.freeze({ code: 'ERR_UPSHIFT_NOT_H2C', message: 'Not an upgrade to h2c', status: 400 });

/**
 * Judges a request. Nothing is read or written.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Object} limits What may be upgraded
 * @param {Number} [limits.maxHeaderListPairs] How many fields of HTTP/2 it may have, as the http2 server was told
 * @param {Number} limits.maxUpgradeBody How long its body may be
 * @return {(NativeHttp2Upgrade|Object)} The native half of the upgrade, or a verdict with
 *     `code`, `message` and `status`; `isPlain()` tells whether it is a refusal
 * @private
 */
function judgeH2c(req, { maxHeaderListPairs, maxUpgradeBody }) {
  // "Implementations MUST NOT use h2c over TLS": there ALPN decides.
  if (req.socket.encrypted) return NOT_H2C;

  const { rawHeaders } = req;
  let head = `${req.method} ${req.url} HTTP/${req.httpVersion}\r\n`;

  for (let i = 0; i < rawHeaders.length; i += 2) head += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`;

  const judged = native.validateHttp2Upgrade(`${head}\r\n`, rawHeaders.length / 2, mostFields(maxHeaderListPairs));

  return judged.bodyLength > maxUpgradeBody ? NOT_H2C : judged;
}

/**
 * Tells whether a request that was judged is plain HTTP.
 *
 * @param {(NativeHttp2Upgrade|Object)} judged What `judgeH2c()` returned
 * @return {Boolean} `true` if it is
 * @private
 */
function isPlain({ code }) {
  return code === NOT_H2C.code;
}

/**
 * Upgrades a request to HTTP/2.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket Its socket
 * @param {Buffer} head What arrived behind it
 * @param {Object} options Options
 * @param {Http2Server} options.server What serves the session
 * @param {Number} [options.maxHeaderListPairs] The server's option of this name; a request with more is answered as HTTP/1.1
 * @param {Number} [options.maxUpgradeBody] How long a body may be; a request with more is answered as HTTP/1.1
 * @param {Number} [options.upgradeTimeout] How long the body, and then the first
 *     bytes of HTTP/2, may take, in milliseconds
 * @param {http.Server} [options.plain] What answers requests that are plain HTTP; the socket's server by default
 * @param {(NativeHttp2Upgrade|Object)} [options.judged] What `judgeH2c()` returned
 * @param {AbortSignal} [options.signal] Ends the wait for the client
 * @return {Promise<?Http2Session>} The session, or `null` if the request was
 *     plain HTTP. Rejected with a `HandshakeError` after the refusal went out
 * @public
 */
async function upgradeToH2c(req, socket, head, options) {
  const settings = { ...options, ...limitsOf(options) };
  const judged = options.judged ?? judgeH2c(req, settings);
  let rest;

  takeover.guard(socket);

  try {
    rest = await prepare(req, socket, head, judged, settings);
  } catch (err) {
    if (!(err instanceof TooLarge)) {
      await refuse(req, socket, err);
      throw err;
    }

    const without = judged.expectsContinue ? ['expect'] : [];

    answerAsHttp(options.plain ?? req.socket.server, req, socket, err.head, { limits: settings, without });
    return null;
  }

  try {
    return await begin(req, socket, rest, judged, settings);
  } catch (err) {
    socket.destroy();
    throw err;
  }
}

module.exports = { isPlain, judgeH2c, upgradeToH2c };

/**
 * Reads an option as Node's http2 does.
 *
 * @param {*} maxHeaderListPairs It
 * @return {Number} How many fields a server takes
 * @private
 */
function mostFields(maxHeaderListPairs) {
  return typeof maxHeaderListPairs === 'number' ? Math.max(maxHeaderListPairs >>> 0, 4) : USUAL_MOST_FIELDS;
}

/**
 * Does what comes before the 101.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket Its socket
 * @param {Buffer} head What arrived behind it
 * @param {(NativeHttp2Upgrade|Object)} judged What `judgeH2c()` returned
 * @param {Object} settings The options, with their defaults filled in
 * @return {Promise<Buffer>} What arrived behind the body
 * @private
 */
async function prepare(req, socket, head, judged, settings) {
  if (isPlain(judged)) throw new TooLarge(head);
  if (judged.status !== undefined) throw new HandshakeError(judged.message, judged);

  await settled(req, socket, settings.signal);
  if (judged.expectsContinue) socket.write(CONTINUE);

  return readBody(req, socket, head, judged, settings);
}

/**
 * Does what comes from the 101 on.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket Its socket
 * @param {Buffer} rest What arrived behind the request
 * @param {NativeHttp2Upgrade} h2c The native half
 * @param {Object} settings The options, with their defaults filled in
 * @return {Promise<Http2Session>} The session
 * @private
 */
async function begin(req, socket, rest, h2c, { server, signal, upgradeTimeout: timeout }) {
  const length = h2c.endBody();

  socket.write(SWITCHING);
  await arrive(socket, rest, { signal, take: (bytes) => takeFirst(h2c, bytes), timeout });

  return startSession(req, socket, h2c, length, server);
}

/**
 * Takes what the client sends after 101.
 *
 * @param {NativeHttp2Upgrade} h2c The native half
 * @param {Buffer} bytes It
 * @return {(Buffer|undefined)} Nothing is left when it is enough
 * @throws {HandshakeError} If it is no HTTP/2
 * @private
 */
function takeFirst(h2c, bytes) {
  const opened = h2c.open(bytes);

  if (opened === MORE) return undefined;
  if (opened !== NO_HTTP2) return bytes.subarray(bytes.length);

  throw new HandshakeError('The client does not speak HTTP/2', { code: 'ERR_UPSHIFT_INVALID_PREFACE', status: 0 });
}
