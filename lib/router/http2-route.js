'use strict';

// How do the routes of a router get what comes over HTTP/2? An extended CONNECT for WebSocket (RFC 8441) is offered to them
// like an upgrade to it, with the stream in the place of the socket. What no route takes is the application's: there is no
// ordinary request in it that could be answered instead.

const { EMPTY_BUFFER } = require('../base/constants');
const { isHttp2Server, takeStreams } = require('../http2/dispatch');

/** What is asked for: streams name one protocol. */
const ASKED = [{ name: 'websocket', version: null, token: 'websocket' }];

/**
 * Offers the streams of a server to a router, before the WebSocket servers beside it.
 *
 * @param {net.Server} server The server
 * @param {Function} meet `meet(req, stream, head, asked)` returns whether a route takes it
 * @return {Function} Stops that
 * @private
 */
function offerStreams(server, meet) {
  if (!isHttp2Server(server)) return () => {};

  return takeStreams(server, { offer: (req, stream) => meet(req, stream, EMPTY_BUFFER, ASKED) });
}

module.exports = { offerStreams };
