'use strict';

// What does an ordinary request of HTTP/2 get that has fields about the connection? "Any message containing
// connection-specific header fields MUST be treated as malformed" (RFC 9113 section 8.2.2): the end of its stream, whichever
// way a session of the router has begun. Its connection goes on.

const assert = require('node:assert/strict');
const { test } = require('node:test');

const {
  END_HEADERS,
  END_STREAM,
  GET,
  H2cClient,
  HEADERS,
  PREFACE,
  RST_STREAM,
  frame,
  settings,
  withH2c
} = require('../h2c/support');
const { RawClient } = require('../support/raw-client');

const PROTOCOL_ERROR = 1;

const FIELDS = [
  ['upgrade', 'websocket'],
  ['upgrade', 'h2c'],
  ['upgrade', 'TLS/1.2'],
  ['connection', 'upgrade'],
  ['connection', 'keep-alive'],
  ['keep-alive', 'timeout=5'],
  ['proxy-connection', 'close'],
  ['transfer-encoding', 'chunked'],
  ['te', 'gzip']
];

/** How a session begins; `first` is its first free stream. */
const BEGINNINGS = {
  'with prior knowledge': {
    first: 1,
    async begin(port) {
      const raw = await RawClient.connect(port);

      raw.write(Buffer.concat([PREFACE, settings()]));
      return new H2cClient(raw);
    }
  },
  'after an upgrade': {
    first: 3,
    async begin(port) {
      const client = await H2cClient.open(port);

      await client.response(1);
      return client;
    }
  }
};

/** Sends a request with one more field. */
function get(client, stream, field) {
  client.raw.write(frame(HEADERS, END_STREAM | END_HEADERS, stream, Buffer.concat([GET, encode(field)])));
}

/** Encodes a field as a literal without indexing. */
function encode([name, value]) {
  return Buffer.from(`\0${String.fromCharCode(name.length)}${name}${String.fromCharCode(value.length)}${value}`);
}

/** Waits for the first frame about a stream. */
async function about(client, stream) {
  for (;;) {
    const next = await client.frame();

    if (next.stream === stream) return next;
  }
}

for (const [name, { begin, first }] of Object.entries(BEGINNINGS)) {
  test(`fields about the connection are a stream error, on a session ${name}`, async (t) => {
    const { port, router } = await withH2c(t);

    router.websocket('/', () => assert.fail('no WebSocket'));

    const client = await begin(port);
    let stream = first;

    t.after(() => client.raw.socket.destroy());
    for (const field of FIELDS) {
      get(client, stream, field);

      const { type, payload } = await about(client, stream);

      assert.deepEqual([type, payload.readUInt32BE()], [RST_STREAM, PROTOCOL_ERROR], field.join(': '));
      stream += 2;
    }

    get(client, stream, ['te', 'trailers']);

    const { isOk, body } = await client.response(stream);

    assert.deepEqual([isOk, JSON.parse(body).headers.te], [true, 'trailers']);
  });
}
