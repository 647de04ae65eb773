'use strict';

// Who hears first that a connection is closed, when both ends are in one process? Who was asked to close it: whoever has asked
// finds everything done. Tests of applications count on that. Over TLS it is the other way round, with ws and ours.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { connect } = require('../support/client');
const { onTcp } = require('../support/over');
const { serve } = require('../support/serve');

/**
 * Makes both ends of a connection, and notes in which order they are closed.
 *
 * @param {TestContext} t The test
 * @return {Promise<Object>} `{ client, order, socket, url, wss }`
 */
async function bothEnds(t) {
  const { url, wss } = await serve(t);
  const client = connect(url);
  const order = [];

  t.after(() => client.terminate());

  const [[socket]] = await Promise.all([once(wss, 'connection'), once(client, 'open')]);

  socket.on('close', (code) => order.push(`server ${code}`));
  client.on('close', (code) => order.push(`client ${code}`));
  return { client, order, socket, url, wss };
}

describe("the 'close' event", onTcp, () => {
  test('of a client that closes comes when the server has done without it', async (t) => {
    const { client, order, wss } = await bothEnds(t);

    client.close(1000);
    await once(client, 'close');
    assert.deepEqual(order, ['server 1000', 'client 1000']);
    assert.equal(wss.clients.size, 0);
  });

  test('of a server that closes comes when the client knows', async (t) => {
    const { order, socket } = await bothEnds(t);

    socket.close(4000);
    await once(socket, 'close');
    assert.deepEqual(order, ['client 4000', 'server 4000']);
  });

  for (let round = 1; round <= 5; round++) {
    test(`comes in that order whatever was said before and whatever else there is to do (${round})`, async (t) => {
      const { client, order, socket, url, wss } = await bothEnds(t);
      const talker = connect(url);

      t.after(() => talker.terminate());

      const [[listener]] = await Promise.all([once(wss, 'connection'), once(talker, 'open')]);

      for (const said of ['one', 'two', 'three']) {
        client.send(said);
        await once(socket, 'message');
        socket.send(said);
        await once(client, 'message');
      }

      // There is always more to do for those two.
      for (const end of [talker, listener]) end.on('message', () => end.send('x', () => {}));
      for (let i = 0; i < 300; i++) talker.send('x');
      await once(listener, 'message');
      client.close(1000);
      await once(client, 'close');
      assert.deepEqual(order, ['server 1000', 'client 1000']);
    });
  }

  test('of a client comes behind the messages that made the server close', async (t) => {
    const { client, order, socket } = await bothEnds(t);

    socket.on('message', (data) => {
      order.push(String(data));
      if (String(data) === 'bye') socket.close(4001);
    });
    for (const data of ['one', 'bye']) client.send(data);
    await once(socket, 'close');
    assert.deepEqual(order, ['one', 'bye', 'client 4001', 'server 4001']);
  });
});
