'use strict';

// How does a client come to an end before it is open? By its own application, by time, or by the server.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { connect } = require('../../support/client');
const { WebSocket } = require('../../support/implementation');
const { OVER } = require('../../support/over');
const { answer, rawServer } = require('../../support/raw-server');

const TOO_EARLY = 'WebSocket was closed before the connection was established';

/**
 * Notes what a client tells.
 *
 * @param {WebSocket} ws The client
 * @return {Promise<Array>} Its events, when it is closed
 */
function story(ws) {
  const events = [];

  for (const event of ['upgrade', 'open', 'message']) ws.on(event, () => events.push(event));
  ws.on('error', ({ message }) => events.push(['error', message, ws.readyState]));
  return new Promise((resolve) => ws.on('close', (code) => resolve([...events, ['close', code, ws.readyState]])));
}

const ABORTED = [
  ['error', TOO_EARLY, WebSocket.CLOSING],
  ['close', 1006, WebSocket.CLOSED]
];

for (const end of ['close', 'terminate']) {
  describe(`${end}() of a client`, () => {
    test('at once', async (t) => {
      const { url } = await rawServer(t);
      const ws = connect(url);
      const events = story(ws);

      assert.equal(ws[end](1000, 'why'), undefined);
      assert.equal(ws.readyState, WebSocket.CLOSING);
      ws[end]();
      assert.deepEqual(await events, ABORTED);
      ws[end]();
      assert.equal(ws.readyState, WebSocket.CLOSED);
    });

    test('while the server thinks', async (t) => {
      const { next, url } = await rawServer(t);
      const ws = connect(url);
      const events = story(ws);
      const peer = await next();

      await peer.head();
      ws[end]();
      assert.deepEqual(await events, ABORTED);
      await peer.closed;
    });

    test('when the response has come', async (t) => {
      const { next, url } = await rawServer(t);
      const ws = connect(url);
      const events = story(ws);

      ws.on('upgrade', () => ws[end]());

      const peer = await next();

      await answer(peer, {}, Buffer.from([0x81, 0x00]));
      assert.deepEqual(await events, ['upgrade', ...ABORTED]);
      await peer.closed;
    });

    test('before the request is sent', async (t) => {
      const { url } = await rawServer(t);
      const ws = connect(url, { finishRequest: (req, self) => self[end]() });

      assert.deepEqual(await story(ws), ABORTED);
    });

    test('in the open handler', async (t) => {
      const { next, url } = await rawServer(t);
      const ws = connect(url);

      ws.on('open', () => ws[end]());

      const peer = await next();

      await answer(peer);
      if (end === 'close') {
        const frame = await peer.frame();

        assert.equal(frame.opcode, 8);
        assert.ok(frame.isMasked);
        peer.send(8, '', { mask: false });
      }

      assert.equal((await once(ws, 'close'))[0], end === 'close' ? 1005 : 1006);
      await peer.closed;
    });
  });
}

describe('a client that is not open', () => {
  test('sends nothing', async (t) => {
    const { url } = await rawServer(t);
    const ws = connect(url);
    const events = story(ws);
    const message = 'WebSocket is not open: readyState 0 (CONNECTING)';

    for (const send of ['send', 'ping', 'pong']) assert.throws(() => ws[send]('x'), { message });
    assert.equal(ws.bufferedAmount, 0);
    ws.pause();
    ws.resume();
    assert.equal(ws.isPaused, false);
    ws.terminate();

    const failed = new Promise((resolve) => ws.send('late', resolve));

    assert.equal((await failed).message, 'WebSocket is not open: readyState 2 (CLOSING)');
    assert.equal(ws.bufferedAmount, 4);
    await events;
  });
});

describe('the opening handshake fails', () => {
  test('when it takes longer than handshakeTimeout', async (t) => {
    const { next, url } = await rawServer(t);
    const ws = connect(url, { handshakeTimeout: 50 });
    const events = story(ws);
    const peer = await next();

    assert.deepEqual(await events, [
      ['error', 'Opening handshake has timed out', WebSocket.CLOSING],
      ['close', 1006, WebSocket.CLOSED]
    ]);
    await peer.closed;
  });

  test('but not later', async (t) => {
    const { next, url } = await rawServer(t);
    const ws = connect(url, { handshakeTimeout: 100 });

    await Promise.all([answer(await next()), once(ws, 'open')]);
    await new Promise((resolve) => setTimeout(resolve, 250));
    assert.equal(ws.readyState, WebSocket.OPEN);
    ws.terminate();
  });

  test('when the server hangs up', async (t) => {
    for (const hangUp of ['end', 'destroy', ...(OVER === 'tcp' ? ['resetAndDestroy'] : [])]) {
      const { next, url } = await rawServer(t);
      const ws = connect(url);
      const events = story(ws);
      const peer = await next();

      await peer.head();
      peer.socket[hangUp]();

      const [[name, message], ...rest] = await events;

      assert.equal(name, 'error');
      assert.match(message, /socket hang up|read ECONNRESET/);
      assert.deepEqual(rest, [['close', 1006, WebSocket.CLOSED]]);
    }
  });
});
