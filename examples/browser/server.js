'use strict';

// What does a browser connect to? A small chat for page.html: JSON both ways, each message checked before it is used.

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const { WebSocketServer } = require('upshift');

const page = fs.readFileSync(path.join(__dirname, 'page.html'));
const script = fs.readFileSync(path.join(__dirname, 'page.js'));

const server = http.createServer((req, res) => {
  if (req.url === '/page.js') return res.setHeader('Content-Type', 'text/javascript').end(script);
  if (req.url !== '/') return res.writeHead(404).end();
  res.setHeader('Content-Type', 'text/html; charset=utf-8');
  // Nothing but our own script runs, and it connects to nobody but us.
  res.setHeader('Content-Security-Policy', "default-src 'self'; img-src data:; style-src 'unsafe-inline'");
  res.end(page);
});

const wss = new WebSocketServer({
  server,
  path: '/chat',
  // Only our own page: a browser would open this WebSocket for any other, too. See origins.js.
  verifyClient: ({ origin, req }) => origin === `http://${req.headers.host}`,
  closeTimeout: 2000,
  maxPayload: 4096,
  maxBackpressure: 256 * 1024
});

/**
 * @param {Buffer} data A message
 * @return {Object|undefined} What it says: only what we know, of the length that we allow
 * @private
 */
function parse(data) {
  try {
    const { name, text } = JSON.parse(data);
    const isShort = (value, most) => typeof value === 'string' && value !== '' && value.length <= most;
    if (isShort(name, 32) && isShort(text, 1000)) return { name, text };
  } catch {
    // Neither JSON nor an object: as good as wrong values.
  }
  return undefined;
}

wss.on('connection', (ws) => {
  ws.on('error', (err) => console.error(`a peer: ${err.message}`));
  ws.on('message', (data) => {
    const line = parse(data);
    if (line === undefined) return ws.close(1007, 'Not a line of chat');
    const text = JSON.stringify(line);
    for (const client of wss.clients) client.send(text);
  });
});

server.listen(process.env.PORT ?? 0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/ (Ctrl-C ends it)`);
});

process.once('SIGINT', () => {
  server.close();
  // 1012: the service restarts; the page comes again.
  for (const ws of wss.clients) ws.close(1012);
});
