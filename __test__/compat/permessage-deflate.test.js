'use strict';

// Does `PerMessageDeflate` by itself negotiate and compress as that of ws does?

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { PassThrough } = require('node:stream');
const { describe, test } = require('node:test');
const { promisify } = require('node:util');

const ws = require('ws');

const { WebSocket, ownAddition } = require('../support/implementation');

const { PerMessageDeflate, Receiver, Sender, extension } = WebSocket;

/** @return {Array} Both ends after they agreed */
function pair(clientOptions, serverOptions) {
  const client = new PerMessageDeflate({ isServer: false, ...clientOptions });
  const server = new PerMessageDeflate({ isServer: true, ...serverOptions });
  const { 'permessage-deflate': offers } = extension.parse(extension.format({ 'permessage-deflate': client.offer() }));
  const agreed = server.accept(offers);

  client.accept(extension.parse(extension.format({ 'permessage-deflate': [agreed] }))['permessage-deflate']);
  return [client, server].map((end) => ({
    end,
    compress: promisify(end.compress.bind(end)),
    decompress: promisify(end.decompress.bind(end))
  }));
}

/** @return {Object} What a function returned, without a prototype of its own, or its error */
function outcome(act) {
  try {
    return { ...act() };
  } catch (err) {
    return `${err.name} ${err.code}: ${err.message}`;
  }
}

const OPTIONS = [
  {},
  { serverNoContextTakeover: true },
  { clientNoContextTakeover: true },
  { serverMaxWindowBits: 10 },
  { clientMaxWindowBits: 11 },
  { serverNoContextTakeover: false, clientNoContextTakeover: false },
  { serverMaxWindowBits: 12, clientMaxWindowBits: 12 }
];

const HEADERS = [
  'permessage-deflate',
  'permessage-deflate; client_max_window_bits',
  'permessage-deflate; client_max_window_bits=10; server_max_window_bits=10',
  'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
  'permessage-deflate; server_max_window_bits=9, permessage-deflate',
  'permessage-deflate; unknown',
  'permessage-deflate; server_max_window_bits=7',
  'permessage-deflate; server_no_context_takeover=1',
  'permessage-deflate; client_max_window_bits; client_max_window_bits'
];

describe('PerMessageDeflate', () => {
  test('has the name of the extension', () => {
    assert.equal(PerMessageDeflate.extensionName, 'permessage-deflate');
  });

  for (const options of OPTIONS) {
    test(`negotiates as ws does with ${JSON.stringify(options)}`, () => {
      const make = (Class, isServer) => new Class({ ...options, isServer });

      assert.deepEqual(make(PerMessageDeflate, false).offer(), make(ws.PerMessageDeflate, false).offer());
      for (const header of HEADERS) {
        const { 'permessage-deflate': offers } = extension.parse(header);
        const copy = () => JSON.parse(JSON.stringify(offers));

        for (const isServer of header.includes(',') ? [true] : [true, false]) {
          assert.deepEqual(
            outcome(() => make(PerMessageDeflate, isServer).accept(copy())),
            outcome(() => make(ws.PerMessageDeflate, isServer).accept(copy())),
            `${header} ${isServer}`
          );
        }
      }
    });
  }

  test('accepts none of no offers', () => {
    assert.throws(() => new PerMessageDeflate({ isServer: true }).accept([]), {
      name: 'Error',
      message: 'None of the extension offers can be accepted'
    });
  });

  test('does not promise a window of 256 bytes', ownAddition, () => {
    const { 'permessage-deflate': offers } = extension.parse('permessage-deflate; server_max_window_bits=8');

    assert.throws(() => new PerMessageDeflate({ isServer: true }).accept(offers), {
      name: 'Error',
      message: 'None of the extension offers can be accepted'
    });
  });

  for (const options of [{}, { serverNoContextTakeover: true, clientNoContextTakeover: true }]) {
    test(`compresses and decompresses with ${JSON.stringify(options)}`, async () => {
      const [client, server] = pair({}, options);
      const text = Buffer.from('some text that is repeated, '.repeat(50));

      for (let i = 0; i < 3; i++) {
        const small = await client.compress(text, true);

        assert.ok(small.length < 100);
        assert.deepEqual(await server.decompress(small, true), text);
        assert.deepEqual(await client.decompress(await server.compress(text, true), true), text);
      }
      client.end.cleanup();
      server.end.cleanup();
    });
  }

  test('takes fragments', async () => {
    const [client, server] = pair();
    const parts = [];

    for (const [text, fin] of [
      ['first ', false],
      ['second ', false],
      ['last', true]
    ]) {
      parts.push(await server.decompress(await client.compress(text, fin), fin));
    }
    assert.equal(Buffer.concat(parts).toString(), 'first second last');
  });

  test('remembers what it was sent before, when that was agreed on', async () => {
    const [client] = pair();
    const text = Buffer.from(Array.from({ length: 500 }, (_, i) => (i * 7919) % 251));
    const first = await client.compress(text, true);

    assert.ok((await client.compress(text, true)).length < first.length / 4);
  });

  test('stops at the largest message', async () => {
    const [client, server] = pair({}, { maxPayload: 1000 });
    const bomb = await client.compress(Buffer.alloc(100000), true);

    await assert.rejects(server.decompress(bomb, true), {
      name: 'RangeError',
      code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
      message: 'Max payload size exceeded'
    });
  });

  test('tells of what is no compressed data', async () => {
    const [, server] = pair();

    await assert.rejects(server.decompress(Buffer.from('nonsense'), true), { code: 'Z_DATA_ERROR' });
  });
});

describe('Sender and Receiver', () => {
  for (const options of [{}, { serverNoContextTakeover: true, serverMaxWindowBits: 10 }]) {
    test(`exchange compressed messages with ${JSON.stringify(options)}`, async () => {
      const [client, server] = pair({}, options);
      const stream = new PassThrough();
      const sender = new Sender(stream, { 'permessage-deflate': server.end });
      const receiver = new Receiver({ extensions: { 'permessage-deflate': client.end } });
      const text = 'text that is worth it, '.repeat(100);
      const messages = [];
      let bytes = 0;

      stream.on('data', (chunk) => (bytes += chunk.length));
      stream.pipe(receiver);
      receiver.on('message', (data, isBinary) => messages.push([data.toString(), isBinary]));
      for (let i = 0; i < 3; i++) sender.send(text, { binary: false, compress: true, fin: true });
      sender.send('plain', { binary: true, compress: false, fin: true });
      sender.close(1000, 'bye');
      assert.deepEqual(await once(receiver, 'conclude'), [1000, Buffer.from('bye')]);
      assert.deepEqual(messages, [
        [text, false],
        [text, false],
        [text, false],
        ['plain', true]
      ]);
      assert.ok(bytes < 500);
    });
  }
});
