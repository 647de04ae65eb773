'use strict';

// What happens at the end of a process or of a worker? What was sent goes out, peers see the end, and nothing but an open
// connection keeps the process alive.

const assert = require('node:assert/strict');
const path = require('node:path');
const zlib = require('node:zlib');
const { fork } = require('node:child_process');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { Worker } = require('node:worker_threads');

const { RawClient } = require('../support/raw-client');
const { isWs, ownAddition } = require('../support/implementation');

const fixture = (name) => path.join(__dirname, '..', 'fixtures', name);

/**
 * Starts a server in a process of its own.
 *
 * @param {TestContext} t The test
 * @param {String} name The file
 * @param {...String} args Its arguments
 * @return {Promise<Object>} `{ child, exited, port }`
 */
async function start(t, name, ...args) {
  const child = fork(fixture(name), args, { silent: true });
  const exited = once(child, 'exit');

  t.after(() => child.kill('SIGKILL'));

  const [port] = await once(child, 'message');

  return { child, exited, port };
}

describe('at the end of a process', () => {
  for (const [how, code] of Object.entries({ exit: 0, throw: 1, naturally: 0 })) {
    test(`what was sent goes out: ${how}`, async (t) => {
      const { exited, port } = await start(t, 'last-words.js', how, '20000');
      const client = await RawClient.open(port);

      client.send(1, 'speak');
      assert.equal((await client.frame()).payload.toString(), 'first');
      assert.equal((await client.frame()).payload.length, 20000);
      assert.equal((await client.frame()).payload.toString(), 'last words');
      if (how === 'naturally') client.sendClose(1001);
      assert.equal((await exited)[0], code);
      await client.closed;
    });
  }

  test('what was compressed goes out too', { skip: isWs && 'ws loses it' }, async (t) => {
    const { exited, port } = await start(t, 'last-words.js', 'exit', '300000', 'compress');
    const client = await RawClient.open(port, { headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate' } });

    client.send(1, 'speak');

    const frames = [await client.frame(), await client.frame(), await client.frame()];
    const tail = Buffer.from([0, 0, 0xff, 0xff]);
    const packed = Buffer.concat(frames.flatMap(({ payload }) => [payload, tail]));
    const text = zlib.inflateRawSync(packed, { finishFlush: zlib.constants.Z_SYNC_FLUSH }).toString();

    assert.equal(text, `first${'x'.repeat(300000)}last words`);
    assert.equal((await exited)[0], 0);
    await client.closed;
  });

  test('an open connection keeps it alive, and nothing else', async (t) => {
    const { child, exited, port } = await start(t, 'closed-server.js');
    const client = await RawClient.open(port);

    for (let i = 0; i < 5; i++) {
      client.send(1, `alive ${i}`);
      assert.equal((await client.frame()).payload.toString(), `alive ${i}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(child.exitCode, null);
    client.sendClose(1000);
    assert.equal((await exited)[0], 0);
  });
});

/**
 * Reads the goodbye of `exit-listeners.js` to its end.
 *
 * @param {RawClient} client The client
 */
async function hearGoodbye(client) {
  assert.equal((await client.frame()).payload.toString(), 'goodbye');
  assert.equal((await client.frame()).payload.length, 20000);
  assert.equal((await client.frame()).payload.readUInt16BE(0), 1001);
  await client.closed;
}

/** What the application does with the listeners of its process before it sends and exits. */
const listeners = ['added', 'removed', 'removed with all others', 'put back'];

describe("at the end of a process, 'exit' listeners", () => {
  for (const how of listeners) {
    test(`what was sent goes out although they were ${how}`, async (t) => {
      const { child, exited, port } = await start(t, 'exit-listeners.js', how);
      const client = await RawClient.open(port);
      const errors = [];

      child.stderr.on('data', (data) => errors.push(data.toString()));
      client.send(1, 'speak');
      if (how === 'put back') assert.equal((await client.frame()).payload.toString(), '0 more');
      await hearGoodbye(client);
      assert.equal((await exited)[0], 0);
      assert.deepEqual(errors, []);
    });
  }

  test('that are added may send compressed, too', { skip: isWs && 'ws loses it' }, async (t) => {
    const { exited, port } = await start(t, 'exit-listeners.js', 'added', 'compress');
    const client = await RawClient.open(port, { headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate' } });

    client.send(1, 'speak');

    const frames = [await client.frame(), await client.frame()];
    const tail = Buffer.from([0, 0, 0xff, 0xff]);
    const packed = Buffer.concat(frames.flatMap(({ payload }) => [payload, tail]));
    const text = zlib.inflateRawSync(packed, { finishFlush: zlib.constants.Z_SYNC_FLUSH }).toString();

    assert.equal(text, `goodbye${'x'.repeat(20000)}`);
    assert.equal((await client.frame()).payload.readUInt16BE(0), 1001);
    assert.equal((await exited)[0], 0);
    await client.closed;
  });
});

describe("at the end of a worker, 'exit' listeners", ownAddition, () => {
  for (const how of listeners) {
    test(`what was sent goes out although they were ${how}`, async (t) => {
      const worker = new Worker(fixture('exit-listeners.js'), { workerData: [how] });

      t.after(() => worker.terminate());

      const exited = once(worker, 'exit');
      const [port] = await once(worker, 'message');
      const client = await RawClient.open(port);

      client.send(1, 'speak');
      if (how === 'put back') assert.equal((await client.frame()).payload.toString(), '0 more');
      await hearGoodbye(client);
      assert.equal((await exited)[0], 0);
    });
  }
});

describe('at the end of a worker', ownAddition, () => {
  for (const how of ['terminate', 'exit', 'throw']) {
    test(`peers see it, and the process goes on: ${how}`, async (t) => {
      const worker = new Worker(fixture('worker-server.js'), { workerData: how });
      const errors = [];

      t.after(() => worker.terminate());
      worker.on('error', (err) => errors.push(err.message));

      const exited = new Promise((resolve) => worker.on('exit', resolve));
      const [port] = await once(worker, 'message');
      const clients = await Promise.all(Array.from({ length: 10 }, () => RawClient.open(port)));

      for (const client of clients.slice(1)) {
        client.send(1, 'hello');
        assert.equal((await client.frame()).payload.toString(), 'hello');
      }

      clients[0].send(1, 'end');
      if (how === 'terminate') {
        await once(worker, 'message');
        await worker.terminate();
      }
      await exited;
      await Promise.all(clients.map((client) => client.closed));
      assert.deepEqual(errors, how === 'throw' ? ['on purpose'] : []);
    });
  }

  test('the others go on', async (t) => {
    const workers = [1, 2].map(() => new Worker(fixture('worker-server.js'), { workerData: 'terminate' }));
    const ports = await Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0]));
    const [first, second] = await Promise.all(ports.map((port) => RawClient.open(port)));

    t.after(() => workers[1].terminate());
    await workers[0].terminate();
    await first.closed;
    second.send(1, 'still there');
    assert.equal((await second.frame()).payload.toString(), 'still there');
    second.sendClose();
    await second.closed;
  });
});
