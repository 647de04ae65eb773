'use strict';

// How does a server notice that a client is gone without a word: cable out, laptop shut, NAT forgot? TCP tells after
// minutes, or never if nothing is sent. So everybody is asked in turn, and who has not answered by the next turn is dropped.
// Any WebSocket answers pings by itself, browsers too.

const http = require('node:http');

const { WebSocketServer } = require('upshift');

/** Half a minute is short enough for most proxies, which drop what is silent for a minute. */
const EVERY = Number(process.env.HEARTBEAT_MS ?? 30_000);

const server = http.createServer((req, res) => res.end('An ordinary page.\n'));
const wss = new WebSocketServer({ server, maxPayload: 64 * 1024, maxBackpressure: 1024 * 1024 });

wss.on('connection', (ws) => {
  ws.isAlive = true;
  ws.on('pong', () => (ws.isAlive = true));
  ws.on('error', (err) => console.error(`a peer: ${err.message}`));
  ws.on('close', (code) => console.log(`closed with ${code}, ${wss.clients.size} left`));
  ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
});

// One timer for all: with one per connection, a hundred thousand connections would have a hundred thousand.
const heartbeat = setInterval(() => {
  for (const ws of wss.clients) {
    // Not close(): nobody is there who would answer.
    if (!ws.isAlive) ws.terminate();
    else {
      ws.isAlive = false;
      ws.ping();
    }
  }
}, EVERY);

server.listen(process.env.PORT ?? 0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/ (Ctrl-C ends it)`);
});

process.once('SIGINT', () => {
  clearInterval(heartbeat);
  server.close();
  for (const ws of wss.clients) ws.close(1001);
});
