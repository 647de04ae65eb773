'use strict';

// How does a socket become an Http2Session? It is given to an http2 server as a
// new connection, with what that has to read first put in front: the socket
// itself, unless something has to stand in between for a while.

const { H2cFilter, lendAddresses } = require('./h2c-filter');

/** The largest window there is. */
const LARGEST = 2 ** 31 - 1;

/**
 * Starts the session of an upgraded request.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket Its socket, paused
 * @param {NativeHttp2Upgrade} h2c The native half, open
 * @param {Number} length How long the body is that follows
 * @param {Http2Server} server What serves the session
 * @return {Http2Session} The session
 * @private
 */
function startSession(req, socket, h2c, length, server) {
  if (length === 0 || h2c.isReplayed) {
    socket.unshift(h2c.takeOutput());
    return connect(server, socket);
  }

  return connect(server, new H2cFilter(socket, h2c), (session) => {
    makeRoom(session, length);
    lendAddresses(session, req.socket);
  });
}

/**
 * Gives a connection to an http2 server.
 *
 * @param {Http2Server} server The server
 * @param {Duplex} connection The connection
 * @param {Function} [first] Called with the session before anybody sees it
 * @return {Http2Session} The session
 * @private
 */
function connect(server, connection, first) {
  let session;

  /**
   * @param {Http2Session} started The session
   * @private
   */
  function onSession(started) {
    session = started;
    first?.(session);
  }

  // As for any socket of an http2 server: a client that ends has left.
  connection.allowHalfOpen = false;
  server.prependOnceListener('session', onSession);

  try {
    server.emit('connection', connection);
  } finally {
    server.removeListener('session', onSession);
  }

  return session;
}

/**
 * Makes a session offer room for the body on top of what is the client's, and
 * know that it was used: the window comes back to its size without a word.
 *
 * @param {Http2Session} session The session
 * @param {Number} length How long the body is
 * @private
 */
function makeRoom(session, length) {
  const { effectiveLocalWindowSize: size } = session.state;

  session.setLocalWindowSize(Math.min(size + length, LARGEST));
  session.setLocalWindowSize(size);
}

module.exports = { connect, startSession };
