'use strict';

// How does a client notice that its server is gone without a word? It knows how often to expect a ping (server.js); when
// none has come for that long, and a moment for the way, it gives the connection up and makes another.
//
//     node examples/heartbeat/client.js ws://127.0.0.1:PORT/

const WebSocket = require('upshift');

const url = process.argv[2] ?? 'ws://127.0.0.1:8080/';
const EVERY = Number(process.env.HEARTBEAT_MS ?? 30_000);
const PATIENCE = EVERY + Math.min(EVERY, 5_000);

let ws;
let again;
let failures = 0;
let isEnding = false;

/**
 * Connects, and after every end once more.
 *
 * @private
 */
function connect() {
  ws = new WebSocket(url, { handshakeTimeout: 10_000, maxPayload: 1024 * 1024 });
  let silence;

  // Called for whatever shows that the server lives.
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(() => {
      console.log('no heartbeat');
      ws.terminate();
    }, PATIENCE);
  };

  ws.on('open', () => {
    failures = 0;
    console.log('open');
    heard();
  });
  ws.on('ping', heard);
  ws.on('message', heard);
  // 'close' follows in any case, and says the rest.
  ws.on('error', (err) => console.log(err.message));
  ws.on('close', (code) => {
    clearTimeout(silence);
    if (isEnding) return;
    // Longer each time up to half a minute, and at random: else all clients of a restarted server come at once.
    const delay = Math.min(30_000, 250 * 2 ** failures++) * (0.5 + Math.random() / 2);
    console.log(`closed with ${code}, again in ${Math.round(delay)} ms`);
    again = setTimeout(connect, delay);
  });
}

connect();

process.once('SIGINT', () => {
  isEnding = true;
  clearTimeout(again);
  ws.close(1000);
});
