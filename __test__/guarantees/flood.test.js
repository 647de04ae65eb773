'use strict';

// Does a flood leave the event loop its turns? What is handed over at once is bounded, however much there is, so that
// timers and other connections come in between.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { encode } = require('../support/frames');
const { RawClient } = require('../support/raw-client');
const { serve } = require('../support/serve');
const { ownAddition } = require('../support/implementation');
const { burn, countTurns } = require('../support/turns');

/** How many connections send how many messages each, how long a handler takes, and how many of them may have one turn. */
const FLOODS = {
  'many connections': { connections: 20, messages: 50, ms: 1, most: 300 },
  'one connection': { connections: 1, messages: 4000, ms: 0.1, most: 1100 },
  'some connections': { connections: 4, messages: 1000, ms: 0.1, most: 1100 },
  'some connections whose handlers set timers': {
    connections: 4,
    messages: 2000,
    ms: 0.1,
    most: 1100,
    setsTimers: true
  }
};

/**
 * Floods a server.
 *
 * @param {TestContext} t The test
 * @param {Object} flood One of those above
 * @param {Object} [request] As for `RawClient.request()`
 * @return {Promise<Number>} How many messages there were in the turn that had most
 */
async function flood(t, { connections, messages, ms, setsTimers }, request) {
  const { port, wss } = await serve(t, { perMessageDeflate: true });
  const turns = countTurns(t);
  const received = [];

  wss.on('connection', (ws) => {
    const at = received.push(0) - 1;

    ws.on('message', (data) => {
      assert.equal(Number(data), received[at]++);
      burn(ms);
      // A timer has Node.js read the clock anew, by which libuv tells how long a turn has lasted.
      if (setsTimers) clearTimeout(setTimeout(assert.fail, 60_000));
      turns.note();
    });
  });

  const clients = await Promise.all(Array.from({ length: connections }, () => RawClient.open(port, request)));
  const all = Buffer.concat(Array.from({ length: messages }, (_, i) => encode(1, `${i}`)));
  const closed = [...wss.clients].map((ws) => once(ws, 'close'));

  for (const client of clients) client.write(all);
  for (const client of clients) client.sendClose(1000);
  await Promise.all(closed);
  assert.deepEqual(
    received,
    clients.map(() => messages)
  );
  return turns.most();
}

describe('the event loop gets its turns', ownAddition, () => {
  for (const [name, how] of Object.entries(FLOODS)) {
    test(`when ${name} send without end`, async (t) => {
      const most = await flood(t, how);

      assert.ok(most <= how.most, `${most} messages in one turn`);
    });

    test(`when ${name} that compress do`, async (t) => {
      const most = await flood(t, how, { headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate' } });

      assert.ok(most <= how.most, `${most} messages in one turn`);
    });
  }

  for (const said of [0, 3]) {
    test(`what comes while the end of another connection takes its time is heard of (${said} messages before)`, async (t) => {
      const { port, wss } = await serve(t, { closeTimeout: 50 });
      const open = async () => {
        const [[socket], client] = await Promise.all([once(wss, 'connection'), RawClient.open(port)]);

        t.after(() => client.socket.destroy());
        return { client, socket };
      };
      const silent = await open();
      const { client, socket } = await open();

      socket.on('message', (data) => socket.send(data));
      for (let i = 0; i < said; i++) {
        client.send(1, 'before');
        await client.frame();
      }
      silent.socket.on('close', () => {
        client.send(1, 'meanwhile');
        burn(20);
      });
      silent.socket.close();
      assert.equal(String((await client.frame()).payload), 'meanwhile');
    });
  }
});
