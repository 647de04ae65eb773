'use strict';

// Does the package have the names that ws has, whichever way it is loaded?

const assert = require('node:assert/strict');
const path = require('node:path');
const { describe, test } = require('node:test');

const ws = require('ws');

const { WebSocket, isWs, ownAddition } = require('../support/implementation');

const root = path.resolve(__dirname, '../..');

/** Names that others than ws itself have put on its class in the same process. */
const NAMES = ['Sender', 'Server', 'WebSocket', 'WebSocketServer', 'createWebSocketStream', 'extension', 'subprotocol'];

/** @return {Promise<Object>} What `import` gives */
function imported() {
  return import(isWs ? 'ws' : '../../index.mjs');
}

describe('exports', () => {
  test('has the names of ws', () => {
    for (const name of NAMES) assert.equal(typeof WebSocket[name], typeof ws[name], name);
  });

  test('is its own WebSocket', () => {
    assert.equal(WebSocket.WebSocket, WebSocket);
    assert.equal(WebSocket.Server, WebSocket.WebSocketServer);
  });

  test('has classes with the names of ws', () => {
    for (const name of ['PerMessageDeflate', 'Receiver', 'Sender', 'WebSocket', 'WebSocketServer']) {
      assert.equal(WebSocket[name].name, name);
    }
  });

  test('gives the same values to import', async () => {
    const names = await imported();

    assert.equal(names.default, WebSocket);
    for (const name of NAMES) {
      if (name in names) assert.equal(names[name], WebSocket[name], name);
      else assert.equal(name, 'Server');
    }
  });

  test('gives the same names to import and to require', ownAddition, async () => {
    const names = Object.keys(await imported()).filter((name) => name !== 'default');
    const states = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'];

    assert.deepEqual(
      names.sort(),
      Object.keys(WebSocket)
        .filter((name) => !states.includes(name))
        .sort()
    );
  });

  test('does not work in browsers, and says so', () => {
    const browser = require(path.join(isWs ? path.dirname(require.resolve('ws')) : root, 'browser.js'));

    assert.throws(browser, {
      name: 'Error',
      message: 'ws does not work in the browser. Browser clients must use the native WebSocket object'
    });
  });

  test('has a browser entry', ownAddition, () => {
    const { browser, exports, main } = require(path.join(root, 'package.json'));

    assert.equal(browser, 'browser.js');
    assert.equal(exports['.'].browser, './browser.js');
    assert.equal(main, 'index.js');
  });
});
