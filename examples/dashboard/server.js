'use strict';

// What is the engine doing? stats() tells; this page draws it live, once a second, for whoever watches. In an application
// put it on a port of its own, or behind a login: figures are nobody else's business.

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const { WebSocketServer, stats } = require('upshift');

const EVERY = 1000;
const page = fs.readFileSync(path.join(__dirname, 'page.html'));

const server = http.createServer((req, res) => {
  if (req.url !== '/') return res.writeHead(404).end();
  res.setHeader('Content-Type', 'text/html; charset=utf-8');
  res.end(page);
});

// The page of another site could connect as well, from the browser of somebody who may see this: so only our own page.
const isOurPage = ({ origin, req }) => origin === `http://${req.headers.host}`;

// Who watches has nothing to say, and misses what he has no room for. In an application without other WebSockets than
// these, the figures are of these: open the page twice.
const wss = new WebSocketServer({
  server,
  path: '/stats',
  maxPayload: 1,
  closeTimeout: 2000,
  verifyClient: isOurPage
});

wss.on('connection', (ws) => ws.on('error', (err) => console.error(`a watcher: ${err.message}`)));

let last = { time: performance.now(), ...stats() };

const sampler = setInterval(() => {
  const now = { time: performance.now(), ...stats() };
  // Totals count from the start: what is interesting is by how much they grew.
  const perSecond = (name) => Math.round(((now[name] - last[name]) * 1000) / (now.time - last.time));
  const sample = JSON.stringify({
    connections: now.connections,
    messagesIn: perSecond('messagesIn'),
    messagesOut: perSecond('messagesOut'),
    bytesIn: perSecond('bytesIn'),
    bytesOut: perSecond('bytesOut'),
    memory: now.memory,
    drivers: now.reactors.map(({ driver }) => driver)
  });
  last = now;
  for (const ws of wss.clients) if (ws.bufferedAmount === 0) ws.send(sample);
}, EVERY);

server.listen(process.env.PORT ?? 0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/ (Ctrl-C ends it)`);
});

process.once('SIGINT', () => {
  clearInterval(sampler);
  server.close();
  for (const ws of wss.clients) ws.close(1001);
});
