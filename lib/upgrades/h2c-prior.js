'use strict';

// What if a client speaks HTTP/2 from its first byte (RFC 9113 section 3.3)?
// Node's HTTP/1.1 parser knows the preface, stops behind it and reports an
// error, which an application hears of as 'clientError'. Others hear of it as
// before; nothing has to be looked at on ordinary connections.

const takeover = require('../takeover/takeover');
const { connect } = require('./h2c-session');
const { linger } = require('./beside-parser');

/** What every HTTP/2 client sends first. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** What the parser says where the preface ends. */
const FOUND = 'HPE_PAUSED_H2_UPGRADE';

/** What Node's HTTP/1.1 server listens with. Others listen for the same events with the same socket. */
const LISTENERS = {
  close: 'bound socketOnClose',
  data: 'bound socketOnData',
  drain: 'bound socketOnDrain',
  end: 'bound socketOnEnd',
  timeout: 'socketOnTimeout'
};

/**
 * Tells whether what an HTTP/1.1 server calls an error of a client is the
 * preface of HTTP/2, and the first on its connection. Over TLS that is said by
 * ALPN and not like this.
 *
 * @param {Error} err The error of 'clientError'
 * @param {Duplex} socket The socket
 * @return {Boolean} `true` if it is
 * @private
 */
function isPriorKnowledge(err, socket) {
  return (
    err.code === FOUND &&
    !socket.encrypted &&
    socket.parser != null &&
    Buffer.isBuffer(err.rawPacket) &&
    socket.bytesRead === PREFACE.length + err.rawPacket.length - err.bytesParsed
  );
}

/**
 * Serves HTTP/2 to a client that knows.
 *
 * @param {Error} err The error of 'clientError', which `isPriorKnowledge()`
 * @param {net.Socket} socket The socket
 * @param {Http2Server} server What serves the session
 * @param {Number} timeout How long its first frame may take (ms), 0 for ever: nobody else looks at the time any more
 * @return {Http2Session} The session
 * @private
 */
function servePriorKnowledge(err, socket, server, timeout) {
  leaveParser(socket);
  socket.unshift(Buffer.concat([PREFACE, err.rawPacket.subarray(err.bytesParsed)]));

  const session = connect(server, socket);

  // Pausing has stopped it, and a session only listens: nothing would come after the first packet.
  socket._handle?.readStart();
  if (timeout > 0) awaitSettings(session, timeout);
  return session;
}

/**
 * Answers a client that may not speak HTTP/2 here, in HTTP/1.1, and closes.
 *
 * @param {net.Socket} socket The socket
 * @param {String} response The response
 * @private
 */
function refusePriorKnowledge(socket, response) {
  leaveParser(socket);
  takeover.guard(socket);
  socket.once('finish', linger);
  socket.end(response);
}

module.exports = { isPriorKnowledge, refusePriorKnowledge, servePriorKnowledge };

/**
 * Ends a session whose client says nothing: SETTINGS "MUST be the first frame the [...] client sends" (RFC 9113 section 3.4).
 *
 * @param {Http2Session} session The session
 * @param {Number} timeout How long that may take (ms)
 * @private
 */
function awaitSettings(session, timeout) {
  const timer = setTimeout(() => session.destroy(), timeout);

  session.once('remoteSettings', () => clearTimeout(timer));
  session.once('close', () => clearTimeout(timer));
}

/**
 * Takes a socket off the HTTP/1.1 parser that has reported an error, as the
 * server does for an upgrade.
 *
 * @param {net.Socket} socket The socket
 * @private
 */
function leaveParser(socket) {
  const { parser } = socket;

  for (const [event, name] of Object.entries(LISTENERS)) {
    for (const listener of socket.listeners(event)) {
      if (listener.name === name) socket.removeListener(event, listener);
    }
  }

  parser.unconsume();
  parser._consumed = false;
  // Or the server's look at slow requests would close it.
  parser.remove();
  parser.socket = null;
  socket.parser = null;
  socket.setTimeout(0);
  // Not pause(): the HTTP/1.1 server listens for that and stops the reading, which an http2 session expects to be under way.
  socket.readableFlowing = null;
  // It is in the middle of telling us.
  setImmediate(() => parser.close());
}
