'use strict';

// What do hostile handshakes get, over a real connection? The answer that docs/handshake.md gives, complete, then the end;
// and whatever follows them is never taken for frames.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { encode } = require('../support/frames');
const { linesOf, requestOf, rows } = require('../support/handshake-table');
const { KEY, RawClient } = require('../support/raw-client');
const { atOnce, besiege } = require('../support/siege');

/** How many peers do the same at once. */
const PEERS = 6;
/** What a peer sends behind a request that is going to be refused. */
const EARLY = encode(1, 'early').toString('latin1');

/** In the server: one that upgrades by `upgrade()`, and one with `WebSocketServer`, both of which take anything. */
const serveBoth = async (here) => {
  const http = here.require('node:http');
  const options = { maxHeaderSize: 1 << 20 };
  const strict = http.createServer(options, (req, res) => res.end('plain'));
  const lenient = http.createServer(options, (req, res) => res.end('plain'));

  for (const server of [strict, lenient]) server.maxHeadersCount = 0;
  new here.upshift.WebSocketServer({ server: lenient, path: null }).on('connection', here.watch);
  strict.on('upgrade', (req, socket, head) => {
    here.upshift.upgrade(req, socket, head).then(
      (ws) => here.watch(ws, req),
      ({ code }) => {
        // Left as it was: somebody else's business.
        if (code === 'ERR_UPSHIFT_NOT_WEBSOCKET')
          socket.end(`HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: ${code}\r\n\r\n`);
      }
    );
  });

  return { 'upgrade()': await here.listen(strict), WebSocketServer: await here.listen(lenient) };
};

/**
 * Sends a request and reads all that comes back.
 *
 * @param {Number} port Where
 * @param {(String|Buffer)} request The request
 * @return {Promise<Object>} `{ status, lines, body }`
 */
async function ask(port, request) {
  const client = await RawClient.connect(port);

  client.write(Buffer.from(request, 'latin1'));

  const text = (await client.rest()).toString('latin1');
  const [head, ...body] = text.split('\r\n\r\n');
  const [status, ...lines] = head.split('\r\n');

  client.socket.destroy();
  await client.closed;
  return { status, lines, body: body.join('\r\n\r\n') };
}

/**
 * Does something several times at once and checks that it is the same each time.
 *
 * @param {Function} act What
 * @return {Promise<*>} What came of it
 */
async function several(act) {
  const [first, ...others] = await atOnce(PEERS, act);

  for (const other of others) assert.deepEqual(other, first);
  return first;
}

/**
 * Writes a row's request down.
 *
 * @param {Object} row The row
 * @return {?String} The request; `null` when Node itself would not pass it on as an upgrade
 */
function textOf({ edits }) {
  const { method, url, httpVersion, rawHeaders } = requestOf(edits);
  const lines = [`${method} ${url} HTTP/${httpVersion}`];

  for (let i = 0; i < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);

  const text = `${lines.join('\r\n')}\r\n\r\n`;
  const isUpgrade = /\r\nUpgrade: /.test(text) && /\r\nConnection: .*Upgrade/i.test(text) && / HTTP\/1.1\r/.test(text);

  return isUpgrade && !/[\r\n\0]/.test(rawHeaders.join('')) ? text : null;
}

/**
 * Serves for the tests of a suite.
 *
 * @return {Object} As of `besiege()`, `where` being the ports by the kind of server
 */
const besiegeBoth = () =>
  besiege(
    (victim) => victim.run(serveBoth),
    ({ WebSocketServer }) => WebSocketServer
  );

describe('a row of docs/handshake.md', () => {
  const { attack } = besiegeBoth();

  const sendable = rows().filter((row) => row.edits.length > 0 && textOf(row) !== null);

  test('can be sent, for most of them', () => assert.ok(sendable.length >= 22, `${sendable.length}`));

  for (const row of sendable) {
    attack(`${row.server}: ${row.cause}`, async ({ where }) => {
      const { status, lines, body } = await several(() => ask(where[row.server], textOf(row) + EARLY));

      if (row.status === 'none') {
        assert.ok(lines.includes(`X: ${row.code}`));
        return;
      }

      const type = row.server === 'upgrade()' ? 'text/plain' : 'text/html';

      assert.ok(status.startsWith(`HTTP/1.1 ${row.status} `), status);
      assert.equal(body, row.body);
      assert.deepEqual([...lines].sort(), linesOf(row, type));
    });
  }
});

/** Requests that are too much, and what each kind of server answers: an array, or the same for both. */
const EXCESSES = {
  'a key of 100 KiB': [{ headers: { 'Sec-WebSocket-Key': 'A'.repeat(100000) } }, 400],
  'a key with something behind it': [{ headers: { 'Sec-WebSocket-Key': `${KEY}, ${KEY}` } }, 400],
  'a key that is not base64': [{ headers: { 'Sec-WebSocket-Key': '!!!!!!!!!!!!!!!!!!!!!!==' } }, 400],
  'a key with bits to spare': [{ headers: { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZR==' } }, 101],
  'a version of 10,000 digits': [{ headers: { 'Sec-WebSocket-Version': '1'.repeat(10000) } }, [400, 426]],
  'a version that is 13 to JavaScript only': [{ headers: { 'Sec-WebSocket-Version': '+13' } }, [101, 426]],
  '100,000 subprotocols that are the same': [
    { headers: { 'Sec-WebSocket-Protocol': Array(100000).fill('a').join() } },
    400
  ],
  '20,000 subprotocols that differ': [
    { headers: { 'Sec-WebSocket-Protocol': Array.from({ length: 20000 }, (_, i) => `p${i}`).join() } },
    101
  ],
  '100,000 spaces in a subprotocol': [{ headers: { 'Sec-WebSocket-Protocol': `a${' '.repeat(100000)}b` } }, 400],
  '100,000 commas in the subprotocols': [{ headers: { 'Sec-WebSocket-Protocol': `a${','.repeat(100000)}` } }, 400],
  '100,000 spaces in an extension': [
    { headers: { 'Sec-WebSocket-Extensions': `foo;${' '.repeat(100000)}=` } },
    [101, 400]
  ],
  'an extension that is quoted without end': [
    { headers: { 'Sec-WebSocket-Extensions': `foo; bar="${'\\"'.repeat(50000)}` } },
    [101, 400]
  ],
  '50,000 extensions': [{ headers: { 'Sec-WebSocket-Extensions': Array(50000).fill('foo; bar').join() } }, 101],
  '3,000 headers': [{ headers: Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`h${i}`, 'x'])) }, 101],
  '3,000 subprotocol headers': [
    { headers: { 'Sec-WebSocket-Protocol': Array.from({ length: 3000 }, (_, i) => `p${i}`) } },
    101
  ],
  'bytes above ASCII': [{ headers: { 'X-Name': 'Zo\xeb', 'Sec-WebSocket-Protocol': 'zo\xeb' } }, 400],
  'a target of 100 KiB': [{ path: `/${'a'.repeat(100000)}` }, 101]
};

describe('a request that is too much', () => {
  const { attack } = besiegeBoth();

  for (const [name, [request, statuses]] of Object.entries(EXCESSES)) {
    attack(`${name}: ${statuses}`, async ({ where }) => {
      const expected = [statuses, statuses].flat();

      for (const [i, port] of [where.WebSocketServer, where['upgrade()']].entries()) {
        const status = await several(async () => {
          const client = await RawClient.connect(port);

          client.write(Buffer.from(RawClient.request(request), 'latin1'));

          const head = await client.head();

          client.socket.destroy();
          return Number(head.split(' ')[1]);
        });

        assert.equal(status, expected[i]);
      }
    });
  }

  attack('for Node itself gets its answer', async ({ where }) => {
    const request = RawClient.request({ headers: { 'X-Large': 'x'.repeat(2 << 20) } });
    const { status } = await several(() => ask(where.WebSocketServer, request));

    assert.match(status, /^HTTP\/1\.1 431 /);
  });
});
