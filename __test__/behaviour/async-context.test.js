'use strict';

// In which async context do handlers run? In the one in which the WebSocket was made, and never in that of another.

const assert = require('node:assert/strict');
const http = require('node:http');
const { AsyncLocalStorage } = require('node:async_hooks');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { encode } = require('../support/frames');
const { RawClient } = require('../support/raw-client');
const { WebSocketServer, ownAddition } = require('../support/implementation');

const storage = new AsyncLocalStorage();

/**
 * Opens connections, each in a store of its own, every third one in none.
 *
 * @param {TestContext} t The test
 * @param {Number} count How many
 * @param {Function} onOpen Called with the WebSocket and its store
 * @return {Promise<RawClient[]>} The clients
 */
async function open(t, count, onOpen) {
  const server = http.createServer();
  const wss = new WebSocketServer({ noServer: true });

  server.on('upgrade', (req, socket, head) => {
    // A store may be anything, an empty Map for one.
    const store = [req.url, new Map(), undefined][Number(req.url.slice(1)) % 3];
    const upgrade = () => wss.handleUpgrade(req, socket, head, (ws) => onOpen(ws, store));

    if (store === undefined) upgrade();
    else storage.run(store, upgrade);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const { port } = server.address();
  const clients = await Promise.all(Array.from({ length: count }, (_, i) => RawClient.open(port, { path: `/${i}` })));

  t.after(() => {
    for (const ws of wss.clients) ws.terminate();
    for (const client of clients) client.socket.destroy();
    server.close();
  });
  return clients;
}

/** @return {Object} A promise, and what settles it: `{ promise, reject, resolve }` */
function deferred() {
  const parts = {};

  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { reject, resolve }));
  return parts;
}

describe('the async context', ownAddition, () => {
  test('of every handler is its own', async (t) => {
    const count = 30;
    const rounds = 20;
    let seen = 0;
    const wrong = [];
    const clients = await open(t, count, (ws, store) => {
      const check = (event) => {
        seen++;
        if (storage.getStore() !== store) wrong.push(`${event} of ${store} saw ${storage.getStore()}`);
      };

      ws.on('message', (data) => {
        check('message');
        process.nextTick(check, 'tick');
        Promise.resolve('microtask').then(check);
        ws.send(data, () => check('callback'));
      });
      ws.on('ping', () => check('ping'));
      ws.on('close', () => check('close'));
    });

    for (let round = 0; round < rounds; round++) {
      for (const client of clients) client.write(Buffer.concat([encode(1, 'a'), encode(1, 'b'), encode(9)]));
      if (round % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
    }

    const perRound = 2 * 4 + 1;

    while (seen < count * rounds * perRound) await new Promise((resolve) => setImmediate(resolve));
    for (const client of clients) client.sendClose();
    while (seen < count * (rounds * perRound + 1)) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(wrong, []);
  });

  test('of errors, drains and held-back messages is theirs too', async (t) => {
    const seen = [];
    const note = (event, store) => seen.push([event, store === storage.getStore()]);
    const sockets = [];
    const clients = await open(t, 2, (ws, store) => {
      sockets.push(ws);
      ws.pause();
      ws.on('message', () => note('message', store));
      ws.on('error', () => note('error', store));
      ws.on('close', () => note('close', store));
    });

    for (const client of clients) client.write(Buffer.concat([encode(1, 'held back'), encode(3)]));
    await new Promise((resolve) => setTimeout(resolve, 30));
    storage.run('somebody else', () => sockets.forEach((ws) => ws.resume()));
    while (seen.length < 6) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(
      seen.filter(([, isOwn]) => !isOwn),
      []
    );
  });

  /** What becomes of a Blob that somebody else sends, and what its WebSocket is told of it. */
  const ends = {
    'is sent': [({ resolve }) => resolve(new ArrayBuffer(3)), ['callback', 'callback behind it']],
    'cannot be read': [
      ({ reject }) => reject(new Error('unreadable')),
      ['callback', 'callback behind it', 'error', 'close']
    ],
    'comes too late': [
      ({ resolve }, ws) => {
        ws.on('close', () => resolve(new ArrayBuffer(3)));
        ws.terminate();
      },
      ['close', 'callback', 'callback behind it']
    ]
  };

  for (const [how, [end, events]] of Object.entries(ends)) {
    test(`of what follows a Blob that ${how} is not that of its sender`, async (t) => {
      const sockets = [];
      const seen = [];

      await open(t, 3, (ws, store) => sockets.push({ store, ws }));
      for (const { store, ws } of sockets) {
        const told = [];
        const note = (event) => told.push([event, storage.getStore() === store]);
        const { promise, ...settle } = deferred();
        const blob = { [Symbol.toStringTag]: 'Blob', arrayBuffer: () => promise, size: 3, stream() {}, type: '' };

        seen.push(told);
        ws.on('error', () => note('error'));
        ws.on('close', () => note('close'));
        storage.run('somebody else', () => {
          ws.send(blob, () => note('callback'));
          ws.send('behind it', () => note('callback behind it'));
          end(settle, ws);
        });
      }

      const isTold = (told) => told.length === events.length;

      while (!seen.every(isTold)) await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(
        seen,
        sockets.map(() => events.map((event) => [event, true]))
      );
    });
  }
});
