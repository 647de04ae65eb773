'use strict';

// How does a plain http.Server get WebSockets? It stays as it is; the WebSocketServer takes the upgrades of one path.

const http = require('node:http');

const { WebSocketServer } = require('upshift');

const server = http.createServer((req, res) => {
  res.setHeader('Content-Type', 'text/plain; charset=utf-8');
  res.end('An ordinary page. The WebSocket is at /echo.\n');
});

const wss = new WebSocketServer({
  server,
  path: '/echo',
  // Whoever sends more at once is closed with 1009. The default is 100 MiB, which few applications want to receive.
  maxPayload: 64 * 1024,
  // Whoever asks for more than he reads is dropped. By default any amount may wait for a slow reader, in your memory.
  maxBackpressure: 1024 * 1024
});

wss.on('connection', (ws) => {
  // An 'error' that nobody listens to ends the process, and every peer can cause one.
  ws.on('error', (err) => console.error(`a peer: ${err.message}`));
  // Text arrives as a Buffer too: isBinary keeps what it was.
  ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
});

server.listen(process.env.PORT ?? 0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/ (Ctrl-C ends it)`);
});

process.once('SIGINT', () => {
  server.close();
  // server.close() waits for the WebSockets: they are told. A second Ctrl-C ends what does not answer.
  for (const ws of wss.clients) ws.close(1001, 'The server is going away');
});
