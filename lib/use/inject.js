'use strict';

// How is a WebSocket route tested without a port? With a client whose connection is given to the server by hand: the
// request is parsed, routed and upgraded as any other.

const WebSocket = require('../websocket/websocket');
const { duplexPair } = require('./duplex-pair');
const { serve } = require('../upgrades/plain-http');

/** What tests have to say about requests, by the server's side of their connection. */
const contexts = new WeakMap();

/**
 * Makes `injectWS()` for a server.
 *
 * @param {(http.Server|https.Server|http2.Http2SecureServer)} server The server, which need not listen
 * @return {Function} `injectWS(path, upgradeContext, options)`: a promise of the open WebSocket
 * @public
 */
function injectorFor(server) {
  return function injectWS(path = '/', upgradeContext = {}, { onInit, onOpen } = {}) {
    const { headers, method: _method, url: _url, ...rest } = upgradeContext;
    const [near, far] = duplexPair();

    contexts.set(far, rest);

    return new Promise((resolve, reject) => {
      const ws = new WebSocket(`ws://localhost${path}`, {
        createConnection: () => near,
        headers,
        perMessageDeflate: false
      });

      ws.once('error', reject);
      ws.once('open', () => {
        ws.removeListener('error', reject);
        onOpen?.(ws);
        resolve(ws);
      });
      onInit?.(ws);
      serve(server, far);
    });
  };
}

/**
 * Puts what a test has to say into its request.
 *
 * @param {http.IncomingMessage} req The request
 * @public
 */
function applyContext(req) {
  const context = contexts.get(req.socket);

  if (context !== undefined) Object.assign(req, context);
}

module.exports = { applyContext, injectorFor };
