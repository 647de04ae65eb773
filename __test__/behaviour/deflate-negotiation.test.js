'use strict';

// Who gets permessage-deflate, with which parameters, and who is refused?

const assert = require('node:assert/strict');
const zlib = require('node:zlib');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { serve } = require('../support/serve');
const { RawClient } = require('../support/raw-client');
const { WebSocket, ownAddition } = require('../support/implementation');

/**
 * Headers that offer.
 *
 * @param {String} [offers] What
 * @return {Object} As for `RawClient.request()`
 */
function offering(offers = 'permessage-deflate') {
  return { headers: { 'Sec-WebSocket-Extensions': offers } };
}

/**
 * Asks a server for a connection.
 *
 * @param {TestContext} t The test
 * @param {(Boolean|Object)} perMessageDeflate The server's option
 * @param {String} offers What the client offers
 * @return {Promise<Object>} The response's status and extensions
 */
async function answer(t, perMessageDeflate, offers) {
  const { port } = await serve(t, { perMessageDeflate });
  const client = await RawClient.connect(port);

  t.after(() => client.socket.destroy());
  client.write(RawClient.request(offering(offers)));

  const head = (await client.head()).toString();

  return {
    extensions: /^sec-websocket-extensions: (.*)\r$/im.exec(head)?.[1],
    status: Number(head.split(' ')[1])
  };
}

/**
 * @param {Function} act Something that throws
 * @return {Error} What
 */
function errorOf(act) {
  try {
    act();
  } catch (err) {
    return err;
  }

  throw new assert.AssertionError({ message: `nothing thrown by ${act}` });
}

describe('negotiation', () => {
  test('ends as with ws', async (t) => {
    const name = 'permessage-deflate';
    const table = [
      [false, name, 101, undefined],
      [true, 'x-other', 101, undefined],
      [true, name, 101, name],
      [{}, `${name}; client_max_window_bits`, 101, name],
      [true, `${name}; server_max_window_bits=10`, 101, `${name}; server_max_window_bits=10`],
      [{ serverNoContextTakeover: true }, name, 101, `${name}; server_no_context_takeover`],
      [{ clientNoContextTakeover: true }, name, 101, `${name}; client_no_context_takeover`],
      [{ serverMaxWindowBits: 9 }, name, 101, `${name}; server_max_window_bits=9`],
      [{ clientMaxWindowBits: 9 }, `${name}; client_max_window_bits`, 101, `${name}; client_max_window_bits=9`],
      [{ clientMaxWindowBits: 9 }, name, 400, undefined],
      [{ serverNoContextTakeover: false }, `${name}; server_no_context_takeover, ${name}`, 101, name],
      [{ serverNoContextTakeover: false }, `${name}; server_no_context_takeover`, 400, undefined],
      [true, `${name}; server_max_window_bits=7`, 400, undefined],
      [true, `${name}; server_max_window_bits=16`, 400, undefined],
      [true, `${name}; server_max_window_bits=1000000000000`, 400, undefined],
      [true, `${name}; unknown`, 400, undefined],
      [true, `${name}; client_max_window_bits; client_max_window_bits`, 400, undefined],
      [true, `${name};`, 400, undefined]
    ];

    for (const [option, offers, status, extensions] of table) {
      assert.deepEqual(await answer(t, option, offers), { extensions, status }, `${JSON.stringify(option)}: ${offers}`);
    }
  });

  test('declines a window that no compressor keeps to', ownAddition, async (t) => {
    const eight = 'permessage-deflate; server_max_window_bits=8';

    assert.deepEqual(await answer(t, true, eight), { extensions: undefined, status: 101 });
    assert.deepEqual(await answer(t, true, `${eight}, permessage-deflate`), {
      extensions: 'permessage-deflate',
      status: 101
    });
  });

  test("can be seen in 'headers' and as `extensions`", async (t) => {
    const { port, wss } = await serve(t, { perMessageDeflate: true });
    const headers = once(wss, 'headers');
    const connection = once(wss, 'connection');
    const client = await RawClient.open(port, offering());

    t.after(() => client.socket.destroy());
    assert.ok((await headers)[0].includes('Sec-WebSocket-Extensions: permessage-deflate'));
    assert.equal((await connection)[0].extensions, 'permessage-deflate');
  });

  test('tells wrong offers to whoever listens', async (t) => {
    const { port, wss } = await serve(t, { perMessageDeflate: true });
    const client = await RawClient.connect(port);
    const told = once(wss, 'wsClientError');

    client.write(RawClient.request(offering('permessage-deflate; a=b')));

    const [err, socket] = await told;

    assert.equal(err.message, 'Invalid or unacceptable Sec-WebSocket-Extensions header');
    socket.destroy();
    client.socket.destroy();
  });

  test('refuses settings that zlib refuses, in its words', ownAddition, () => {
    for (const [name, make, settings] of [
      ['zlibDeflateOptions', zlib.createDeflateRaw, { level: 99 }],
      ['zlibDeflateOptions', zlib.createDeflateRaw, { level: '6' }],
      ['zlibDeflateOptions', zlib.createDeflateRaw, { memLevel: 0 }],
      ['zlibDeflateOptions', zlib.createDeflateRaw, { strategy: 9 }],
      ['zlibDeflateOptions', zlib.createDeflateRaw, { chunkSize: 10 }],
      ['zlibInflateOptions', zlib.createInflateRaw, { chunkSize: 10 }]
    ]) {
      const perMessageDeflate = { [name]: settings };
      const refusal = errorOf(() => make(settings));

      for (const act of [
        () => new WebSocket.Server({ noServer: true, perMessageDeflate }),
        () => new WebSocket('ws://127.0.0.1', { perMessageDeflate })
      ]) {
        const { code, message, name: kind } = errorOf(act);

        assert.deepEqual([code, message, kind], [refusal.code, refusal.message, refusal.name]);
      }
    }

    // As in ws the window is not among them, and what is not there is a default.
    for (const zlibDeflateOptions of [{ windowBits: 99 }, { level: undefined, memLevel: NaN }, null]) {
      new WebSocket.Server({ noServer: true, perMessageDeflate: { zlibDeflateOptions } });
    }
  });

  test('refuses options that name no window', ownAddition, () => {
    for (const serverMaxWindowBits of [7, 16, 9.5, '9']) {
      assert.throws(() => new WebSocket.Server({ noServer: true, perMessageDeflate: { serverMaxWindowBits } }), {
        name: 'RangeError'
      });
    }
  });
});
