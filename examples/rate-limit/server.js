'use strict';

// How does a server bound what one address can ask of it? Three bounds: connections at once, handshakes, and messages.
// The last two are token buckets: so many at once, so many per second after that.
//
// Numbers from the environment are for trying it out: CONNECTIONS=2 node examples/rate-limit/server.js

const http = require('node:http');

const { WebSocketServer } = require('upshift');

const addressOf = require('./address');

const CONNECTIONS = Number(process.env.CONNECTIONS ?? 20);
const HANDSHAKES = { atOnce: Number(process.env.HANDSHAKES ?? 40), perSecond: 1 };
const MESSAGES = { atOnce: Number(process.env.MESSAGES ?? 50), perSecond: 20 };

/** What is known of each address. Bounded, because an attacker may have more addresses than we have memory. */
const addresses = new Map();
const MOST_ADDRESSES = 100_000;

/** A number of tokens that grows with time. */
class Bucket {
  /**
   * @param {Object} rate `atOnce` and `perSecond`
   */
  constructor(rate) {
    this.rate = rate;
    this.tokens = rate.atOnce;
    this.time = performance.now();
  }

  /**
   * @return {Boolean} Whether there was a token to take
   */
  take() {
    const now = performance.now();
    this.tokens = Math.min(this.rate.atOnce, this.tokens + ((now - this.time) / 1000) * this.rate.perSecond);
    this.time = now;
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}

/**
 * @param {String} address An address
 * @return {Object} What is known of it
 * @private
 */
function entryOf(address) {
  let entry = addresses.get(address);
  if (entry === undefined) {
    // Nobody is let in whom there is no room to count.
    if (addresses.size >= MOST_ADDRESSES) return null;
    entry = { connections: 0, handshakes: new Bucket(HANDSHAKES), messages: new Bucket(MESSAGES) };
    addresses.set(address, entry);
  }
  return entry;
}

// An address whose buckets have filled up again is forgotten: a new entry would say the same.
const sweep = setInterval(() => {
  const slowest = Math.max(...[HANDSHAKES, MESSAGES].map(({ atOnce, perSecond }) => atOnce / perSecond));
  const longAgo = performance.now() - slowest * 1000;
  for (const [address, { connections, handshakes, messages }] of addresses) {
    if (connections === 0 && handshakes.time < longAgo && messages.time < longAgo) addresses.delete(address);
  }
}, 10_000);

/**
 * Decides on a handshake.
 *
 * @param {Object} info `req` is the request
 * @param {Function} answer Takes the decision, and the status, text and headers of a refusal
 * @private
 */
function verifyClient({ req }, answer) {
  const entry = entryOf(addressOf(req));
  if (!entry?.handshakes.take() || entry.connections >= CONNECTIONS) {
    return answer(false, 429, 'Too many connections', { 'Retry-After': '10' });
  }
  // From here to the end of the socket, whatever becomes of the handshake.
  entry.connections += 1;
  req.socket.once('close', () => (entry.connections -= 1));
  req.messages = entry.messages;
  answer(true);
}

const server = http.createServer((req, res) => res.end('An ordinary page.\n'));
const wss = new WebSocketServer({ server, verifyClient, maxPayload: 4096, maxBackpressure: 256 * 1024 });

wss.on('connection', (ws, { messages }) => {
  ws.on('error', (err) => console.error(`a peer: ${err.message}`));
  ws.on('message', (data, isBinary) => {
    // 1008: policy violation. terminate() instead would spare those who flood the closing handshake, and the reason.
    if (!messages.take()) return ws.close(1008, 'Too many messages');
    ws.send(data, { binary: isBinary });
  });
});

server.listen(process.env.PORT ?? 0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/ (Ctrl-C ends it)`);
});

process.once('SIGINT', () => {
  clearInterval(sweep);
  server.close();
  for (const ws of wss.clients) ws.close(1001);
});
