'use strict';

// Is docs/handshake.md true? Every row of its table is tried, through `handleUpgrade()` and through `upgrade()`.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { duplexPair } = require('../../lib/use/duplex-pair');
const { linesOf, requestOf, rows } = require('../support/handshake-table');
const { WebSocket, WebSocketServer, ownAddition } = require('../support/implementation');

/**
 * Collects what is written to a stream.
 *
 * @param {Duplex} stream The other end
 * @return {Promise<String>} All of it
 */
async function written(stream) {
  let text = '';

  for await (const chunk of stream) text += chunk.toString('latin1');
  return text;
}

/**
 * Checks a response.
 *
 * @param {String} response The response
 * @param {Object} row What it should be
 * @param {String} type Its content type
 */
function check(response, row, type) {
  const [head, text] = response.split('\r\n\r\n');
  const lines = head.split('\r\n');

  assert.equal(text, row.body);
  assert.ok(lines[0].startsWith(`HTTP/1.1 ${row.status} `), lines[0]);
  assert.deepEqual(lines.slice(1).sort(), linesOf(row, type));
}

describe('docs/handshake.md', ownAddition, () => {
  const table = rows().filter(({ edits }) => edits.length > 0);

  test('has a table', () => {
    assert.ok(table.filter(({ server }) => server === 'upgrade()').length > 10);
    assert.ok(table.filter(({ server }) => server === 'WebSocketServer').length > 8);
  });

  for (const row of table.filter(({ server }) => server === 'WebSocketServer')) {
    test(`WebSocketServer: ${row.cause}`, async () => {
      const [socket, peer] = duplexPair();
      const wss = new WebSocketServer({ noServer: true });

      wss.handleUpgrade({ ...requestOf(row.edits), socket }, socket, Buffer.alloc(0), assert.fail);
      check(await written(peer), row, 'text/html');
    });
  }

  for (const row of table.filter(({ server }) => server === 'upgrade()')) {
    test(`upgrade(): ${row.cause}`, async () => {
      const [socket, peer] = duplexPair();
      const request = { ...requestOf(row.edits), socket };
      const err = await WebSocket.upgrade(request, socket, Buffer.alloc(0)).then(assert.fail, (reason) => reason);

      assert.equal(err.message, row.body);
      if (row.code) assert.equal(err.code, row.code);
      assert.throws(() => WebSocket.validateUpgrade(request), { code: err.code, status: err.status });

      if (row.status === 'none') {
        assert.equal(socket.writableLength, 0);
        assert.equal(socket.writableEnded, false);
      } else {
        assert.equal(err.status, Number(row.status));
        check(await written(peer), row, 'text/plain');
      }
    });
  }
});
