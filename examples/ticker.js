'use strict';

// How are fast news sent to slow readers? Not all of them: a quote that has been overtaken is worth nothing. Each reader
// gets what has changed since the last time there was room; the one who reads slowly gets less, but never what is old,
// and no memory grows for him.
//
//     connect, then send {"subscribe": ["SHARE1", "SHARE2"]} or {"subscribe": "all"}

const http = require('node:http');

const { WebSocketServer } = require('upshift');

const EVERY = Number(process.env.TICK_MS ?? 100);
const NAMES = Array.from({ length: Number(process.env.SHARES ?? 20) }, (_, i) => `SHARE${i + 1}`);

/** The market: the last price of each share. */
const prices = new Map(NAMES.map((name) => [name, 100 + Math.random() * 100]));

/** One reader. */
class Reader {
  /**
   * @param {WebSocket} ws His connection
   */
  constructor(ws) {
    this.ws = ws;
    this.subscribed = new Set();
    /** What has changed since it was last sent: names only, the prices are those of when it is sent. */
    this.changed = new Set();
    this.skipped = 0;
  }

  /**
   * @param {String} name A share whose price has changed
   */
  note(name) {
    if (!this.subscribed.has(name)) return;
    // It is still there from last time: that price will never be sent.
    if (this.changed.has(name)) this.skipped += 1;
    this.changed.add(name);
  }

  /** Sends what has changed, if there is room. */
  flush() {
    // Something still waits for the network: 'drain' comes when it has gone.
    if (this.changed.size === 0 || this.ws.bufferedAmount > 0) return;
    const quotes = Object.fromEntries([...this.changed].map((name) => [name, prices.get(name).toFixed(2)]));
    this.ws.send(JSON.stringify({ time: Date.now(), quotes, skipped: this.skipped }));
    this.changed.clear();
  }

  /**
   * @param {String} text What he sent
   * @return {Boolean} Whether it was a subscription
   */
  subscribe(text) {
    let wanted;
    try {
      wanted = JSON.parse(text)?.subscribe;
    } catch {
      return false;
    }
    const names = wanted === 'all' ? NAMES : wanted;
    if (!Array.isArray(names) || !names.every((name) => prices.has(name))) return false;
    this.subscribed = new Set(names);
    // The current prices come at once.
    this.changed = new Set(names);
    this.flush();
    return true;
  }
}

const readers = new Set();
const server = http.createServer((req, res) => res.end('The ticker is a WebSocket.\n'));
const wss = new WebSocketServer({
  server,
  // Who reads slowly may also answer a close slowly: after this time (ms) it is not waited for.
  closeTimeout: 2000,
  // Enough for a list of all names.
  maxPayload: 16 * 1024
});

wss.on('connection', (ws) => {
  const reader = new Reader(ws);
  readers.add(reader);
  ws.on('error', (err) => console.error(`a reader: ${err.message}`));
  ws.on('close', () => readers.delete(reader));
  ws.on('drain', () => reader.flush());
  ws.on('message', (data) => {
    if (!reader.subscribe(String(data))) ws.close(1008, 'Not a subscription');
  });
});

const market = setInterval(() => {
  for (const [name, price] of prices) {
    prices.set(name, Math.max(1, price * (1 + (Math.random() - 0.5) / 100)));
    for (const reader of readers) reader.note(name);
  }
  for (const reader of readers) reader.flush();
}, EVERY);

server.listen(process.env.PORT ?? 0, '127.0.0.1', () => {
  console.log(`ws://127.0.0.1:${server.address().port}/ (Ctrl-C ends it)`);
});

process.once('SIGINT', () => {
  clearInterval(market);
  server.close();
  for (const ws of wss.clients) ws.close(1001);
});
