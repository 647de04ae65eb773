'use strict';

// How does a server keep other people's pages out? A browser sends its user's cookies with every WebSocket it opens,
// whichever page opens it, and no CORS stands in between. What it also sends, and no page can change, is the Origin.
//
// That protects the users of browsers, not the server: any other program sends the Origin it likes.

const http = require('node:http');

const { WebSocketServer } = require('upshift');

const server = http.createServer((req, res) => {
  res.setHeader('Content-Type', 'text/plain; charset=utf-8');
  res.end('An ordinary page. The WebSocket is for pages of the allowed origins.\n');
});

// Scheme, host and port, as browsers write them. Compare the whole: 'https://example.com.evil.test' starts well, too.
let allowed;

/**
 * Decides on a handshake.
 *
 * @param {Object} info `origin` is undefined where there was no such header, which no browser leaves out
 * @param {Function} answer Takes the decision, and the status of a refusal (401 unless told otherwise)
 * @private
 */
function verifyClient({ origin }, answer) {
  if (allowed.has(origin)) answer(true);
  else answer(false, 403, 'Origin not allowed');
}

const wss = new WebSocketServer({ server, verifyClient, maxPayload: 64 * 1024, maxBackpressure: 1024 * 1024 });

wss.on('connection', (ws) => {
  ws.on('error', (err) => console.error(`a peer: ${err.message}`));
  ws.send('welcome');
});

server.listen(process.env.PORT ?? 0, '127.0.0.1', () => {
  const own = `http://127.0.0.1:${server.address().port}`;
  allowed = new Set(process.env.ORIGINS?.split(',') ?? [own]);
  console.log(`${own}/ (for ${[...allowed].join(', ')}; Ctrl-C ends it)`);
});

process.once('SIGINT', () => {
  server.close();
  for (const ws of wss.clients) ws.close(1001);
});
