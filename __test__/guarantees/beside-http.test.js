'use strict';

// Whoever sends a message and then asks over HTTP is answered by a server that knows the message: also in a process that does
// both, and for messages that come together.

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { RawClient } = require('../support/raw-client');
const { rawPair } = require('../support/serve');

const { UPSHIFT_DRIVER, UPSHIFT_TEST_IMPL, UPSHIFT_TRANSPORT } = process.env;
const isThread = UPSHIFT_DRIVER === 'threads' && UPSHIFT_TRANSPORT !== 'stream' && UPSHIFT_TEST_IMPL !== 'ws';
const inOrder = { skip: isThread && 'a thread tells in its own time' };

const ROUNDS = 50;

/**
 * Makes a server whose HTTP responses tell what the last message was, and clients.
 *
 * @param {TestContext} t The test
 * @param {Number} count How many clients have a WebSocket
 * @return {Promise<Object>} `{ ask(), clients }`
 */
async function remembering(t, count) {
  const { client, port, server, socket, wss } = await rawPair(t);
  let last = '';
  const remember = (data) => (last = String(data));

  socket.on('message', remember);
  wss.on('connection', (ws) => ws.on('message', remember));
  server.on('request', (req, res) => res.end(last));

  const clients = [client];

  while (clients.length < count) clients.push(await RawClient.open(port));

  const http = await RawClient.connect(port);

  // Or the kernel waits for the server to answer the message before.
  for (const { socket } of [http, ...clients]) socket.setNoDelay(true);
  t.after(() => [http, ...clients].forEach(({ socket }) => socket.destroy()));

  const ask = async () => {
    http.write(RawClient.request({ headers: { Connection: 'keep-alive', Upgrade: null } }));

    const length = Number(/content-length: (\d+)/i.exec(await http.head())[1]);

    return http.take(() => (http.received.length >= length ? String(http.cut(length)) : null));
  };

  return { ask, clients };
}

for (const count of [1, 10]) {
  test(`the message of one of ${count} comes before the request behind it`, inOrder, async (t) => {
    const { ask, clients } = await remembering(t, count);

    await ask();
    for (let i = 0; i < ROUNDS; i++) {
      // The last one counts, whoever else has something to say.
      for (const client of clients) client.send(1, `number ${i}`);
      assert.equal(await ask(), `number ${i}`);
      await new Promise(i % 2 === 0 ? setImmediate : (resolve) => setTimeout(resolve, 1));
    }
  });
}
