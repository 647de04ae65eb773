'use strict';

// How are pings answered that the engine does not answer, because the application chooses the masks or has a `pong()` of
// its own? As by ws: through that method, as long as not too many of its pongs wait.

/** How many pongs wait, by WebSocket. */
const waiting = new WeakMap();

/**
 * Answers a ping; one too many is the end.
 *
 * @param {WebSocket} ws The WebSocket
 * @param {Buffer} data The payload of the ping
 * @private
 */
function answerPing(ws, data) {
  const { isServer, maxPendingAutoPongs } = ws._$config;
  const count = waiting.get(ws) ?? 0;

  if (maxPendingAutoPongs > 0 && count >= maxPendingAutoPongs) {
    ws.terminate();
    return;
  }

  waiting.set(ws, count + 1);
  ws.pong(data, !isServer, () => waiting.set(ws, waiting.get(ws) - 1));
}

module.exports = { answerPing };
