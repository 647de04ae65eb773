'use strict';

// Is docs/handshake.md true? Every row of its table is tried, through `handleUpgrade()` and through `upgrade()`.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { describe, test } = require('node:test');

const { duplexPair } = require('../support/duplex-pair');
const { WebSocket, WebSocketServer, ownAddition } = require('../support/implementation');

const GOOD = [
  ['Host', 'example.com'],
  ['Upgrade', 'websocket'],
  ['Connection', 'Upgrade'],
  ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
  ['Sec-WebSocket-Version', '13']
];

/**
 * Reads the table.
 *
 * @return {Object[]} Its rows
 */
function rows() {
  const file = path.join(__dirname, '..', '..', 'docs', 'handshake.md');
  const lines = fs.readFileSync(file, 'utf8').split('\n');

  return lines
    .filter((line) => /^\| (WebSocketServer|upgrade\(\)) /.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim())
    )
    .map(([server, cause, example, status, body, headers, code]) => ({
      server,
      cause,
      edits: [...example.matchAll(/`([^`]+)`/g)].map(([, edit]) => edit),
      status,
      body,
      headers: [...headers.matchAll(/`([^`]+)`/g)].map(([, header]) => header),
      code: code?.replaceAll('`', '')
    }));
}

/**
 * Applies the edits of a row to the good request.
 *
 * @param {String[]} edits The edits
 * @return {Object} A request
 */
function requestOf(edits) {
  let line = 'GET /chat HTTP/1.1';
  let fields = GOOD.map((field) => [...field]);

  for (const edit of edits) {
    const [, kind, name, value = ''] = /^([-=+]) ([^:]+)(?:: ?([^]*))?$/.exec(edit) ?? [];
    const text = value.replaceAll('\\r', '\r').replaceAll('\\n', '\n').replaceAll('\\0', '\0');

    if (kind === '=') fields.find(([known]) => known === name)[1] = text;
    else if (kind === '-') fields = fields.filter(([known]) => known !== name);
    else if (kind === '+') fields.push([name, text]);
    else line = edit;
  }

  const [method, url, version] = line.split(' ');
  const headers = {};

  for (const [name, value] of fields) {
    const key = name.toLowerCase();

    headers[key] = key in headers ? `${headers[key]}, ${value}` : value;
  }

  return { method, url, httpVersion: version.slice(5), headers, rawHeaders: fields.flat() };
}

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
function check(response, { body, headers, status }, type) {
  const [head, text] = response.split('\r\n\r\n');
  const lines = head.split('\r\n');

  assert.equal(text, body);
  assert.ok(lines[0].startsWith(`HTTP/1.1 ${status} `), lines[0]);
  assert.deepEqual(
    lines.slice(1).sort(),
    ['Connection: close', `Content-Type: ${type}`, `Content-Length: ${body.length}`, ...headers].sort()
  );
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
