'use strict';

// Where do nextTicks and microtasks run? Between messages that were read separately, also when the JavaScript thread comes
// to them late, so that whoever awaits one message after the other misses none.

const assert = require('node:assert/strict');
const path = require('node:path');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { Worker } = require('node:worker_threads');

const { RawClient } = require('../support/raw-client');
const { rawPair, serve } = require('../support/serve');
const { encode } = require('../support/frames');
const {
  WebSocket: { stats }
} = require('../support/implementation');

const COUNT = 20;
const PAUSE = 5;

/** Only an I/O thread reads while the JavaScript thread is at something else. */
const options = {
  skip: process.env.UPSHIFT_DRIVER !== 'threads' && 'reads one after the other need the thread driver'
};

/**
 * Has messages read one by one while this thread is blocked.
 *
 * @param {TestContext} t The test
 * @param {Function} listen Called with the WebSocket before the first message
 */
async function late(t, listen) {
  const { port, wss } = await serve(t);
  const client = new Worker(path.join(__dirname, '..', 'fixtures', 'spaced-client.js'), {
    workerData: { port, count: COUNT, pause: PAUSE }
  });

  t.after(() => client.terminate());

  const [[socket]] = await Promise.all([once(wss, 'connection'), once(client, 'message')]);

  listen(socket);
  client.postMessage('go');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, (COUNT + 10) * PAUSE);
}

describe('messages that were read while JavaScript was busy', options, () => {
  test('have ticks and microtasks between them, in which the next one can be awaited', async (t) => {
    const order = [];
    const awaited = [];
    let readsBefore;

    await late(t, (socket) => {
      readsBefore = stats().receives;
      socket.on('message', (data) => {
        order.push(`message ${data}`);
        process.nextTick(() => order.push(`tick ${data}`));
        Promise.resolve().then(() => order.push(`microtask ${data}`));
      });
      (async () => {
        for (;;) awaited.push(`message ${(await once(socket, 'message'))[0]}`);
      })();
    });
    while (order.length < 3 * COUNT) await new Promise((resolve) => setImmediate(resolve));

    // On a machine that is busy elsewhere two of them may come in one read.
    const first = order.filter((entry, i) => entry.startsWith('message') && !order[i - 1]?.startsWith('message'));
    const reads = stats().receives - readsBefore;

    assert.ok(first.length >= Math.min(reads, COUNT) && first.length > 1, `${first.length} of ${reads} reads`);
    assert.deepEqual(awaited, first);
    assert.deepEqual(
      order.filter((entry) => entry.startsWith('message')),
      Array.from({ length: COUNT }, (_, i) => `message ${i}`)
    );
  });
});

describe('messages that come one after the other', () => {
  test('can be awaited one after the other', async (t) => {
    const { client, socket } = await rawPair(t);

    client.socket.setNoDelay(true);
    for (let i = 0; i < 50; i++) {
      client.write(encode(1, String(i)));
      assert.equal((await once(socket, 'message'))[0].toString(), String(i));
    }
  });

  test('of several connections do not hold each other up', async (t) => {
    const { port, wss, client, socket } = await rawPair(t);
    const second = once(wss, 'connection');
    const other = await RawClient.open(port);
    const [neighbour] = await second;

    t.after(() => other.socket.destroy());
    // Both may be in one turn; each is awaited from a tick of the other.
    for (let i = 0; i < 50; i++) {
      const both = [once(socket, 'message'), once(neighbour, 'message')];

      client.send(1, `a${i}`);
      other.send(1, `b${i}`);
      assert.deepEqual(
        (await Promise.all(both)).map(([data]) => data.toString()),
        [`a${i}`, `b${i}`]
      );
    }
  });
});
