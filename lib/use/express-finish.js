'use strict';

// What happens when an app is through with an upgrade and nobody has answered or accepted it? After an error Express's own
// last word is said, a page about it. Otherwise no route wanted it: the request is somebody else's, or an ordinary one.

/**
 * Ends an exchange that the app's routers have not ended. Middleware that goes on twice, or fails after it went on, or
 * answered, comes here again.
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

  // What others have got is theirs to answer; an error is logged all the same.
  if (exchange.isReleased) lastWordOf(app, {}, { headersSent: true })(err);
  else lastWordOf(app, exchange.req, exchange.res)(err);
}

module.exports = { finish };

/**
 * Express's own last word: a page, or the end of the connection if there is an answer already; and a line in the log.
 *
 * @param {Function} app The app
 * @param {http.IncomingMessage} req The request
 * @param {http.ServerResponse} res The response
 * @return {Function} Called with the error, if there is one
 * @private
 */
function lastWordOf(app, req, res) {
  let lastWord;
  // Instead of a router with middleware.
  const router = {
    handle(_req, _res, done) {
      lastWord = done;
    }
  };
  const view = {
    // Express 5 writes `X-Powered-By` whether or not there is a head already.
    enabled: { value: () => false },
    _router: { value: router },
    router: { value: router }
  };

  app.handle.call(Object.create(app, view), req, res);
  return lastWord;
}
