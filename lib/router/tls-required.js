'use strict';

// How does a server refuse what is not encrypted (RFC 2817 section 4.2)? Before its listeners hear of it, with 426 and the
// versions that a client may ask for. The connection stays open, since that is where the client has to ask.

const { answerAsHttp } = require('../upgrades/plain-http');
const { isPriorKnowledge, refusePriorKnowledge } = require('../upgrades/h2c-prior');
const { problemOf } = require('../upgrades/problems');
const { decline } = require('../handshake/refusal');

const MESSAGE = 'This server answers over TLS only\n';

/** The servers on which something is mandatory, and how often. */
const requiring = new WeakMap();

/** Events that bring a request and its response. */
const REQUESTS = ['request', 'checkContinue', 'checkExpectation'];

/**
 * What makes Node ask before it invites a body: it would be sent in the clear. Nothing ever calls it.
 *
 * @private
 */
function standIn() {}

/**
 * Stands before the listeners of a server.
 *
 * @param {http.Server} server The server
 * @param {TlsRoute} route Knows what is mandatory, and upgrades
 * @param {UpgradeRouter} router The router that it is one of
 * @return {Function} Stops that
 * @private
 */
function requireTls(server, route, router) {
  const { emit } = server;
  let isOver = false;

  /**
   * The server's `emit()` from now on.
   *
   * @param {String} event The event
   * @param {...*} args What it brings
   * @return {Boolean} Whether somebody has heard of it
   * @private
   */
  function emitEncrypted(event, ...args) {
    if (!isOver && meets(event, args, { route, router, server })) return true;
    if (event === 'checkContinue' && server.listeners(event).every((listener) => listener === standIn)) {
      args[1].writeContinue();
      return server.emit('request', ...args);
    }

    return emit.call(this, event, ...args);
  }

  server.emit = emitEncrypted;
  server.on('checkContinue', standIn);
  count(server, 1);
  return () => {
    isOver = true;
    count(server, -1);
    server.removeListener('checkContinue', standIn);
    // Somebody may stand before us by now; then ours goes on passing everything.
    if (server.emit === emitEncrypted) server.emit = emit;
  };
}

/**
 * Tells whether something that is not encrypted is refused on a server. Then HTTP/2 is not spoken in the clear: its requests
 * would pass by.
 *
 * @param {net.Server} server The server
 * @return {Boolean} `true` if so
 * @private
 */
function requiresTls(server) {
  return requiring.get(server) > 0;
}

module.exports = { requireTls, requiresTls };

/**
 * @param {net.Server} server The server
 * @param {Number} by How many routes require TLS now, more than before
 * @private
 */
function count(server, by) {
  requiring.set(server, (requiring.get(server) ?? 0) + by);
}

/**
 * Looks at what arrives.
 *
 * @param {String} event The event
 * @param {Array} args What it brings
 * @param {Object} context The route, its router, and the server
 * @return {Boolean} Whether nobody else may hear of it
 * @private
 */
function meets(event, [req, second, head], { route, router, server }) {
  const isRequest = REQUESTS.includes(event);

  if (event === 'clientError') return meetsHttp2(req, second, route);
  if (!isRequest && event !== 'upgrade' && event !== 'connect') return false;
  if (req.socket.encrypted || !isMandatory(route, req)) return false;

  if (isRequest) answer(second, route);
  else if (event === 'upgrade') upgradeOrAnswer(req, second, head, { route, router, server });
  else refuseTunnel(req, second, route);

  return true;
}

/**
 * Looks at what is an error to HTTP/1.1, and may be HTTP/2.
 *
 * @param {Error} err The error
 * @param {net.Socket} socket Its socket
 * @param {TlsRoute} route The route
 * @return {Boolean} Whether it was HTTP/2, which is refused in HTTP/1.1
 * @private
 */
function meetsHttp2(err, socket, { upgrades }) {
  if (!isPriorKnowledge(err, socket)) return false;

  const lines = [
    'HTTP/1.1 426 Upgrade Required',
    'Connection: Upgrade, close',
    `Content-Length: ${MESSAGE.length}`,
    'Content-Type: text/plain',
    `Upgrade: ${upgrades.offer}`
  ];

  refusePriorKnowledge(socket, `${lines.join('\r\n')}\r\n\r\n${MESSAGE}`);
  return true;
}

/**
 * @param {TlsRoute} route The route
 * @param {http.IncomingMessage} req A request that is not encrypted
 * @return {Boolean} Whether it would have to be
 * @private
 */
function isMandatory({ mandatory }, req) {
  return typeof mandatory === 'function' ? Boolean(mandatory(req)) : mandatory;
}

/**
 * Asks for TLS.
 *
 * @param {http.ServerResponse} res The response
 * @param {TlsRoute} route The route
 * @private
 */
function answer(res, { upgrades }) {
  res.writeHead(426, {
    Connection: res.shouldKeepAlive ? 'Upgrade' : 'Upgrade, close',
    'Content-Length': MESSAGE.length,
    'Content-Type': 'text/plain',
    Upgrade: upgrades.offer
  });
  res.end(MESSAGE);
}

/**
 * Upgrades to TLS if the client has asked for it, be it among other things. Otherwise the request is none of an upgrade,
 * and is met once more.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket What came with it
 * @param {Buffer} head What came with it
 * @param {Object} context The route, its router, and the server
 * @private
 */
function upgradeOrAnswer(req, socket, head, { route, router, server }) {
  const version = route.upgrades.versionFor(req);

  if (version === undefined) {
    answerAsHttp(server, req, socket, head, { limits: route.upgrades.limits });
    return;
  }

  const problem = problemOf(server, req);

  if (problem === null) route.take({ version }, { req, socket, head, router, server });
  else decline(req, socket, problem.status, { body: problem.message });
}

/**
 * Refuses to be a proxy. That ends the connection.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket Its socket
 * @param {TlsRoute} route The route
 * @private
 */
function refuseTunnel(req, socket, { upgrades }) {
  decline(req, socket, 426, { body: MESSAGE, headers: { Upgrade: upgrades.offer } });
}
