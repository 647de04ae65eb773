'use strict';

// Does the order survive handlers that pause and resume connections at random, their own and others'?

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { test } = require('node:test');

const { encode } = require('../support/frames');
const { RawClient } = require('../support/raw-client');
const { serve } = require('../support/serve');
const { isWs } = require('../support/implementation');

const CONNECTIONS = 12;
const MESSAGES = 1500;

/**
 * A generator of numbers that are the same in every run.
 *
 * @param {Number} seed Where to begin
 * @return {Function} Returns a whole number below its argument
 */
function dice(seed) {
  let state = seed;

  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % below;
  };
}

for (const allowSynchronousEvents of [true, false]) {
  const name = allowSynchronousEvents ? 'in any case' : 'with allowSynchronousEvents: false';

  // With ws messages of the same read still come after pause().
  test(`everything comes once and in order ${name}`, async (t) => {
    const { port, wss } = await serve(t, { allowSynchronousEvents, maxPendingAutoPongs: 0 });
    const roll = dice(allowSynchronousEvents ? 1 : 2);
    const sockets = [];
    const received = [];
    const early = [];

    wss.on('connection', (ws) => {
      const mine = [];

      sockets.push(ws);
      received.push(mine);
      for (const event of ['message', 'ping']) {
        ws.on(event, (data) => {
          if (ws.isPaused) early.push(data.toString());
          mine.push(`${event} ${data}`);
          act(ws);
        });
      }

      ws.on('close', () => mine.push('close'));
    });

    /**
     * Does something to the connection or another one.
     *
     * @param {WebSocket} ws The connection
     */
    function act(ws) {
      const other = sockets[roll(sockets.length)];

      switch (roll(12)) {
        case 0:
          ws.pause();
          setImmediate(() => ws.resume());
          break;
        case 1:
          ws.pause();
          ws.resume();
          break;
        case 2:
          ws.pause();
          process.nextTick(() => ws.resume());
          break;
        case 3:
          other.pause();
          setTimeout(() => other.resume(), roll(3));
          break;
        case 4:
          other.resume();
          break;
        default:
      }
    }

    const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => RawClient.open(port)));
    const expected = Array.from({ length: MESSAGES }, (_, i) => `${i % 9 === 8 ? 'ping' : 'message'} ${i}`);

    t.after(() => clients.forEach(({ socket }) => socket.destroy()));
    for (let i = 0; i < MESSAGES;) {
      const size = 1 + roll(100);
      const frames = [];

      for (const end = Math.min(MESSAGES, i + size); i < end; i++) {
        const text = String(i);

        frames.push(encode(i % 9 === 8 ? 9 : 1, text));
      }

      for (const client of clients) client.write(Buffer.concat(frames));
      if (roll(2) === 0) await new Promise((resolve) => setImmediate(resolve));
    }

    const closed = sockets.map((ws) => once(ws, 'close'));

    for (const client of clients) client.sendClose(1000);

    const end = Promise.all(closed);
    let isOver = false;

    end.then(() => (isOver = true));
    // Whoever was left paused goes on.
    while (!isOver) {
      for (const ws of sockets) ws.resume();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }

    for (const mine of received) assert.equal(mine.join('\n'), [...expected, 'close'].join('\n'));
    if (!isWs) assert.deepEqual(early, []);
  });
}
