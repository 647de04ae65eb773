'use strict';

// What happens when a peer does not read? Up to `maxBackpressure` bytes wait
// for it; one message may pass that line, so that a message larger than the
// limit can be sent at all, and after that `onBackpressure` decides.

const { codedError } = require('./errors');

/** RFC 6455 section 7.4.1: a policy was violated. */
const POLICY_VIOLATION = 1008;
/** How many times the limit may be on its way to a thread that has not looked whether it goes out. */
const LATENESS = 4;
const REASON = 'Backpressure limit exceeded';

/**
 * Tells whether one more message may be queued, and acts when not.
 *
 * @param {WebSocket} ws The WebSocket
 * @param {Function} [cb] The callback of the message, called with an error
 *     when it is not sent
 * @return {Boolean} `true` if the message may be sent
 * @private
 */
function admits(ws, cb) {
  const { maxBackpressure, onBackpressure } = ws._config;

  if (maxBackpressure === 0 || ws.bufferedAmount <= maxBackpressure) {
    return true;
  }

  // What was sent in this turn has not been offered to the peer yet; but a thread must not be late for ever.
  if (ws._channel.stuckAmount(ws) <= maxBackpressure && ws.bufferedAmount <= maxBackpressure * LATENESS) return true;

  if (typeof cb === 'function') {
    process.nextTick(cb, codedError('ERR_UPSHIFT_BACKPRESSURE', REASON));
  }

  if (onBackpressure === 'terminate') ws.terminate();
  else if (onBackpressure === 'close') ws.close(POLICY_VIOLATION, REASON);

  return false;
}

module.exports = { admits };
