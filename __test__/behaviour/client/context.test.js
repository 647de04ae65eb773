'use strict';

// In which async context do the handlers of a client run? In the one in which it was made, whoever moves its bytes. And
// where does an error say that it comes from?

const assert = require('node:assert/strict');
const http = require('node:http');
const { AsyncLocalStorage } = require('node:async_hooks');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { report } = require('../../support/child');
const { connect } = require('../../support/client');
const { ownAddition } = require('../../support/implementation');
const { onTcp } = require('../../support/over');
const { answer, rawServer } = require('../../support/raw-server');

const plain = { mask: false };
const storage = new AsyncLocalStorage();

/** Every event a client may emit. */
const EVENTS = ['upgrade', 'open', 'message', 'ping', 'pong', 'error', 'close', 'redirect', 'unexpected-response'];

/**
 * Makes a client in a store, and notes in which one each of its handlers runs.
 *
 * @param {String} store The store
 * @param {...*} args Arguments of the client
 * @return {Object} `{ seen, ws }`
 */
function clientIn(store, ...args) {
  const seen = {};
  const ws = storage.run(store, () => connect(...args));

  for (const event of EVENTS) ws.on(event, () => (seen[event] = storage.getStore()));
  return { seen, ws };
}

describe('the handlers of a client', ownAddition, () => {
  test('run where it was made', async (t) => {
    const { next, url } = await rawServer(t);
    const { seen, ws } = clientIn('mine', url, { followRedirects: true });

    await answer(await next(), { status: '302 Found', headers: { Location: '/', Upgrade: null, Connection: null } });

    const peer = await next();

    await Promise.all([answer(peer), once(ws, 'open')]);

    const sent = new Promise((resolve) =>
      storage.run('of another', () => ws.send('x', () => resolve(storage.getStore())))
    );

    assert.equal(await sent, 'mine');
    peer.send(1, 'a', plain);
    peer.send(9, '', plain);
    peer.send(10, '', plain);
    peer.send(3, '', plain);
    await new Promise((resolve) => ws.on('close', resolve));
    assert.deepEqual(Object.keys(seen).sort(), [
      'close',
      'error',
      'message',
      'open',
      'ping',
      'pong',
      'redirect',
      'upgrade'
    ]);
    assert.deepEqual([...new Set(Object.values(seen))], ['mine']);
  });

  test('run there too when it never opens', async (t) => {
    const { next, port, server, url } = await rawServer(t);
    const refused = clientIn('refused', url);
    const unexpected = once(refused.ws, 'unexpected-response');

    await answer(await next(), { status: '400 Bad' });
    await unexpected;
    storage.run('of another', () => refused.ws.terminate());

    const wrong = clientIn('wrong', url);

    await answer(await next(), { headers: { Upgrade: 'h2c' } });

    const aborted = clientIn('aborted', url);

    storage.run('of another', () => aborted.ws.close());

    const late = clientIn('late', url, { handshakeTimeout: 20 });

    await Promise.all(
      [refused, wrong, aborted, late].map(
        ({ ws }) => ws.readyState === 3 || new Promise((resolve) => ws.on('close', resolve))
      )
    );
    server.close();

    const nowhere = clientIn('nowhere', `ws://127.0.0.1:${port}`);

    await new Promise((resolve) => nowhere.ws.on('close', resolve));
    for (const [{ seen }, store] of [
      [refused, 'refused'],
      [wrong, 'wrong'],
      [aborted, 'aborted'],
      [late, 'late'],
      [nowhere, 'nowhere']
    ]) {
      assert.equal(seen.error, store);
      assert.equal(seen.close, store);
      assert.deepEqual([...new Set(Object.values(seen))], [store]);
    }
  });

  test('do not see the store of whoever used the socket before', onTcp, async (t) => {
    const { next, url } = await rawServer(t);
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const clients = ['one', 'two', 'three'].map((store) => clientIn(store, url, { agent }));

    t.after(() => agent.destroy());
    for (const { seen, ws } of clients) {
      const peer = await next();

      await Promise.all([answer(peer), once(ws, 'open')]);
      peer.send(1, 'a', plain);
      await once(ws, 'message');
      ws.terminate();
      await once(ws, 'close');
      assert.equal(new Set(Object.values(seen)).size, 1);
    }

    assert.deepEqual(
      clients.map(({ seen }) => seen.message),
      ['one', 'two', 'three']
    );
  });

  test('have no store when it was made in none', async (t) => {
    const { next, url } = await rawServer(t);
    const { seen, ws } = clientIn(undefined, url);

    t.after(() => ws.terminate());
    await storage.run('of the server', async () => Promise.all([answer(await next()), once(ws, 'open')]));
    assert.deepEqual(seen, { open: undefined, upgrade: undefined });
  });
});

test('an error nobody listens to names the place where the client was closed', async () => {
  const { message, stack, store } = await report('unheard-error');

  assert.equal(message, 'WebSocket was closed before the connection was established');
  assert.match(stack.split('\n')[1], /WebSocket\.close/);
  assert.match(stack, /giveUpTheClient .*unheard-error\.js/);
  assert.equal(store, 'the right place');
});
