'use strict';

// Where do the upgrades of an app come from? From the `'upgrade'` event of its server, and from its streams where it speaks
// HTTP/2: an extended CONNECT for WebSocket (RFC 8441) is asked about like an upgrade, with the stream in the place of the
// socket.

const { EMPTY_BUFFER } = require('../base/constants');
const { isHttp2Server, takeStreams } = require('../http2/dispatch');
const { standBefore } = require('../router/doorway');

/**
 * Asks to be asked about what a server is asked to upgrade.
 *
 * @param {(http.Server|https.Server|Http2Server|Http2SecureServer)} server The server
 * @param {Function} ask `ask(req, socket, head, { hasOthers, passOn })`, as for `standBefore()`
 * @return {Function} Stops that
 * @public
 */
function attachTo(server, ask) {
  const leaving = [standBefore(server, ask)];

  if (isHttp2Server(server)) {
    leaving.push(takeStreams(server, { offer: (req, stream, others) => ask(req, stream, EMPTY_BUFFER, others) }));
  }

  return () => leaving.forEach((leave) => leave());
}

module.exports = { attachTo };
