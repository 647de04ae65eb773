'use strict';

// Who drives where the event loop cannot be had? A thread, for good: in a process and in a worker, whichever driver was
// asked for.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const path = require('node:path');
const { describe, test } = require('node:test');
const { Worker } = require('node:worker_threads');

const { report } = require('../support/child');

const FIXTURE = path.join(__dirname, '..', 'fixtures', 'no-loop.js');
const SERVED = { echoes: ['first', 'second', 100_000], switches: 0 };
const BY_THREADS = { ...SERVED, begun: ['thread'], ended: ['thread'], transport: 'fd' };

/**
 * Starts the fixture as a worker.
 *
 * @param {Object} env Variables for it
 * @param {String} [workerData] What it is told
 * @return {Promise<Object>} `{ exited, told, worker }`
 */
async function start(env, workerData) {
  const worker = new Worker(FIXTURE, { env: { ...process.env, ...env }, workerData });
  const exited = once(worker, 'exit');
  const [told] = await once(worker, 'message');

  return { exited, told, worker };
}

describe('without an event loop', () => {
  for (const driver of ['auto', 'loop', 'threads']) {
    const env = { UPSHIFT_DRIVER: driver, UPSHIFT_REACTORS: '1', UPSHIFT_TRANSPORT: 'auto' };

    test(`a thread drives a process, which ends by itself: ${driver}`, async () => {
      assert.deepEqual(await report('no-loop', [], { env }), BY_THREADS);
    });

    test(`a thread drives a worker, which ends by itself: ${driver}`, async () => {
      const { exited, told } = await start(env);

      assert.deepEqual(told, BY_THREADS);
      assert.deepEqual(await exited, [0]);
    });

    test(`a worker that is terminated ends its connections: ${driver}`, async () => {
      const { exited, told, worker } = await start(env, 'stay');

      assert.deepEqual(told, BY_THREADS);
      await worker.terminate();
      await exited;
    });
  }

  test('streams are served as ever', async () => {
    const told = await report('no-loop', [], { env: { UPSHIFT_TRANSPORT: 'stream' } });

    assert.deepEqual(told, { ...SERVED, begun: ['inline'], ended: ['inline'], transport: 'stream' });
  });
});
