'use strict';

// How is an upgrade written by hand with Upshift? The application keeps its 'upgrade' listener and its own decisions;
// upgrade() judges the handshake, answers it and hands over an open WebSocket. Compare before.js.

const http = require('http');

const { reject, upgrade } = require('upshift');
const { roomOf, userOf } = require('./users');

/**
 * @return {http.Server} A server whose /room is a WebSocket: what one shouts, all hear
 * @public
 */
function createServer() {
  const server = http.createServer((req, res) => res.end('an ordinary page\n'));
  const clients = new Set();

  server.on('upgrade', async (req, socket, head) => {
    socket.on('error', () => socket.destroy());
    const user = await userOf(req);
    if (roomOf(req) === undefined) return reject(req, socket, 404);
    if (user === undefined) return reject(req, socket, 401, { headers: { 'WWW-Authenticate': 'Bearer' } });

    let client;
    try {
      client = await upgrade(req, socket, head, { maxPayload: 65536 });
    } catch (err) {
      // The refusal has been sent, unless the request asks for another protocol: that one is left to us.
      if (err.code === 'ERR_UPSHIFT_NOT_WEBSOCKET') await reject(req, socket, 400);
      return;
    }

    clients.add(client);
    client.on('error', () => {});
    client.on('close', () => clients.delete(client));
    client.on('message', (data) => clients.forEach((other) => other.send(`${user}: ${data}`)));
    client.send(`hello ${user}`);
  });

  return server;
}

module.exports = createServer;

if (require.main === module) {
  const server = createServer();
  server.listen(process.env.PORT ?? 0, '127.0.0.1', () => {
    console.log(`ws://127.0.0.1:${server.address().port}/room?token=sesame (Ctrl-C ends it)`);
  });
}
