'use strict';

// Where does a test get its connections from? A server on a port of its own, which ends with the test, and pairs of a
// server-side WebSocket and a client.

const { once } = require('events');

const ws = require('ws');

const { OVER, httpServer } = require('./over');
const { RawClient } = require('./raw-client');
const { WebSocketServer } = require('./implementation');

/**
 * Starts an HTTP server with a WebSocket server beside it.
 *
 * @param {TestContext} t The test; everything is closed after it
 * @param {Object} [options] Options of the WebSocket server
 * @param {http.Server} [server] The server to use
 * @return {Promise<Object>} `{ port, server, url, wss }`
 */
async function serve(t, options = {}, server = httpServer()) {
  const wss = new WebSocketServer(options.noServer ? options : { server, ...options });
  const all = new Set();

  wss.on('connection', (socket) => all.add(socket));
  t.after(() => {
    for (const socket of all) socket.terminate();
    wss.close();
    server.closeAllConnections();
    server.close();
  });

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const { port } = server.address();

  return { port, server, url: `${OVER === 'tls' ? 'wss' : 'ws'}://127.0.0.1:${port}`, wss };
}

/**
 * Connects a raw client.
 *
 * @param {TestContext} t The test
 * @param {Object} [options] Options of the WebSocket server
 * @param {Object} [request] As for `RawClient.request()`
 * @return {Promise<Object>} `{ client, port, server, socket, wss }`, `socket` being the server-side WebSocket
 */
async function rawPair(t, options, request) {
  const running = await serve(t, options);
  const [[socket], client] = await Promise.all([
    once(running.wss, 'connection'),
    RawClient.open(running.port, request)
  ]);

  t.after(() => client.socket.destroy());
  return { ...running, client, socket };
}

/**
 * Connects a client of ws.
 *
 * @param {TestContext} t The test
 * @param {Object} [options] Options of the WebSocket server
 * @param {Object} [clientOptions] Options of the client
 * @return {Promise<Object>} `{ client, port, server, socket, wss }`
 */
async function wsPair(t, options, clientOptions = {}) {
  const running = await serve(t, options);
  const client = new ws(running.url, { perMessageDeflate: false, rejectUnauthorized: false, ...clientOptions });

  t.after(() => client.terminate());

  const [[socket]] = await Promise.all([once(running.wss, 'connection'), once(client, 'open')]);

  return { ...running, client, socket };
}

/**
 * Collects what an emitter emits, in order.
 *
 * @param {EventEmitter} emitter The emitter
 * @param {String[]} events The names of the events
 * @return {Array} The list, filled as they come: `[name, ...args]`
 */
function record(emitter, events) {
  const list = [];

  for (const event of events) emitter.on(event, (...args) => list.push([event, ...args]));
  return list;
}

module.exports = { rawPair, record, serve, wsPair };
