'use strict';

// How does a game send its state 30 times a second to everybody? One clock, one frame encoded per tick, the same Buffer to
// all. Whoever cannot follow skips frames: the next one says all that the last one said.

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const { WebSocketServer } = require('upshift');

const State = require('./state');

/** Milliseconds per tick. */
const STEP = 1000 / 30;

const MOST_PLAYERS = 64;
const page = fs.readFileSync(path.join(__dirname, 'page.html'));
const state = new State();
let lastId = 0;

const server = http.createServer((req, res) => {
  res.setHeader('Content-Type', 'text/html; charset=utf-8');
  res.end(page);
});

const wss = new WebSocketServer({
  server,
  path: '/game',
  closeTimeout: 2000,
  // An input is one byte; whatever is longer is refused before it is read.
  maxPayload: 1
});

wss.on('connection', (ws) => {
  ws.on('error', (err) => console.error(`a player: ${err.message}`));
  // 1013: try again later.
  if (state.players.size >= MOST_PLAYERS) return ws.close(1013, 'The game is full');

  do lastId = (lastId + 1) & 0xffff;
  while (state.players.has(lastId));
  const id = lastId;

  state.join(id);
  ws.on('close', () => state.leave(id));
  ws.on('message', (data, isBinary) => {
    if (isBinary && data.length === 1) state.input(id, data[0]);
    else ws.close(1003, 'An input is one byte');
  });
  ws.send(JSON.stringify({ you: id }));
});

/** Sends the state to everybody who has room for it. */
function broadcast() {
  if (wss.clients.size === 0) return;
  const frame = state.encode();
  for (const ws of wss.clients) {
    // What is still on its way has been overtaken already: do not queue more behind it.
    if (ws.bufferedAmount === 0) ws.send(frame);
  }
}

let next = performance.now();
let timer;

/** A tick, and the date of the next one: counted from the last date, not from now, so that no delay adds up. */
function tick() {
  state.step();
  broadcast();
  const now = performance.now();
  // What was missed while the process stood still is not played in haste.
  next = Math.max(next + STEP, now - STEP);
  timer = setTimeout(tick, Math.max(0, next - now));
}

tick();

server.listen(process.env.PORT ?? 0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/ (arrow keys move you; Ctrl-C ends it)`);
});

process.once('SIGINT', () => {
  clearTimeout(timer);
  server.close();
  for (const ws of wss.clients) ws.close(1001);
});
