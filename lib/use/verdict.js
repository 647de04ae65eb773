'use strict';

// Is this upgrade one to a WebSocket at all, and a proper one? What is not even meant to be one is somebody else's, or an
// ordinary request; what is meant to be one and is wrong is answered by the route that it is for.

const { inspectStrictly } = require('../handshake/handshake');

/** Why a request is no WebSocket handshake at all. */
const NOT_OURS = [
  'ERR_UPSHIFT_INVALID_CONNECTION',
  'ERR_UPSHIFT_INVALID_HTTP_VERSION',
  'ERR_UPSHIFT_INVALID_METHOD',
  'ERR_UPSHIFT_INVALID_UPGRADE',
  'ERR_UPSHIFT_MISSING_CONNECTION',
  'ERR_UPSHIFT_MISSING_UPGRADE',
  'ERR_UPSHIFT_NOT_WEBSOCKET'
];

/** The verdicts there are; each request is judged once. */
const verdicts = new WeakMap();

/**
 * Judges a request.
 *
 * @param {http.IncomingMessage} req The request
 * @return {?Object} The verdict; `null` if it does not ask for a WebSocket
 * @public
 */
function verdictOn(req) {
  let verdict = verdicts.get(req);

  if (verdict === undefined) {
    verdict = inspectStrictly(req);
    if (NOT_OURS.includes(verdict.code)) verdict = null;
    verdicts.set(req, verdict);
  }

  return verdict;
}

module.exports = { verdictOn };
