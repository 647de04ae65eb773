'use strict';

// What is `ws._extensions`? Where an application makes the handshake itself, what it has agreed on; otherwise what we have.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const ws = require('ws');

const { duplexPair } = require('../../lib/use/duplex-pair');
const { RSV1, pack, unpack } = require('../support/compression');
const { WebSocket } = require('../support/implementation');
const { onHttp1 } = require('../support/over');
const { RawClient } = require('../support/raw-client');
const { rawPair } = require('../support/serve');

const NAME = 'permessage-deflate';
const NOTHING = Buffer.alloc(0);

/**
 * Makes a client whose handshake somebody else has made.
 *
 * @param {TestContext} t The test
 * @param {Object} extensions What was agreed on
 * @return {Object} `{ client, peer }`
 */
function clientWith(t, extensions) {
  const [ours, theirs] = duplexPair();
  const client = new WebSocket(null, undefined, {});

  t.after(() => ours.destroy());
  client._isServer = false;
  client._extensions = extensions;
  client.setSocket(ours, NOTHING, {});
  return { client, peer: new RawClient(theirs) };
}

/**
 * The end of a client that has heard an answer.
 *
 * @param {Function} PerMessageDeflate The class
 * @param {String} answer The answer
 * @param {Object} [options] Its options
 * @return {PerMessageDeflate} It
 */
function accepted(PerMessageDeflate, answer, options) {
  const end = new PerMessageDeflate({ isServer: false, ...options });

  end.accept(WebSocket.extension.parse(answer)[NAME]);
  return end;
}

describe('ws._extensions', () => {
  for (const [which, { PerMessageDeflate }] of Object.entries({ 'of this package': WebSocket, 'of ws': ws })) {
    test(`tells setSocket() what was agreed on: a PerMessageDeflate ${which}`, async (t) => {
      const { client, peer } = clientWith(t, { [NAME]: accepted(PerMessageDeflate, NAME, { threshold: 0 }) });
      const message = once(client, 'message');

      assert.equal(client.extensions, NAME);
      peer.send(1, pack('compressed'), { mask: false, rsv: RSV1 });
      assert.equal((await message)[0].toString(), 'compressed');
      client.send('compressed, too');

      const { payload, rsv } = await peer.frame();

      assert.equal(rsv, RSV1);
      assert.equal(unpack(payload).toString(), 'compressed, too');
    });
  }

  test('tells how: contexts, windows, the threshold', async (t) => {
    const agreed = accepted(WebSocket.PerMessageDeflate, `${NAME}; client_no_context_takeover`, { threshold: 10 });
    const { client, peer } = clientWith(t, { [NAME]: agreed });

    client.send('short');
    client.send('long enough');
    client.send('long enough');

    const [short, ...long] = [await peer.frame(), await peer.frame(), await peer.frame()];

    assert.equal(short.rsv, 0);
    for (const { payload, rsv } of long) {
      assert.equal(rsv, RSV1);
      // Each stands for itself.
      assert.equal(unpack(payload).toString(), 'long enough');
    }
  });

  test('tells that nothing was', (t) => {
    for (const extensions of [{}, { [NAME]: undefined }]) {
      const { client } = clientWith(t, extensions);

      assert.equal(client._extensions[NAME], undefined);
    }
  });

  test('has what a handshake of ours has agreed on', onHttp1, async (t) => {
    const { socket } = await rawPair(
      t,
      { perMessageDeflate: { serverNoContextTakeover: true } },
      { headers: { 'Sec-WebSocket-Extensions': NAME } }
    );

    assert.deepEqual(Object.keys(socket._extensions), [NAME]);
    assert.ok(socket._extensions[NAME] instanceof WebSocket.PerMessageDeflate);
    assert.deepEqual({ ...socket._extensions[NAME].params }, { server_no_context_takeover: true });

    const { socket: plain } = await rawPair(t);

    assert.deepEqual(Object.keys(plain._extensions), []);
  });
});
