'use strict';

// Who ends a session that has been silent for too long? Its idle timeout, its own or that of its server: it is lifted while
// there are WebSockets on the session, as that of a socket is when it becomes one.

/** On a stream that carries a WebSocket: its session, which it forgets when it ends. */
const kSession = Symbol('kSession');

/** The sessions that carry WebSockets: how many, and what their timeout was. */
const carrying = new WeakMap();

/**
 * Lifts the timeout of a stream's session until the stream has ended.
 *
 * @param {Http2Stream} stream The stream
 * @private
 */
function keepAwake(stream) {
  const { session } = stream;

  if (session === undefined || session.destroyed) return;

  let carried = carrying.get(session);

  if (carried === undefined) {
    // A session that never had one has no number there.
    carrying.set(session, (carried = { count: 0, timeout: session.timeout ?? 0 }));
    if (carried.timeout > 0) session.setTimeout(0);
  }

  carried.count++;
  stream[kSession] = session;
  stream.once('close', release);
}

module.exports = { keepAwake };

/**
 * The listener of a stream's `'close'` event. A timeout that the application has set meanwhile stays.
 *
 * @private
 */
function release() {
  const session = this[kSession];
  const carried = carrying.get(session);

  if (--carried.count > 0) return;

  carrying.delete(session);
  if (carried.timeout > 0 && session.timeout === 0) session.setTimeout(carried.timeout);
}
