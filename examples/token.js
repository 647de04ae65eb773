'use strict';

// How does a page say who its user is, when browsers cannot send an Authorization header with a WebSocket? With a token in
// the query. What stands in a URL ends up in logs, so it is no password: a ticket, good for one connection, soon. The page
// gets it by an ordinary request, with all that ordinary requests have (here: the header).
//
//     curl -X POST -H 'Authorization: Bearer sesame' http://127.0.0.1:PORT/ticket
//     ws://127.0.0.1:PORT/feed?ticket=…

const crypto = require('node:crypto');
const http = require('node:http');
const { setTimeout: pause } = require('node:timers/promises');

const { HttpError, createUpgradeRouter } = require('upshift');

const TICKET_MS = Number(process.env.TICKET_MS ?? 30_000);
const MOST_TICKETS = 10_000;
const sha256 = (text) => crypto.createHash('sha256').update(text).digest('hex');

/** In an application this is a database. */
const tickets = new Map();
const users = new Map([[sha256(process.env.TOKEN ?? 'sesame'), { name: 'Ali' }]]);

/**
 * @param {http.IncomingMessage} req A request for a ticket
 * @param {http.ServerResponse} res Its response
 * @private
 */
function issue(req, res) {
  const [, token] = /^Bearer ([\w.~+/-]+=*)$/.exec(req.headers.authorization ?? '') ?? [];
  const user = token && users.get(sha256(token));
  if (!user) return res.writeHead(401, { 'WWW-Authenticate': 'Bearer' }).end();
  if (tickets.size >= MOST_TICKETS) return res.writeHead(503, { 'Retry-After': '30' }).end();

  // 128 random bits: not to be guessed.
  const ticket = crypto.randomBytes(16).toString('base64url');
  const expiry = setTimeout(() => tickets.delete(ticket), TICKET_MS).unref();
  tickets.set(ticket, { user, expiry });
  res.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  res.end(JSON.stringify({ ticket }));
}

/**
 * Takes a ticket away, as a database would: it can be used once, also by two who come at the same time.
 *
 * @param {String} ticket The ticket
 * @param {AbortSignal} signal Aborted when nobody waits for the answer any more
 * @return {Promise<Object|undefined>} The user it was given to
 * @private
 */
async function redeem(ticket, signal) {
  await pause(5, undefined, { signal });
  const found = tickets.get(ticket);
  clearTimeout(found?.expiry);
  tickets.delete(ticket);
  return found?.user;
}

const server = http.createServer((req, res) => {
  if (req.url === '/ticket' && req.method === 'POST') issue(req, res);
  else res.writeHead(404).end();
});

const router = createUpgradeRouter(server, { upgradeTimeout: 5000 });

/**
 * The router holds the socket meanwhile: a client that goes away, or an answer that does not come in time, aborts `signal`.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Object} context `signal` goes to whatever can be given up
 * @return {Promise<Object>} The user
 * @private
 */
async function authenticate(req, { signal }) {
  const ticket = new URLSearchParams(req.url.split('?', 2)[1]).get('ticket');
  const user = ticket && (await redeem(ticket, signal));
  // The reason is for people; it does not tell whether there ever was such a ticket.
  if (!user) throw new HttpError(401, 'No valid ticket', { headers: { 'WWW-Authenticate': 'Ticket' } });
  return user;
}

router.websocket('/feed', { authenticate, maxPayload: 4096, maxBackpressure: 256 * 1024 }, (ws, req, { auth }) => {
  ws.on('error', (err) => console.error(`${auth.name}: ${err.message}`));
  ws.on('message', (data) => ws.send(`${auth.name} said ${data}`));
  ws.send(`hello ${auth.name}`);
});

server.listen(process.env.PORT ?? 0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/ (Ctrl-C ends it)`);
});

process.once('SIGINT', () => {
  server.close();
  router.close();
});
