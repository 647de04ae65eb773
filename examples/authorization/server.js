'use strict';

// How does a server ask for an Authorization header? It looks at the request before it answers, and says with
// WWW-Authenticate what it wants to see. Browsers cannot send this header with a WebSocket: for pages, see token.js.

const crypto = require('node:crypto');
const http = require('node:http');

const { WebSocketServer } = require('upshift');

const sha256 = (text) => crypto.createHash('sha256').update(text).digest('hex');

/** Users by the hash of their token, as a database would have them: who reads it learns no token. */
const USERS = new Map([[sha256(process.env.TOKEN ?? 'sesame'), { name: 'Ali' }]]);

/**
 * @param {http.IncomingMessage} req A request
 * @return {Object|undefined} Its user
 * @private
 */
function userOf(req) {
  const [, token] = /^Bearer +([\w.~+/-]+=*)$/i.exec(req.headers.authorization ?? '') ?? [];
  // How long it takes to look a hash up tells nothing about the token.
  return token && USERS.get(sha256(token));
}

const server = http.createServer((req, res) => res.end('An ordinary page.\n'));

const wss = new WebSocketServer({
  server,
  maxPayload: 64 * 1024,
  maxBackpressure: 1024 * 1024,
  verifyClient({ req }, answer) {
    req.user = userOf(req);
    if (req.user) answer(true);
    else answer(false, 401, 'Unauthorized', { 'WWW-Authenticate': 'Bearer realm="example"' });
  }
});

wss.on('connection', (ws, { user }) => {
  ws.on('error', (err) => console.error(`${user.name}: ${err.message}`));
  ws.on('message', (data) => ws.send(`${user.name} said ${data}`));
  ws.send(`hello ${user.name}`);
});

server.listen(process.env.PORT ?? 0, '127.0.0.1', () => {
  console.log(`ws://127.0.0.1:${server.address().port}/ (Ctrl-C ends it)`);
});

process.once('SIGINT', () => {
  server.close();
  for (const ws of wss.clients) ws.close(1001);
});
