'use strict';

// What becomes of connections when the process or the worker that serves them ends? What was sent goes out, the peers see
// the end, nothing is left behind; and as long as there is a connection, the process stays.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { RawClient } = require('../support/raw-client');
const { report, start } = require('../support/child');

/** 'last words', 1000 bytes, 100,000 bytes and 'the end', with their headers. */
const LAST_WORDS = 12 + 1004 + 100_010 + 9;

/**
 * Starts a server that ends as it is told, and connects to it.
 *
 * @param {TestContext} t The test
 * @param {String} how Its argument
 * @return {Promise<Object>} `{ child, client }`
 */
async function serving(t, how) {
  const child = start('ending-process', [how]);

  t.after(() => child.kill('SIGKILL'));

  const [port] = await once(child, 'message');

  return { child, client: await RawClient.open(port) };
}

describe('a process', () => {
  test('that exits has said its last words', async (t) => {
    const { child, client } = await serving(t, 'exit');

    assert.equal((await client.rest()).length, LAST_WORDS);
    assert.deepEqual([(await child.output()).code, child.signalCode], [0, null]);
  });

  test('that exits in a handler has said its last words', async (t) => {
    const { child, client } = await serving(t, 'exit-handler');

    client.send(1, 'go');
    assert.equal((await client.rest()).length, LAST_WORDS);
    assert.deepEqual([(await child.output()).code, child.signalCode], [3, null]);
  });

  test('that dies of an exception has said its last words', async (t) => {
    const { child, client } = await serving(t, 'throw');

    client.send(1, 'go');
    assert.equal((await client.rest()).length, LAST_WORDS);

    const { code, signal, stderr } = await child.output();

    assert.deepEqual([code, signal], [1, null]);
    assert.match(stderr, /Error: as asked/);
  });

  test('lives as long as its last connection, and no longer', async (t) => {
    const { child, client } = await serving(t, 'natural');

    // Long enough for a process that nothing holds.
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(child.exitCode, null);
    client.send(1, 'still there?');
    assert.equal((await client.frame()).payload.toString(), 'still there?');

    const closed = once(child, 'message');

    client.sendClose(1000);
    assert.deepEqual((await closed)[0], 'closed');
    assert.deepEqual([(await child.output()).code, child.signalCode], [0, null]);
  });
});

// The echo, 'last words' and 100,000 bytes, with their headers.
const WORKERS_LAST_WORDS = 5 + 12 + 100_010;

describe('a worker', { skip: process.platform !== 'linux' && 'looks into /proc' }, () => {
  for (const how of ['exit', 'throw', 'terminate', 'terminate-busy', 'closed']) {
    test(`that ends with '${how}' leaves nothing behind`, async () => {
      const { before, after, seen } = await report('ending-workers', [how, 3, 4]);

      assert.equal(after, before);
      for (const { last, ends } of seen) {
        assert.equal(ends, 4);
        // A worker that is terminated within a handler had no turn in which to send.
        if (how !== 'terminate-busy') assert.ok(last >= WORKERS_LAST_WORDS, `${last} bytes`);
      }
    });

    test(`that ends with '${how}' under load leaves nothing behind`, async () => {
      const { before, after, seen } = await report('ending-workers', [how, 3, 10, 'load']);

      assert.equal(after, before);
      for (const { ends } of seen) assert.equal(ends, 10);
    });
  }
});
