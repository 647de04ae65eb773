'use strict';

// Where does a test get WebSockets from that no server object has made? Servers with an upgrade listener, which end with the
// test.

const http = require('http');
const { once } = require('events');

const { WebSocket } = require('./implementation');

/**
 * Starts a server with an upgrade listener.
 *
 * @param {TestContext} t The test
 * @param {Function} listener Called with request, socket and head
 * @return {Promise<Number>} Its port
 */
async function listen(t, listener) {
  const server = http.createServer((req, res) => res.end('ordinary'));

  server.on('upgrade', listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return server.address().port;
}

/**
 * Starts a server that upgrades everything.
 *
 * @param {TestContext} t The test
 * @param {Object} [options] Options of `upgrade()`
 * @return {Promise<Object>} `{ port, upgraded }`, the latter a promise of the first WebSocket
 */
async function upgrader(t, options) {
  let settle;
  const upgraded = new Promise((resolve, fail) => {
    settle = { fail, resolve };
  });
  const port = await listen(t, (req, socket, head) => {
    WebSocket.upgrade(req, socket, head, options).then((ws) => {
      t.after(() => ws.terminate());
      settle.resolve(ws);
    }, settle.fail);
  });

  upgraded.catch(() => {});
  return { port, upgraded };
}

module.exports = { listen, upgrader };
