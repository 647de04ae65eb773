'use strict';

// What can a hostile server do to a client? Make it fail, with one error and one close, and nothing else: no exception, no
// descriptor or connection left behind, no memory for what it only announces.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { describe, test } = require('node:test');

const { encode } = require('../support/frames');
const { WebSocket } = require('../support/implementation');
const { answer, parseHead, rawServer, response } = require('../support/raw-server');
const { atOnce } = require('../support/siege');

/** How many clients suffer the same at once. */
const CLIENTS = 8;
const OPTIONS = { closeTimeout: 100, followRedirects: true, handshakeTimeout: 400, perMessageDeflate: false };

const plain = { mask: false };
const reset = (peer) => peer.socket.resetAndDestroy();
const finish = (peer) => peer.socket.end();

/** Writes a part of the usual response, and then does something. */
const partly = (length, then) => async (peer) => {
  const { headers } = parseHead(await peer.head());

  peer.socket.write(response(headers['sec-websocket-key']).slice(0, length), () => setTimeout(then, 10, peer));
};
/** Answers, sends something behind the response, and then does something. */
const opened =
  (bytes, then = () => {}) =>
  async (peer) => {
    await answer(peer, {}, bytes);
    peer.socket.write('', () => setTimeout(then, 10, peer));
  };
/** Answers as told, to every request that comes. */
const saying = (text) => async (peer) => {
  await peer.head();
  peer.write(text);
};
const redirect = (location) => saying(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`);
const edited = (edits) => (peer) => answer(peer, edits);

/** What a server does, and what the error of its client says; `null` when it has none. */
const BEFORE = {
  'resets at once': [reset, /ECONNRESET|socket hang up|EPIPE/],
  'hangs up at once': [finish, /socket hang up|ECONNRESET/],
  'resets when it was asked': [async (peer) => (await peer.head(), reset(peer)), /ECONNRESET|socket hang up/],
  'hangs up when it was asked': [async (peer) => (await peer.head(), finish(peer)), /socket hang up/],
  'is silent': [() => {}, /Opening handshake has timed out/],
  'falls silent in the status line': [partly(12, () => {}), /Opening handshake has timed out/],
  'falls silent in a header': [partly(60, () => {}), /Opening handshake has timed out/],
  'resets in the status line': [partly(12, reset), /ECONNRESET|socket hang up/],
  'resets in a header': [partly(60, reset), /ECONNRESET|socket hang up/],
  'hangs up in a header': [partly(60, finish), /socket hang up|Parse Error/],
  'sends garbage': [saying(Buffer.alloc(1000, 0xfe)), /Parse Error/],
  'sends frames at once': [saying(encode(1, 'hello', plain)), /Parse Error/],
  'speaks another version': [saying('HTTP/9.9 101 No\r\n\r\n'), /Parse Error/],
  'sends a header without an end': [saying(`HTTP/1.1 101 .\r\nX: ${'y'.repeat(100000)}`), /Header overflow/],
  'sends headers without an end': [saying(`HTTP/1.1 101 .\r\n${'X: y\r\n'.repeat(20000)}`), /Header overflow/],
  'sends a header with a NUL': [edited({ headers: { X: 'a\0b' } }), /Parse Error/],
  'ends a line early': [edited({ headers: { X: 'a\rb' } }), /Parse Error/],
  'proves nothing': [edited({ headers: { 'Sec-WebSocket-Accept': 'x' } }), /Invalid Sec-WebSocket-Accept header/],
  'proves it twice': [
    async (peer) => {
      const { headers } = parseHead(await peer.head());
      const [head] = response(headers['sec-websocket-key']).split('\r\n\r\n');

      peer.write(`${head}\r\nSec-WebSocket-Accept: x\r\n\r\n`);
    },
    /Invalid Sec-WebSocket-Accept header/
  ],
  'refuses with an endless body': [
    async (peer) => {
      await answer(peer, { status: '500 Oh', headers: { Upgrade: null, Connection: null } }, Buffer.alloc(1 << 20));
      reset(peer);
    },
    /Unexpected server response: 500/
  ],
  'leads in a circle': [redirect('/'), /Maximum redirects exceeded/],
  'leads to a file': [redirect('file:///etc/passwd'), /The URL's protocol must be one of/],
  'leads nowhere': [redirect('http://['), /Invalid URL: http:\/\/\[/],
  'leads to a socket that is none': [redirect('ws+unix:/nowhere/at%00all:/'), /ENOENT|null bytes|Invalid|ERR_INVALID/]
};

/** The same for servers that open the connection first. */
const AFTER = {
  'resets then': [opened(Buffer.alloc(0), reset), null],
  'hangs up then': [opened(Buffer.alloc(0), finish), null],
  'goes on in HTTP': [opened(Buffer.from('HTTP/1.1 200 OK\r\n\r\n')), /reserved|RSV|opcode|invalid/i],
  'sends garbage then': [opened(Buffer.alloc(1000, 0xff)), /RSV/],
  'masks its frames': [opened(encode(1, 'masked')), /MASK must be clear/],
  'announces more than there is memory': [
    opened(Buffer.from([0x82, 127, 0, 0x1f, 255, 255, 255, 255, 255, 255])),
    /Max payload size exceeded/
  ],
  'announces more than there are numbers': [
    opened(Buffer.from([0x82, 127, 255, 255, 255, 255, 255, 255, 255, 255])),
    /payload length > 2\^53 - 1/
  ],
  'resets within a frame': [opened(encode(2, Buffer.alloc(100), plain).subarray(0, 50), reset), null],
  'hangs up within a frame': [opened(encode(2, Buffer.alloc(100), plain).subarray(0, 50), finish), null],
  'does not answer close()': [
    (peer) => ((peer.endsToo = false), answer(peer)),
    null,
    (ws) => ws.on('open', () => ws.close())
  ]
};

/**
 * The descriptors of this process.
 *
 * @return {Number} How many there are
 */
function descriptors() {
  return fs.readdirSync('/proc/self/fd').length;
}

/**
 * Has clients meet a server.
 *
 * @param {TestContext} t The test
 * @param {Function} act What the server does with a connection
 * @param {Function} [prepare] What is done with each client at first
 * @return {Promise<Array>} The events of each client, messages left out
 */
async function meet(t, act, prepare = () => {}) {
  const server = await rawServer(t);
  const peers = [];

  server.server.on('connection', async () => {
    const peer = await server.next();

    peers.push(peer);
    // Its connection may be gone before it is asked.
    await Promise.resolve(act(peer)).catch(() => {});
  });

  const stories = await atOnce(CLIENTS, () => {
    const ws = new WebSocket(server.url, OPTIONS);
    const events = [];

    ws.on('open', () => events.push('open'));
    ws.on('error', ({ message }) => events.push(message));
    prepare(ws);
    return new Promise((resolve) => ws.on('close', (code) => resolve([...events, code])));
  });

  server.server.close();
  for (const peer of peers) peer.socket.destroy();
  return stories;
}

describe('a server that', () => {
  for (const [name, [act, pattern]] of Object.entries(BEFORE)) {
    test(`${name} is not connected to`, async (t) => {
      for (const [error, code, ...rest] of await meet(t, act)) {
        assert.match(error, pattern);
        assert.equal(code, 1006);
        assert.deepEqual(rest, []);
      }
    });
  }

  for (const [name, [act, pattern, prepare]] of Object.entries(AFTER)) {
    test(`opens the connection and ${name} is left`, async (t) => {
      for (const [first, ...rest] of await meet(t, act, prepare)) {
        assert.equal(first, 'open');
        assert.equal(rest.at(-1), 1006);
        assert.equal(rest.length, pattern === null ? 1 : 2);
        if (pattern !== null) assert.match(rest[0], pattern);
      }
    });
  }

  test('takes its time to say so is waited for', async (t) => {
    const { next, url } = await rawServer(t);
    const ws = new WebSocket(url, OPTIONS);
    const peer = await next();

    await peer.head().then((head) => {
      const { headers } = parseHead(head);

      peer.write('HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n');
      setTimeout(() => peer.write(response(headers['sec-websocket-key'])), 30);
    });
    await new Promise((resolve) => ws.on('open', resolve));
    ws.terminate();
    await new Promise((resolve) => ws.on('close', resolve));
  });

  test('is aborted leaves no descriptor either, at whatever moment', async (t) => {
    const server = await rawServer(t);

    server.server.on('connection', async () => answer(await server.next()).catch(() => {}));
    for (let turns = 0; turns < 12; turns++) {
      await atOnce(CLIENTS, async () => {
        const ws = new WebSocket(server.url, OPTIONS);

        ws.on('error', () => {});
        for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
        ws.terminate();
        await new Promise((resolve) => (ws.readyState === WebSocket.CLOSED ? resolve() : ws.on('close', resolve)));
      });
    }
  });
});

describe('when all are gone', () => {
  test('no connection and no descriptor is left', async (t) => {
    // The engine keeps some of its own once it runs, the runner too.
    await meet(t, opened(Buffer.alloc(0), finish));

    const before = descriptors();

    for (const [act, , prepare] of [...Object.values(BEFORE), ...Object.values(AFTER)]) await meet(t, act, prepare);

    const patience = Date.now() + 5000;

    while (descriptors() > before && Date.now() < patience) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(descriptors() <= before, `${descriptors()} descriptors, there were ${before}`);
    assert.equal(WebSocket.stats().connections, 0);
  });
});
