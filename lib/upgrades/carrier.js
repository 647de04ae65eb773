'use strict';

// Where is Node's own socket, when a request with a body came with something else? Nodes that read such bodies themselves
// hand out a stream around the socket as long as the body is on its way, and leave it there for good. Behind the body the
// socket can be had back: what the stream has put on it is taken off again.
//
// Nothing of this has a name. Where it does not look as expected, the stream stays, which works too, but is not the socket.

/** What the stream listens to on the socket, by a piece of the listeners' code. */
const LISTENERS = {
  close: 'this.destroy()',
  data: 'this.push(data)',
  end: 'this.push(null)',
  error: 'this.destroy(err)'
};

/** The description of the symbol under which the socket knows it. A second stream would never be made. */
const KNOWN_AS = 'UpgradeStream';

/**
 * Takes the socket back of a request whose body is through.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} stream What came with it
 * @return {Object} `{ socket, rest }`: the socket, not read by anybody and without an 'error' listener, and what has arrived
 *     behind the request; or the stream, which has that in itself
 * @private
 */
function takeBack(req, stream) {
  const carrier = req.socket;
  const symbol = Object.getOwnPropertySymbols(carrier).find(({ description }) => description === KNOWN_AS);
  const listeners = Object.entries(LISTENERS).map(([event, code]) => [event, lastWith(carrier.listeners(event), code)]);

  if (carrier[symbol] !== stream || listeners.some(([, listener]) => listener === undefined)) {
    return { socket: stream, rest: Buffer.alloc(0) };
  }

  const chunks = [];

  for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) chunks.push(chunk);
  for (const [event, listener] of listeners) carrier.removeListener(event, listener);

  carrier[symbol] = undefined;
  // Reading the stream has begun to read the socket.
  carrier.pause();
  return { socket: carrier, rest: Buffer.concat(chunks) };
}

module.exports = { takeBack };

/**
 * Finds a listener. Those of the application that look the same were there before: the stream is made for the request.
 *
 * @param {Function[]} listeners Some listeners
 * @param {String} code A piece of its code
 * @return {(Function|undefined)} The last one with it
 * @private
 */
function lastWith(listeners, code) {
  return listeners.findLast((listener) => listener.name === '' && String(listener).includes(code));
}
