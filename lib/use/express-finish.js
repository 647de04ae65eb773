'use strict';

// What happens when an app is through with an upgrade and nobody has answered or accepted it? After an error Express's own
// last word is said, a page about it. Otherwise no route wanted it: the request is somebody else's, or an ordinary one.

/**
 * Ends an exchange that the app's routers have not ended.
 *
 * @param {Function} app The app
 * @param {Exchange} exchange The exchange
 * @param {*} err The error, if that is the reason
 * @param {Function} passOn Gives the request to others
 * @public
 */
function finish(app, exchange, err, passOn) {
  if (!err && exchange.isOpen) {
    exchange.release();
    passOn();
    return;
  }

  // The app with a router in which there is nothing.
  const router = { handle: (req, res, done) => done(err) };

  app.handle.call(
    Object.create(app, { _router: { value: router }, router: { value: router } }),
    exchange.req,
    exchange.res
  );
}

module.exports = { finish };
