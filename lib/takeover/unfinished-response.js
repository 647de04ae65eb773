'use strict';

// May this socket be written to yet? An upgrade request can be pipelined behind
// one whose response is unfinished: whatever is written before that response is
// through lands inside it, be it a 101 or a refusal.
//
// May use `node:*` only. `writableLength` sees nothing here, since a response
// that has not begun has written nothing; the response assigned to the socket is
// what counts.

const { AsyncResource } = require('node:async_hooks');
const net = require('node:net');

/** The error of a handshake that nobody is left to be answered. */
const GONE = 'The socket was closed before the handshake was answered';

/**
 * The socket that responses are assigned to. Node 26 hands out a stream around
 * it for requests with a body.
 *
 * @param {http.IncomingMessage} req The upgrade request
 * @param {Duplex} socket What came with it
 * @return {Duplex} The socket below, or the same
 * @private
 */
function carrierOf(req, socket) {
  return req && req.socket instanceof net.Socket ? req.socket : socket;
}

/**
 * Stops reading without touching the state of the stream, which is the
 * application's.
 *
 * @param {Duplex} socket The socket
 * @return {Boolean} Whether it was reading
 * @public
 */
function stopReading(socket) {
  const handle = socket._handle;

  if (!handle || !handle.reading || typeof handle.readStop !== 'function') {
    return false;
  }

  handle.reading = false;
  handle.readStop();

  return true;
}

/**
 * Goes on reading: the stream believes that it still does and would not ask.
 *
 * @param {Duplex} socket The socket
 * @private
 */
function startReading(socket) {
  const handle = socket._handle;

  if (handle) {
    handle.reading = true;
    handle.readStart();
  }
}

/**
 * Calls back once, when a response or its socket is through. Nothing is read
 * until then, so that the peer cannot fill memory.
 *
 * @param {http.ServerResponse} response The unfinished response
 * @param {Duplex} socket Its socket
 * @param {Function} callback Called in the async context of this call
 * @private
 */
function afterResponse(response, socket, callback) {
  const wasReading = stopReading(socket);
  const listener = AsyncResource.bind(() => {
    response.removeListener('close', listener);
    socket.removeListener('close', listener);
    if (wasReading) startReading(socket);
    callback();
  });

  response.on('close', listener);
  socket.on('close', listener);
}

/**
 * Waits until no earlier response is unfinished on the socket.
 *
 * @param {http.IncomingMessage} req The upgrade request
 * @param {Duplex} socket What came with it
 * @param {Function} done `done(err)`, called synchronously unless it has to
 *     wait; `err` when the socket cannot be written to any more
 * @return {Boolean} Whether `done` was called already
 * @public
 */
function settle(req, socket, done) {
  const carrier = carrierOf(req, socket);
  const response = carrier._httpMessage;

  if (carrier.destroyed || !socket.writable) {
    done(new Error(GONE));
  } else if (!response) {
    done(null);
  } else if (response.req === req) {
    // A framework made it for this very upgrade and never writes to it.
    response.detachSocket(carrier);
    done(null);
  } else {
    afterResponse(response, carrier, () => settle(req, socket, done));
    return false;
  }

  return true;
}

module.exports = { GONE, settle, stopReading };
