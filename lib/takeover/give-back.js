'use strict';

// How does a socket get back to HTTP/1.1? Node has taken its parser off before 'upgrade'; here it gets a new one.

const http = require('node:http');

/**
 * Gives a socket to the HTTP/1.1 side of a server, as if it had just been accepted. The server's `'connection'` listeners
 * of the application do not hear of it: to them the connection is an old one.
 *
 * @param {(http.Server|https.Server|http2.Http2SecureServer)} server The server
 * @param {Duplex} socket A `net.Socket`, a `TLSSocket` or another Duplex, not read by anybody
 * @param {Buffer} [bytes] What is read before anything else
 * @public
 */
function serve(server, socket, bytes) {
  const isOver = socket.readableEnded;

  // The end of an earlier response has set the keep-alive timeout.
  if (typeof socket.setTimeout === 'function') socket.setTimeout(0);
  if (bytes?.length > 0 && !isOver) socket.unshift(bytes);

  const known = new Set(socket.listeners('end'));

  http._connectionListener.call(server, socket);

  if (isOver) {
    if (bytes?.length > 0) socket.emit('data', bytes);
    // Not at once: the server ends a connection at its client's end, answered or not.
    setImmediate(() => {
      for (const listener of socket.listeners('end')) if (!known.has(listener)) listener.call(socket);
    });
  } else if (!socket.readableFlowing) {
    socket.resume();
  }
}

module.exports = { serve };
