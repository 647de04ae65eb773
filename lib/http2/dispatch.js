'use strict';

// Who gets a stream that asks for a WebSocket? Those who have said here that they take some, in turn, before Node emits
// 'stream': the application's listeners do not see what was taken, and Node's own, the one behind 'request', does not
// answer it with 405 for want of a 'connect' listener. Everything else is the application's as ever.

const { asksForWebSocket, requestOf } = require('./request');
const { refuseStream } = require('./answer');

/** Those who take streams, by server. */
const takers = new WeakMap();

/** Node's own listener of `'stream'`, which answers each CONNECT with 405 unless somebody listens to `'connect'`. */
const OF_NODE = 'bound onServerStream';

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
 * @param {Function} taker.offer `offer(req, stream, { hasOthers, passOn })`, returns whether it has taken the stream.
 *     `hasOthers()` tells whether somebody else may want it. `passOn()` may be called later, when it turns out to be none
 *     for the taker after all: it goes to the others as if the taker had not taken it
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
    if (event !== 'stream' || !asksForWebSocket(args[1])) return emit.call(this, event, ...args);

    const [stream, headers, , rawHeaders] = args;
    const req = list.length > 0 ? requestOf(stream, headers, rawHeaders) : null;
    const leave = () => emit.call(this, event, ...args);

    return isTaken({ leave, list, req, server, stream }, list.slice()) || leave();
  };
}

/**
 * Offers a stream to those who take some.
 *
 * @param {Object} offered The stream
 * @param {Function} offered.leave Leaves it to the application
 * @param {Object[]} offered.list Those who take streams
 * @param {?http.IncomingMessage} offered.req The request, if there is anybody to see it
 * @param {(Http2Server|Http2SecureServer)} offered.server The server
 * @param {Http2Stream} offered.stream The stream
 * @param {Object[]} takers Those of the list who have not been asked yet
 * @return {Boolean} Whether it is taken, or refused
 * @private
 */
function isTaken(offered, takers) {
  const { leave, req, server, stream } = offered;

  return (
    takers.some((taker, at) => {
      const rest = takers.slice(at + 1);

      return taker.offer(req, stream, {
        hasOthers: () => rest.length > 0 || isWanted(server),
        passOn() {
          if (!stream.destroyed && !isTaken(offered, rest)) leave();
        }
      });
    }) || isRefused(offered)
  );
}

/**
 * Refuses a stream that nobody has taken and nobody would ever answer.
 *
 * @param {Object} offered The stream, as above
 * @return {Boolean} Whether it was refused
 * @private
 */
function isRefused({ list, req, server, stream }) {
  const last = list.find((taker) => taker.refuse !== undefined);

  if (last !== undefined) {
    last.refuse(req, stream);
    return true;
  }

  if (server.listenerCount('stream') > 0) return false;

  const [status, body] = list.length > 0 ? [404, 'Not Found'] : [503, 'Service Unavailable'];

  refuseStream(stream, status, { body, lines: ['Content-Type: text/plain'] });
  return true;
}

/**
 * Tells whether the application may want streams that ask for a WebSocket.
 *
 * @param {(Http2Server|Http2SecureServer)} server The server
 * @return {Boolean} `true` if so
 * @private
 */
function isWanted(server) {
  return server.listenerCount('connect') > 0 || server.listeners('stream').some(({ name }) => name !== OF_NODE);
}
