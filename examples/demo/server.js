'use strict';

// What does Upshift look like inside an ordinary application? `npm start`: an Express app and several WebSocket
// endpoints on one http.Server, with a page that shows what they cost. Read app.js for the routes, sockets.js for the
// endpoints, gauges.js for the measuring and storm.js for the comparison with ws.

const http = require('http');

const createApp = require('./app');
const createSockets = require('./sockets');
const listen = require('./listen');

/**
 * Starts the demo.
 *
 * @return {Promise<void>} Resolves once the URL has been printed
 * @public
 */
async function main() {
  const server = http.createServer();
  const sockets = createSockets(server);
  server.on('request', createApp(sockets));
  const url = await listen(server, process.env.HOST || '127.0.0.1', Number(process.env.PORT ?? 3000));
  endOnSignal(server, sockets);
  console.log(`Upshift demo: ${url} (Ctrl-C ends it)`);
}

/**
 * Ends cleanly on the first Ctrl-C or SIGTERM; nothing is left that would keep the process alive. The second signal
 * finds no handler and kills.
 *
 * @param {http.Server} server The server
 * @param {Object} sockets Its WebSocket endpoints
 * @private
 */
function endOnSignal(server, sockets) {
  const end = () => {
    process.removeListener('SIGINT', end);
    process.removeListener('SIGTERM', end);
    server.close();
    sockets.close();
    server.closeAllConnections();
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
}

main();
