'use strict';

// Who may come in? `authenticate` of a route is asked while its socket is held; what it gives reaches the handler, and
// what it throws becomes a response.

const { STATUS_CODES } = require('node:http');

const { Hold } = require('./hold');
const { decline } = require('../handshake/refusal');

/** How a wait that ended early is answered; a client that left is not. */
const ANSWERS = { ERR_UPSHIFT_ROUTER_CLOSED: 503, ERR_UPSHIFT_UPGRADE_TIMEOUT: 503 };

/** Nothing arrived that is not in the socket. */
const NOTHING = Buffer.alloc(0);

/**
 * Asks a route whether it admits a request. Without `authenticate` the answer comes at once.
 *
 * @param {Object} context The request, see router.js
 * @param {Object} route The route, with `authenticate` or without, and what `hold()` has to know
 * @param {Object} params The parameters of its path
 * @param {Function} next `next(auth)`, called when the request may come in
 * @private
 */
function admit(context, { authenticate, early }, params, next) {
  if (authenticate == null) {
    next(undefined);
    return;
  }

  const { conclude, signal } = hold(context, early);

  decide(authenticate, context.req, { params, signal }).then(
    (auth) => {
      if (conclude()) next(auth);
    },
    (err) => {
      if (conclude()) refuse(context, err);
    }
  );
}

/**
 * Keeps a socket while somebody decides about its request. When that has become pointless the client gets its answer here.
 *
 * @param {Object} context The request, see router.js
 * @param {Number} [early] How much may be read meanwhile, see hold.js
 * @return {Object} `{ signal, conclude }`: the signal is aborted when it is pointless; `conclude()` ends the wait and returns
 *     whether it lasted until now, and was not concluded before
 * @private
 */
function hold(context, early) {
  const { req, router, socket } = context;
  const held = new Hold(socket, context.head, { early, timeout: router.options.upgradeTimeout });

  // It is in the socket now.
  context.head = NOTHING;
  router._holds.add(held);
  held.signal.addEventListener('abort', () => {
    router._holds.delete(held);
    turnAway(req, socket, held.signal.reason);
  });

  return {
    conclude() {
      if (!router._holds.delete(held)) return false;

      held.release();
      return true;
    },
    signal: held.signal
  };
}

module.exports = { admit, hold, refuse };

/**
 * Calls `authenticate`, whatever it throws and whenever.
 *
 * @param {Function} authenticate The function
 * @param {http.IncomingMessage} req The request
 * @param {Object} about What it is told besides
 * @return {Promise<*>} What it says
 * @private
 */
async function decide(authenticate, req, about) {
  return authenticate(req, about);
}

/**
 * Answers a request whose wait ended early.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket Its socket
 * @param {Error} reason Why
 * @private
 */
function turnAway(req, socket, { code }) {
  if (ANSWERS[code] === undefined) socket.destroy();
  else decline(req, socket, ANSWERS[code]);
}

/**
 * Answers a request that is not admitted: an `HttpError` is the answer, everything else a fault of the application.
 *
 * @param {Object} context The request
 * @param {*} err What was thrown
 * @private
 */
function refuse({ req, router, socket }, err) {
  const fail = (fault) => {
    decline(req, socket, 500);
    router._report(fault, req);
  };

  if (!isAnswer(err)) fail(err);
  else
    decline(req, socket, err.status, { body: err.message || STATUS_CODES[err.status], headers: err.headers }).catch(
      fail
    );
}

/**
 * Whether what was thrown is an answer; it may come from another copy of this package.
 *
 * @param {*} err What was thrown
 * @return {Boolean} `true` if it is
 * @private
 */
function isAnswer(err) {
  try {
    const isOne = err?.name === 'HttpError' || err?.name === 'HandshakeError';

    return isOne && Number.isInteger(err.status) && err.status >= 400 && err.status <= 599;
  } catch {
    // Something that lets nobody look at it; the client waits all the same.
    return false;
  }
}
