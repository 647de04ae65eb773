'use strict';

/**
 * What does a server under test look like? An http.Server whose WebSockets echo, the same for every package, and one
 * route that tells what only the process itself knows.
 */

const http = require('http');
const { setTimeout: pause } = require('timers/promises');

/**
 * Serves until the process is ended. The first line on stdout is the port.
 *
 * @param {Function} WebSocketServer The package's server class
 * @param {Object} [options] Options of the package
 * @param {Function} [stats] The package's own counters
 * @public
 */
function serve(WebSocketServer, options = {}, stats = () => null) {
  let messages = 0;
  // Shared by all connections: a closure each would be memory of the harness in the figures of both.
  const ignore = () => {};
  const echo = function (data, isBinary) {
    messages++;
    this.send(data, { binary: isBinary });
  };
  const server = http.createServer((req, res) => answer(res, () => state(sockets, messages, stats)));
  const sockets = new WebSocketServer({ server, ...options });
  sockets.on('connection', (client) => client.on('error', ignore).on('message', echo));
  server.listen(Number(process.env.PORT) || 0, '127.0.0.1', () => console.log(server.address().port));
}

/**
 * @param {http.ServerResponse} res The response
 * @param {Function} read Makes its body
 * @return {Promise<void>} Resolves when it is on its way
 * @private
 */
async function answer(res, read) {
  await collect();
  res.setHeader('connection', 'close');
  res.end(JSON.stringify(read()));
}

/**
 * Runs the garbage collector where `--expose-gc` allows it; twice, for what finalizers let go of.
 *
 * @return {Promise<void>} Resolves when that is done
 * @private
 */
async function collect() {
  if (!global.gc) return;
  global.gc();
  await pause(100);
  global.gc();
}

/**
 * @param {WebSocketServer} sockets The server under test
 * @param {Number} messages How many it has echoed
 * @param {Function} stats The package's own counters
 * @return {Object} What the runner asks for
 * @private
 */
function state(sockets, messages, stats) {
  const { rss, heapUsed } = process.memoryUsage();
  return { connections: sockets.clients.size, messages, rss, heapUsed, stats: stats() };
}

module.exports = serve;
