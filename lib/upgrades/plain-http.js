'use strict';

// What becomes of an upgrade that nobody takes? "A server MAY ignore a received Upgrade header field" (RFC 9110 section
// 7.8): the request is answered as an ordinary one, and the connection goes on as HTTP/1.1. Node has taken its parser off
// the socket by then, so the head is written once more and read again, with everything that arrived behind it.

const takeover = require('../takeover/takeover');
const { CONTINUE, expectsContinue } = require('../handshake/expectation');
const { DEFAULT_LIMITS } = require('../base/limits');
const { announcesBody, rawBody, readsBodies, takeBody } = require('./body-reading');
const { answerBesideParser, linger } = require('./beside-parser');
const { isCutOff } = require('./cut-off');
const { ordinaryHead } = require('./ordinary-head');
const { readRequest } = require('./whole-request');
const { serve } = require('../takeover/give-back');

/** What a client is told whose request was read in part only. */
const TOO_MANY_FIELDS =
  'HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

/** What a client is told whose request does not survive being written once more. */
const MALFORMED = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

/** An empty part of a request. */
const NOTHING = Buffer.alloc(0);

/**
 * Answers an upgrade request as an ordinary one: through the `'request'` listeners of the server, body included.
 *
 * @param {(http.Server|https.Server|http2.Http2SecureServer)} server The server
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket What came with it
 * @param {Buffer} head What came with it; more than that when the caller has read on
 * @param {Object} [options] Options
 * @param {Object} [options.limits] What is waited for where the body has to be through before the request is read again
 * @param {String[]} [options.without] Fields to leave out besides, in lower case: `expect` when the 100 was sent
 * @public
 */
function answerAsHttp(server, req, socket, head, { limits = DEFAULT_LIMITS, without = [] } = {}) {
  takeover.guard(socket);
  takeover.settle(req, socket, (err) => {
    if (err) socket.destroy();
    else if (isCutOff(server, req)) turnAway(socket, TOO_MANY_FIELDS);
    else if (socket === req.socket) replay(server, req, socket, behindHead(req, head), without);
    else answerBehindBody(server, req, socket, limits, without);
  });
}

module.exports = { answerAsHttp, serve };

/**
 * What follows the head of a request: as it came, unless Node has read the body.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Buffer} head What came with it
 * @return {?Buffer} It; `null` when somebody else has read some of it
 * @private
 */
function behindHead(req, head) {
  const body = announcesBody(req) && readsBodies() ? rawBody(req, takeBody(req)) : NOTHING;

  return body === null ? null : Buffer.concat([body, head ?? NOTHING]);
}

/**
 * Lets the server read the request once more.
 *
 * @param {http.Server} server The server
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket Its socket
 * @param {?Buffer} behind What follows its head
 * @param {String[]} without Fields to leave out besides
 * @private
 */
function replay(server, req, socket, behind, without) {
  const again = behind === null ? null : ordinaryHead(req, without);

  if (again === null) {
    turnAway(socket, MALFORMED);
    return;
  }

  takeover.unguard(socket);
  serve(server, socket, Buffer.concat([again, behind]));
}

/**
 * Answers a request whose body Node is still reading. When that is through, the request is read once more; one that is too
 * long, or too slow, is answered meanwhile.
 *
 * @param {http.Server} server The server
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} stream What came with it
 * @param {Object} limits What is waited for
 * @param {String[]} without Fields to leave out besides
 * @private
 */
function answerBehindBody(server, req, stream, limits, without) {
  const isExpected = !without.includes('expect') && expectsContinue(req);

  // The application is asked before there is any body.
  if (isTooLong(req, limits) || (isExpected && server.listenerCount('checkContinue') > 0)) {
    answerBesideParser(server, req, stream, without);
    return;
  }

  if (isExpected) stream.write(CONTINUE);

  const met = isExpected ? [...without, 'expect'] : without;
  // What a listener throws is an uncaught exception, and not one of a promise.
  const answerMeanwhile = () => setImmediate(answerBesideParser, server, req, stream, met);

  readRequest(req, stream, NOTHING, limits).then(
    ({ isWhole, raw, rest, socket }) => {
      takeover.guard(socket);
      if (isWhole) replay(server, req, socket, Buffer.concat([raw, rest]), met);
      else answerMeanwhile();
    },
    () => {
      if (req.socket.destroyed) stream.destroy();
      else answerMeanwhile();
    }
  );
}

/**
 * @param {http.IncomingMessage} req A request
 * @param {Object} limits How long its body may be
 * @return {Boolean} Whether it announces more
 * @private
 */
function isTooLong({ headers }, { maxUpgradeBody }) {
  return headers['content-length'] > maxUpgradeBody;
}

/**
 * Answers and closes.
 *
 * @param {Duplex} socket The socket
 * @param {String} response The response
 * @private
 */
function turnAway(socket, response) {
  takeover.guard(socket);
  socket.once('finish', linger);
  socket.end(response);
}
