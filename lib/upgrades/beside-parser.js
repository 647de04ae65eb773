'use strict';

// How is a request answered whose body Node is reading, while what came with the request is a stream beside that? By writing
// the response over the parser's head. The parser has nothing to say after this body, so the connection ends with the answer.

const http = require('node:http');

const takeover = require('../takeover/takeover');
const { codedError } = require('../base/errors');
const { expectsContinue } = require('../handshake/expectation');

/** Fields that an ordinary request does not have. */
const OF_UPGRADES = ['upgrade', 'http2-settings'];

/** How long a client that still sends its body may go on after the answer. */
const LINGER_MS = 1000;

/**
 * Answers a request whose body the parser is still reading.
 *
 * @param {http.Server} server The server
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} stream What came with it
 * @param {String[]} without Fields that count as absent
 * @private
 */
function answerBesideParser(server, req, stream, without) {
  const carrier = req.socket;

  takeover.guard(stream);
  // It has left while its answer was on the way here.
  if (carrier.destroyed) {
    stream.destroy();
    return;
  }

  const res = new http.ServerResponse(req);
  const onDrain = () => drained(res);

  req.upgrade = false;
  forgetUpgrade(req);
  res.shouldKeepAlive = false;
  // Node does so for the requests it has handed out itself, which this is none of. Before the response hears of it, as there.
  carrier.once('close', () => abort(req, res));
  res.assignSocket(carrier);
  // Node's own listener goes with the parser.
  carrier.on('drain', onDrain);
  res.on('finish', () => {
    carrier.removeListener('drain', onDrain);
    res.detachSocket(carrier);
    carrier.end();
    linger.call(stream);
  });

  if (without.includes('expect') || !expectsContinue(req)) {
    server.emit('request', req, res);
  } else if (server.listenerCount('checkContinue') > 0) {
    server.emit('checkContinue', req, res);
  } else {
    res.writeContinue();
    server.emit('request', req, res);
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

module.exports = { answerBesideParser, linger };

/**
 * Tells whoever reads a request, or answers it, that the client is gone. When both are through there is nothing to tell.
 *
 * @param {http.IncomingMessage} req The request
 * @param {http.ServerResponse} res Its response
 * @private
 */
function abort(req, res) {
  if (!req.complete || !res.writableFinished) req.destroy(codedError('ECONNRESET', 'aborted'));
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
 * Tells whoever writes to a response that there is room again.
 *
 * @param {http.ServerResponse} res The response
 * @private
 */
function drained(res) {
  if (res.writableNeedDrain) res.emit('drain');
}
