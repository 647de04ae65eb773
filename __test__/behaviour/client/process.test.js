'use strict';

// How long does a process live that is a client? As long as its connection, unless that is unref'd.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { start } = require('../../support/child');
const { isWs } = require('../../support/implementation');
const { OVER, onSocket, onTcp } = require('../../support/over');
const { answer, rawServer } = require('../../support/raw-server');

/** What ws does differently. */
const lastWords = isWs && OVER === 'tls' ? { skip: 'ws loses them over TLS' } : {};

/**
 * Starts a process that connects.
 *
 * @param {TestContext} t The test
 * @param {String} [act] What it does then
 * @return {Promise<Object>} `{ child, peer }`
 */
async function connected(t, act) {
  const { next, url } = await rawServer(t);
  const child = start('client-process', [url, act]);
  const peer = await next();

  t.after(() => child.kill());
  await answer(peer);
  assert.equal((await peer.frame()).payload.toString(), 'here');
  return { child, peer };
}

describe('a process with a client', () => {
  test('lives as long as the connection', async (t) => {
    const { child, peer } = await connected(t);

    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(child.exitCode, null);
    peer.send(8, Buffer.from([0x03, 0xe8]), { mask: false });

    const { code, stdout } = await child.output();

    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), { code: 1000 });
  });

  test('ends without it when the socket is unref’d', onSocket, async (t) => {
    const { child, peer } = await connected(t, 'unref');

    assert.deepEqual(await child.output(), { code: 0, signal: null, stdout: '', stderr: '' });
    await peer.closed;
  });

  test('sends its last words', lastWords, async (t) => {
    const { child, peer } = await connected(t, 'exit');

    assert.equal((await peer.frame()).payload.toString(), 'last words');
    assert.equal((await child.output()).code, 0);
  });

  test('ends when the server is gone', onTcp, async (t) => {
    const { child, peer } = await connected(t);

    peer.socket.resetAndDestroy();

    const { code, stdout } = await child.output();

    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), { code: 1006 });
  });
});
