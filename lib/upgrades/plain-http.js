'use strict';

// What becomes of an upgrade that nobody takes? "A server MAY ignore a received Upgrade header field" (RFC 9110 section
// 7.8): the request is answered as an ordinary one, and the connection goes on as HTTP/1.1. Node has taken its parser off
// the socket by then, so the head is written once more and read again, with everything that arrived behind it.

const http = require('node:http');

const takeover = require('../takeover/takeover');
const { announcesBody, readsBodies, takeBody } = require('./body-reading');
const { ordinaryHead } = require('./ordinary-head');
const { serve } = require('../takeover/give-back');

/** The fields Node reads when `server.maxHeadersCount` says nothing; those beyond it are missing from `rawHeaders`. */
const USUAL_MOST_FIELDS = 1000;

/** What a client is told whose request was read in part only. */
const TOO_MANY_FIELDS =
  'HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

/** What a client is told whose request does not survive being written once more. */
const MALFORMED = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

/** Fields that an ordinary request does not have. */
const OF_UPGRADES = ['upgrade', 'http2-settings'];

/** An empty part of a request. */
const NOTHING = Buffer.alloc(0);

/** How long a client that still sends its body may go on after the answer. */
const LINGER_MS = 1000;

/**
 * Answers an upgrade request as an ordinary one: through the `'request'` listeners of the server, body included.
 *
 * @param {(http.Server|https.Server|http2.Http2SecureServer)} server The server
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket What came with it
 * @param {Buffer} head What came with it; more than that when the caller has read on
 * @param {Object} [options] Options
 * @param {Buffer} [options.body] The whole body, when the caller has read it; `head` is what follows it then
 * @param {String[]} [options.without] Fields to leave out besides, in lower case: `expect` when the 100 was sent
 * @public
 */
function answerAsHttp(server, req, socket, head, { body, without = [] } = {}) {
  takeover.guard(socket);
  takeover.settle(req, socket, (err) => {
    if (err) {
      socket.destroy();
      return;
    }

    takeover.unguard(socket);

    if (socket !== req.socket) answerBesideParser(server, req, socket, without);
    else replay(server, req, socket, head, { body, without });
  });
}

/**
 * Whether there may have been more fields than Node reads. What is missing could be what says how long the body is, or a
 * second `Host`.
 *
 * @param {http.Server} server The server
 * @param {http.IncomingMessage} req The request
 * @return {Boolean} `true` if so
 * @private
 */
function isCutOff({ maxHeadersCount }, { rawHeaders }) {
  return rawHeaders.length >= 2 * (maxHeadersCount || USUAL_MOST_FIELDS);
}

module.exports = { answerAsHttp, isCutOff, serve };

/**
 * Lets the server read the request once more.
 *
 * @param {http.Server} server The server
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket Its socket
 * @param {Buffer} head What arrived behind it
 * @param {Object} options Those of `answerAsHttp()`
 * @private
 */
function replay(server, req, socket, head, { body, without }) {
  if (isCutOff(server, req)) {
    turnAway(socket, TOO_MANY_FIELDS);
    return;
  }

  if (body === undefined && announcesBody(req) && readsBodies()) body = takeBody(req);

  const again = ordinaryHead(req, without, body?.length);

  if (again === null) turnAway(socket, MALFORMED);
  else serve(server, socket, Buffer.concat([again, body ?? NOTHING, head ?? NOTHING]));
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

/**
 * Answers a request whose body the parser is still reading: newer Nodes hand out a stream beside the socket then. The
 * parser has nothing to say after this body, so the connection ends with the answer.
 *
 * @param {http.Server} server The server
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} stream What came with it
 * @param {String[]} without Fields that count as absent
 * @private
 */
function answerBesideParser(server, req, stream, without) {
  const carrier = req.socket;
  const res = new http.ServerResponse(req);

  req.upgrade = false;
  forgetUpgrade(req);
  takeover.guard(stream);
  res.shouldKeepAlive = false;
  res.assignSocket(carrier);
  res.on('finish', () => {
    res.detachSocket(carrier);
    carrier.end();
    linger.call(stream);
  });

  if (without.includes('expect') || !/(?:^|\W)100-continue(?:$|\W)/i.test(req.headers.expect ?? '')) {
    server.emit('request', req, res);
  } else if (server.listenerCount('checkContinue') > 0) {
    server.emit('checkContinue', req, res);
  } else {
    res.writeContinue();
    server.emit('request', req, res);
  }
}

/**
 * Takes from a request what asks for the upgrade.
 *
 * @param {http.IncomingMessage} req The request
 * @private
 */
function forgetUpgrade({ headers, rawHeaders }) {
  for (const name of OF_UPGRADES) delete headers[name];
  for (let i = rawHeaders.length - 2; i >= 0; i -= 2) {
    if (OF_UPGRADES.includes(rawHeaders[i].toLowerCase())) rawHeaders.splice(i, 2);
  }
}

/**
 * Discards what still arrives before it closes: closed with input unread, the kernel would send an RST, and that can
 * overtake the answer.
 *
 * @private
 */
function linger() {
  const timer = setTimeout(() => this.destroy(), LINGER_MS);

  this.once('end', this.destroy);
  this.once('close', () => clearTimeout(timer));
  this.resume();
}
