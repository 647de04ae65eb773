'use strict';

// How does a route end what it has opened, and what do those hear that still wait?

const { setMaxListeners } = require('node:events');

const { codedError } = require('../base/errors');

/**
 * Ends something, and does not wait for ever for the other side.
 *
 * @param {(Duplex|Http2Session)} opened It
 * @param {Object} how How
 * @param {Function} how.destroy Called when that has taken too long
 * @param {Function} how.end Called to end it
 * @param {Number} how.timeout How long to wait for that (ms); 0 for ever
 * @return {Promise<void>} Resolved when it is closed
 * @private
 */
function closeWithin(opened, { destroy, end, timeout }) {
  return new Promise((resolve) => {
    const timer = timeout > 0 ? setTimeout(destroy, timeout) : null;

    opened.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    end();
  });
}

/**
 * Creates what tells all those who wait on a route that the router closes. They may be many, which is no leak.
 *
 * @return {AbortController} It
 * @private
 */
function closeController() {
  const controller = new AbortController();

  setMaxListeners(0, controller.signal);
  return controller;
}

/**
 * @return {Error} Why an upgrade does not go on when the router closes. Without a status: the client gets 503
 * @private
 */
function routerClosed() {
  return codedError('ERR_UPSHIFT_ROUTER_CLOSED', 'The router was closed before the upgrade was through');
}

module.exports = { closeController, closeWithin, routerClosed };
