'use strict';

// What do options mean whose values are not quite what they should be: text for numbers, since it comes from the
// environment, nothing at all, or more than can be counted?

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { encode } = require('../support/frames');
const { rawPair } = require('../support/serve');
const { WebSocketServer, ownAddition } = require('../support/implementation');

describe('limits', () => {
  for (const [name, value, frames] of [
    ['maxPayload', '20', [encode(2, Buffer.alloc(21))]],
    ['maxFragments', '2', [encode(2, 'a', { fin: false }), encode(0, 'b', { fin: false }), encode(0, 'c')]]
  ]) {
    test(`${name} may be text`, async (t) => {
      const { client, socket } = await rawPair(t, { [name]: value });
      const failed = once(socket, 'error');

      for (const frame of frames) client.write(frame);
      assert.match((await failed)[0].code, /^WS_ERR_/);
    });
  }

  test('may be higher than the engine counts', ownAddition, async (t) => {
    for (const most of [2 ** 31, 2 ** 32, 2 ** 32 + 1, 1e300]) {
      const { client, socket } = await rawPair(t, {
        maxBufferedChunks: most,
        maxFragments: most,
        receiveCredit: most
      });
      const received = once(socket, 'message');

      assert.ok(socket._$config.receiveCredit >= 2 ** 30);
      for (let i = 0; i < 3; i++) client.write(encode(i === 0 ? 2 : 0, 'abc', { fin: i === 2 }));
      assert.equal((await received)[0].toString(), 'abcabcabc');
    }
  });
});

describe('closeTimeout', () => {
  test('of 0 does not wait', async (t) => {
    const { client, socket } = await rawPair(t, { closeTimeout: 0 });

    socket.close(1001);
    assert.equal((await once(socket, 'close'))[0], 1006);
    assert.equal((await client.frame()).opcode, 8);
  });

  test('may be longer than any timer', ownAddition, async (t) => {
    const { client, socket } = await rawPair(t, { closeTimeout: 2 ** 40 });
    const warnings = [];
    const note = (warning) => warnings.push(warning.name);

    process.on('warning', note);
    t.after(() => process.removeListener('warning', note));
    socket.close(1001);
    assert.equal((await client.frame()).opcode, 8);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(warnings, []);
    client.sendClose(1001);
    assert.equal((await once(socket, 'close'))[0], 1001);
  });
});

describe('names', ownAddition, () => {
  test('that are undefined count as absent, as the types have it', async (t) => {
    const { client, socket } = await rawPair(t, { onBackpressure: undefined, transport: undefined });

    assert.equal(socket._$config.onBackpressure, 'terminate');
    socket.send('fine');
    assert.equal((await client.frame()).payload.toString(), 'fine');
  });

  test('that are wrong are refused', () => {
    for (const options of [{ onBackpressure: '' }, { transport: '' }, { transport: 'pigeon' }]) {
      assert.throws(() => new WebSocketServer({ noServer: true, ...options }), TypeError);
    }
  });
});
