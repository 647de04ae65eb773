'use strict';

// Who gets a stream that asks for a WebSocket? Those who have said here that they take some, in turn, before Node emits
// 'stream': the application's listeners do not see what was taken, and Node's own, the one behind 'request', does not
// answer it with 405 for want of a 'connect' listener. Everything else is the application's as ever.

const { asksForWebSocket, requestOf } = require('./request');
const { refuseStream } = require('./answer');

/** Those who take streams, by server. */
const takers = new WeakMap();

/**
 * Tells whether a server speaks HTTP/2.
 *
 * @param {Object} server The server
 * @return {Boolean} `true` if it does
 * @private
 */
function isHttp2Server(server) {
  return typeof server.updateSettings === 'function';
}

/**
 * Takes streams of a server, and has it tell clients that it takes them (RFC 8441 section 3): on connections made from
 * now on.
 *
 * @param {(Http2Server|Http2SecureServer)} server The server
 * @param {Object} taker Who takes them
 * @param {Function} taker.offer `offer(req, stream)`, returns whether it has taken the stream
 * @param {Function} [taker.refuse] `refuse(req, stream)`, called of the first one that has it, if nobody has taken it
 * @return {Function} Stops it
 * @private
 */
function takeStreams(server, taker) {
  let list = takers.get(server);

  if (list === undefined) {
    takers.set(server, (list = []));
    intercept(server, list);
  }

  server.updateSettings({ enableConnectProtocol: true });
  // Those who leave what is not theirs come before those who refuse it.
  const at = taker.refuse === undefined ? list.findIndex(({ refuse }) => refuse !== undefined) : -1;

  list.splice(at === -1 ? list.length : at, 0, taker);
  return function leave() {
    list.splice(list.indexOf(taker), 1);
  };
}

module.exports = { isHttp2Server, takeStreams };

/**
 * Looks at streams before they are emitted. It stays when nobody takes any more: others may have wrapped `emit` since.
 *
 * @param {(Http2Server|Http2SecureServer)} server The server
 * @param {Object[]} list Those who take streams
 * @private
 */
function intercept(server, list) {
  const { emit } = server;

  server.emit = function emitOrTake(event, ...args) {
    if (event === 'stream' && asksForWebSocket(args[1]) && isTaken(server, list, args)) return true;

    return emit.call(this, event, ...args);
  };
}

/**
 * Offers a stream to those who take some.
 *
 * @param {(Http2Server|Http2SecureServer)} server The server
 * @param {Object[]} list Those who take streams
 * @param {Array} args What `'stream'` brings
 * @return {Boolean} Whether it is taken, or refused
 * @private
 */
function isTaken(server, list, [stream, headers, , rawHeaders]) {
  if (list.length > 0) {
    const req = requestOf(stream, headers, rawHeaders);

    if (list.slice().some((taker) => taker.offer(req, stream))) return true;

    const last = list.find((taker) => taker.refuse !== undefined);

    if (last !== undefined) {
      last.refuse(req, stream);
      return true;
    }
  }

  if (server.listenerCount('stream') > 0) return false;

  // Nobody would ever answer it.
  const [status, body] = list.length > 0 ? [404, 'Not Found'] : [503, 'Service Unavailable'];

  refuseStream(stream, status, { body, lines: ['Content-Type: text/plain'] });
  return true;
}
