'use strict';

// Where do the requests of a `WebSocketServer` come from? From the `'upgrade'` event of an HTTP server, and from its
// streams where it speaks HTTP/2.

const http = require('http');

const { EMPTY_BUFFER } = require('../base/constants');
const { isHttp2Server, takeStreams } = require('../http2/dispatch');

module.exports = { listenTo, requireUpgrade };

/**
 * Answers an ordinary request on a port of our own.
 *
 * @param {http.IncomingMessage} req The request
 * @param {http.ServerResponse} res The response
 * @private
 */
function requireUpgrade(req, res) {
  const body = http.STATUS_CODES[426];

  res.writeHead(426, {
    'Content-Length': body.length,
    'Content-Type': 'text/plain'
  });
  res.end(body);
}

/**
 * Listens to an HTTP server.
 *
 * @param {WebSocketServer} wss The WebSocket server
 * @param {(http.Server|https.Server|Http2Server|Http2SecureServer)} server The HTTP server
 * @return {Function} Removes the listeners
 * @private
 */
function listenTo(wss, server) {
  const emitConnection = wss.emit.bind(wss, 'connection');
  const listeners = {
    error: wss.emit.bind(wss, 'error'),
    listening: wss.emit.bind(wss, 'listening'),
    upgrade(req, socket, head) {
      wss.handleUpgrade(req, socket, head, emitConnection);
    }
  };

  for (const [event, listener] of Object.entries(listeners)) {
    server.on(event, listener);
  }

  const leave = isHttp2Server(server) ? takeStreams(server, takerFor(wss, listeners.upgrade)) : null;

  return function removeListeners() {
    if (leave !== null) leave();
    for (const [event, listener] of Object.entries(listeners)) {
      server.removeListener(event, listener);
    }
  };
}

/**
 * Takes the streams of HTTP/2 as if they were upgrades.
 *
 * @param {WebSocketServer} wss The WebSocket server
 * @param {Function} upgrade The listener of the `'upgrade'` event
 * @return {Object} What takes them
 * @private
 */
function takerFor(wss, upgrade) {
  return {
    offer(req, stream) {
      if (!wss.shouldHandle(req)) return false;

      upgrade(req, stream, EMPTY_BUFFER);
      return true;
    },
    refuse(req, stream) {
      upgrade(req, stream, EMPTY_BUFFER);
    }
  };
}
