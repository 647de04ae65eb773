'use strict';

// What happens when a peer does not read? Up to `maxBackpressure` bytes wait
// for it; one message may pass that line, so that a message larger than the
// limit can be sent at all, and after that `onBackpressure` decides.

const { codedError } = require('../base/errors');

/** RFC 6455 section 7.4.1: a policy was violated. */
const POLICY_VIOLATION = 1008;
/**
 * What may be on its way, beyond the limit, to a thread that has not looked yet whether the kernel takes it: no more than
 * the kernel can take (the usual maximum of a TCP socket's buffer), or that many times the limit.
 */
const KERNEL = 4 * 1024 * 1024;
const LATENESS = 3;
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
  const { maxBackpressure, onBackpressure } = ws._$config;

  if (maxBackpressure === 0 || ws.bufferedAmount <= maxBackpressure) {
    return true;
  }

  // What was sent in this turn has not been offered to the peer yet. The loop offers it now; a thread may be at work, and
  // nobody waits for it here, but it must not be late for ever.
  const late = Math.min(KERNEL, maxBackpressure * LATENESS);

  if (ws._$channel.stuckAmount(ws) <= maxBackpressure && ws.bufferedAmount <= maxBackpressure + late) return true;

  if (typeof cb === 'function') {
    process.nextTick(cb, codedError('ERR_UPSHIFT_BACKPRESSURE', REASON));
  }

  if (onBackpressure === 'terminate') ws.terminate();
  else if (onBackpressure === 'close') ws.close(POLICY_VIOLATION, REASON);

  return false;
}

module.exports = { admits };
