'use strict';

// What happens when a peer breaks the protocol? One error with ws's code and message, one close frame, the end; and
// nobody else notices.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { BREACHES } = require('../support/breaches');
const { encode } = require('../support/frames');
const { isWs } = require('../support/implementation');
const { RawClient } = require('../support/raw-client');
const { rawPair, record } = require('../support/serve');

const part = { fin: false };

/**
 * Waits for the close frame, which may come behind a pong.
 *
 * @param {RawClient} client The client
 * @return {Promise<Object>} The frame
 */
async function closeFrame(client) {
  const frame = await client.frame();

  return frame.opcode === 10 ? client.frame() : frame;
}

describe('a breach of the protocol', () => {
  for (const [name, breach] of Object.entries(BREACHES).filter(([, { isOurs }]) => !(isWs && isOurs))) {
    const { bytes, closeCode, code, message, options, type } = breach;

    test(`${name}: ${code}`, async (t) => {
      const { client, port, socket, wss } = await rawPair(t, { closeTimeout: 60000, ...options });
      const events = record(socket, ['message', 'error', 'close']);
      const neighbour = await RawClient.open(port);

      t.after(() => neighbour.socket.destroy());
      client.write(Buffer.concat([encode(1, 'before'), bytes, encode(1, 'behind')]));

      const close = await closeFrame(client);

      assert.equal(close.opcode, 8);
      assert.deepEqual(close.payload, Buffer.from([closeCode >> 8, closeCode & 0xff]));
      assert.equal((await client.rest()).length, 0);
      if (socket.readyState !== 3) await once(socket, 'close');

      assert.equal(events[0][1].toString(), 'before');
      assert.ok(!events.some(([, data]) => data.toString() === 'behind'));
      assert.deepEqual(
        events.slice(-2).map(([event]) => event),
        ['error', 'close']
      );

      const [, error] = events.at(-2);

      assert.equal(error.constructor, globalThis[type]);
      assert.equal(error.code, code);
      assert.equal(error.message, message);
      assert.deepEqual(events.at(-1).slice(1), [1006, Buffer.alloc(0)]);

      assert.equal(wss.clients.size, 1);
      for (const other of wss.clients) other.send('unharmed');
      assert.equal((await neighbour.frame()).payload.toString(), 'unharmed');
    });
  }

  test('after close() makes the error, and no second close frame', async (t) => {
    const { client, socket } = await rawPair(t, { closeTimeout: 60000 });
    const error = once(socket, 'error');

    socket.close(1001);
    assert.equal((await client.frame()).payload.readUInt16BE(0), 1001);
    client.send(3, 'x');
    assert.equal((await error)[0].code, 'WS_ERR_INVALID_OPCODE');
    assert.equal((await client.rest()).length, 0);
  });

  test('ends the connection although the peer never reacts', async (t) => {
    const { client, socket } = await rawPair(t, { closeTimeout: 100 });
    const end = new Promise((resolve) => socket.on('close', resolve));

    client.endsToo = false;
    socket.on('error', () => {});
    client.send(3, 'x');
    assert.equal(await end, 1006);
  });

  test('is found in a frame that has not arrived completely', async (t) => {
    const { client, socket } = await rawPair(t);
    const error = once(socket, 'error');

    client.write(encode(9, 'x'.repeat(300)).subarray(0, 2));
    assert.equal((await error)[0].code, 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH');
  });
});

describe('what the limits let through', () => {
  test('a message of exactly maxPayload', async (t) => {
    const { client, socket } = await rawPair(t, { maxPayload: 20 });
    const received = record(socket, ['message']);

    client.write(
      Buffer.concat([encode(2, 'x'.repeat(20)), encode(2, 'y'.repeat(10), part), encode(0, 'z'.repeat(10))])
    );
    while (received.length < 2) await once(socket, 'message');
    assert.equal(received[1][1].toString(), 'yyyyyyyyyyzzzzzzzzzz');
  });

  test('exactly maxFragments fragments, message after message', async (t) => {
    const { client, socket } = await rawPair(t, { maxFragments: 3 });
    const received = record(socket, ['message']);
    const message = Buffer.concat([encode(1, 'a', part), encode(0, 'b', part), encode(0, 'c')]);

    client.write(Buffer.concat([message, message]));
    while (received.length < 2) await once(socket, 'message');
    assert.equal(received[1][1].toString(), 'abc');
  });

  test('anything with maxPayload: 0 and maxFragments: 0', async (t) => {
    const { client, socket } = await rawPair(t, { maxPayload: 0, maxFragments: 0 });
    const message = once(socket, 'message');
    const pieces = Array.from({ length: 20000 }, () => encode(0, '12345', part));

    client.write(Buffer.concat([encode(2, '', part), ...pieces, encode(0, '')]));
    assert.equal((await message)[0].length, 100000);
  });

  test('text that is not UTF-8 with skipUTF8Validation', async (t) => {
    const { client, socket } = await rawPair(t, { skipUTF8Validation: true });
    const message = once(socket, 'message');

    client.send(1, Buffer.from([0x61, 0xff]));
    assert.deepEqual(await message, [Buffer.from([0x61, 0xff]), false]);
  });

  test('a close reason that is not UTF-8 with skipUTF8Validation', async (t) => {
    const { client, socket } = await rawPair(t, { skipUTF8Validation: true });
    const events = record(socket, ['error', 'close']);
    const closed = once(socket, 'close');

    client.send(8, Buffer.from([0x0f, 0xa0, 0x61, 0xff]));
    assert.deepEqual((await client.frame()).payload, Buffer.from([0x0f, 0xa0, 0x61, 0xff]));
    await closed;
    assert.deepEqual(events, [['close', 4000, Buffer.from([0x61, 0xff])]]);
  });
});
