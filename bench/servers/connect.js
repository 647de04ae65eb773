'use strict';

/**
 * What does a client under test look like? WebSockets that send back what they get, the same for every package; asked over
 * HTTP how many to open and where, and how it goes.
 */

const http = require('http');
const { once } = require('events');

/**
 * Waits for orders until the process is ended. The first line on stdout is the port they come to.
 *
 * @param {Function} WebSocket The package's class
 * @param {Object} [options] Options of the package
 * @param {Function} [stats] The package's own counters
 * @public
 */
function connect(WebSocket, options = {}, stats = () => null) {
  let messages = 0;
  const sockets = [];
  const echo = function (data, isBinary) {
    messages++;
    this.send(data, { binary: isBinary });
  };
  const server = http.createServer(async (req, res) => {
    const { pathname, searchParams } = new URL(req.url, 'http://localhost');

    if (pathname === '/connect') {
      for (let i = 0; i < Number(searchParams.get('conns')); i++) {
        const socket = new WebSocket(`ws://127.0.0.1:${searchParams.get('port')}`, options);
        sockets.push(socket.on('message', echo));
        await once(socket, 'open');
      }
    }
    res.setHeader('connection', 'close');
    res.end(JSON.stringify({ connections: sockets.length, messages, stats: stats() }));
  });
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
}

module.exports = connect;
