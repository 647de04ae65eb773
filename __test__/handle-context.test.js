'use strict';

// In which async context do handlers run over a stream, whose handle calls in one of its own? Never in that one, and what
// somebody enters there stays with him.

process.env.UPSHIFT_TRANSPORT = 'stream';

const assert = require('node:assert/strict');
const http = require('node:http');
const net = require('node:net');
const { AsyncLocalStorage } = require('node:async_hooks');
const { once } = require('node:events');
const { test } = require('node:test');

const { WebSocket, WebSocketServer } = require('..');
const { encode } = require('./support/frames');
const { RawClient } = require('./support/raw-client');

const storage = new AsyncLocalStorage();

/**
 * Opens connections.
 *
 * @param {TestContext} t The test
 * @return {Promise<Object[]>} Two `{ client, socket, ws }`
 */
async function open(t) {
  const opened = [];
  const wss = new WebSocketServer({ noServer: true });
  const server = http.createServer().listen(0, '127.0.0.1');

  server.on('upgrade', (req, socket, head) => {
    wss.handleUpgrade(req, socket, head, (ws) => opened.push({ socket, ws }));
  });
  t.after(() => {
    for (const { client, ws } of opened) {
      ws.terminate();
      client.socket.destroy();
    }
    server.close();
  });
  await once(server, 'listening');

  for (let i = 0; i < 2; i++) {
    const client = await RawClient.open(server.address().port);

    opened[i].client = client;
  }

  // They read.
  await new Promise(setImmediate);
  return opened;
}

/**
 * Sends messages on all connections by turns, one at a time, and waits for them.
 *
 * @param {Object[]} opened The connections
 * @param {Number} rounds How many each
 */
async function exchange(opened, rounds) {
  for (let round = 0; round < rounds; round++) {
    for (const { client, ws } of opened) {
      const came = once(ws, 'message');

      client.write(encode(1, 'a'));
      await came;
    }
  }
}

test('a handler sees neither what a listener of the stream enters nor what one of another does', async (t) => {
  const seen = new Set();
  const opened = await open(t);

  for (const [i, { socket, ws }] of opened.entries()) {
    const names = [undefined, `stream ${i}`];

    socket.prependListener('data', () => {
      if (!names.includes(storage.getStore())) seen.add(`a listener saw ${storage.getStore()}`);
      storage.enterWith(`stream ${i}`);
    });
    ws.on('message', () => seen.add(storage.getStore()));
  }

  await exchange(opened, 5);
  assert.deepEqual([...seen], [undefined]);
});

test('a handler does not see what an earlier one has entered, nor do listeners of other streams', async (t) => {
  const seen = new Set();
  const opened = await open(t);

  opened[1].socket.prependListener('data', () => seen.add(storage.getStore()));
  for (const { ws } of opened) {
    ws.on('message', () => {
      seen.add(storage.getStore());
      storage.enterWith('a handler');
    });
  }

  await exchange(opened, 5);
  assert.deepEqual([...seen], [undefined]);
});

test('a handler does not see the store of its stream, whose listeners go on seeing it', async (t) => {
  const seen = { handlers: new Set(), listeners: new Set() };
  const wss = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  const accepted = once(wss, 'connection');

  t.after(() => wss.close());
  await once(wss, 'listening');

  const { port } = wss.address();
  const createConnection = () => storage.run('stream', () => net.connect(port, '127.0.0.1'));
  const client = new WebSocket(`ws://127.0.0.1:${port}`, { createConnection });
  const [[ws]] = await Promise.all([accepted, once(client, 'open')]);

  client._socket.on('data', () => seen.listeners.add(storage.getStore()));
  client.on('message', () => seen.handlers.add(storage.getStore()));
  for (let i = 0; i < 3; i++) {
    ws.send('a');
    await once(client, 'message');
  }

  client.terminate();
  assert.deepEqual([...seen.handlers], [undefined]);
  assert.deepEqual([...seen.listeners], ['stream']);
});
