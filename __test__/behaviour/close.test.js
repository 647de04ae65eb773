'use strict';

// How does a connection end? The closing handshake in both directions, its timeout, and every way of ending without one.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const { encode, encodeClose } = require('../support/frames');
const { rawPair, record, wsPair } = require('../support/serve');
const { WebSocket } = require('../support/implementation');
const { onHttp1, onSocket, onTcp } = require('../support/over');

const { CLOSED, CLOSING, OPEN } = WebSocket;

/** A closeTimeout that a test can wait for, and one that would let it fail. */
const SOON = { closeTimeout: 100 };
const NEVER = { closeTimeout: 60000 };

/**
 * @param {WebSocket} socket A WebSocket
 * @return {Promise<Array>} The arguments of its 'close' event, with the reason as a string
 */
async function closed(socket) {
  const [code, reason] = await once(socket, 'close');

  assert.ok(Buffer.isBuffer(reason));
  return [code, reason.toString()];
}

describe('close()', () => {
  test('sends a close frame, waits for the answer and ends the connection', async (t) => {
    const { client, socket } = await rawPair(t, NEVER);
    const end = closed(socket);

    assert.equal(socket.readyState, OPEN);
    socket.close(1001, 'going away, grüße');
    assert.equal(socket.readyState, CLOSING);

    const frame = await client.frame();

    assert.equal(frame.opcode, 8);
    assert.deepEqual(frame.payload, Buffer.concat([Buffer.from([0x03, 0xe9]), Buffer.from('going away, grüße')]));
    client.sendClose(3000, 'as you say');
    assert.equal((await client.rest()).length, 0);
    assert.deepEqual(await end, [3000, 'as you say']);
    assert.equal(socket.readyState, CLOSED);
  });

  test('without a code sends an empty close frame', async (t) => {
    const { client, socket } = await rawPair(t, NEVER);
    const end = closed(socket);

    socket.close();
    assert.equal((await client.frame()).payload.length, 0);
    client.sendClose();
    assert.deepEqual(await end, [1005, '']);
  });

  test('takes a reason as bytes', async (t) => {
    const { client, socket } = await rawPair(t, NEVER);

    socket.close(4999, new Uint8Array([0x68, 0x69]));
    assert.equal((await client.frame()).payload.subarray(2).toString(), 'hi');
  });

  test('refuses what does not belong into a close frame', async (t) => {
    const { client, socket } = await rawPair(t, NEVER);
    const badCode = { name: 'TypeError', message: 'First argument must be a valid error code number' };

    for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, '1000', null, NaN, {}]) {
      assert.throws(() => socket.close(code), badCode, `${code}`);
    }
    assert.throws(() => socket.close(1000, 'x'.repeat(124)), {
      name: 'RangeError',
      message: 'The message must not be greater than 123 bytes'
    });
    assert.throws(() => socket.close(1000, 'ü'.repeat(62)), RangeError);
    assert.throws(() => socket.close(1000, [1, 2]), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
    assert.throws(() => socket.close(1000, new Uint16Array(1)), /^TypeError: Second argument must be a string or/);
    assert.equal(socket.readyState, OPEN);

    socket.close(1014, 'x'.repeat(123));
    assert.equal((await client.frame()).payload.length, 125);
  });

  test('lets what was sent before it go out first', async (t) => {
    const { client, socket } = await rawPair(t, NEVER);

    socket.send('one');
    socket.send(Buffer.alloc(200000));
    socket.close(1000);
    for (const opcode of [1, 2, 8]) assert.equal((await client.frame()).opcode, opcode);
  });

  test('can be called again without effect', async (t) => {
    const { client, socket } = await rawPair(t, NEVER);
    const end = closed(socket);

    socket.close(1000, 'first');
    socket.close(1001, 'second');
    assert.equal((await client.frame()).payload.subarray(2).toString(), 'first');
    client.sendClose(1000);
    assert.equal((await client.rest()).length, 0);
    await end;
    socket.close(1002);
    socket.terminate();
    assert.equal(socket.readyState, CLOSED);
  });

  test('still delivers what the peer sends before its own close frame', async (t) => {
    const { client, socket } = await rawPair(t, NEVER);
    const events = record(socket, ['message', 'ping', 'close']);

    socket.close();
    await client.frame();
    client.write(Buffer.concat([encode(1, 'late'), encode(9, 'ping'), encodeClose(1000), encode(1, 'too late')]));
    await once(socket, 'close');
    assert.deepEqual(
      events.map(([name, value]) => [name, value.toString()]),
      [
        ['message', 'late'],
        ['ping', 'ping'],
        ['close', '1000']
      ]
    );
  });

  test('gives up on a silent peer after closeTimeout', async (t) => {
    const { client, socket } = await rawPair(t, SOON);
    const end = closed(socket);
    const start = Date.now();

    socket.close(1000);
    assert.equal((await client.frame()).opcode, 8);
    assert.deepEqual(await end, [1006, '']);
    assert.ok(Date.now() - start >= 95);
    await client.closed;
  });

  test('gives up after closeTimeout on a peer that answers and then holds the connection', async (t) => {
    const { client, socket } = await rawPair(t, SOON);
    const end = closed(socket);

    client.endsToo = false;
    socket.close(1000);
    await client.frame();
    client.sendClose(1000, 'bye');
    assert.deepEqual(await end, [1000, 'bye']);
  });

  test('gives up after closeTimeout on a peer that sends for ever', async (t) => {
    const { client, socket } = await rawPair(t, SOON);
    const end = closed(socket);
    const flood = setInterval(() => client.send(1, 'and another thing'), 5);

    t.after(() => clearInterval(flood));
    socket.close(1000);
    assert.deepEqual(await end, [1006, '']);
  });
});

describe('a close frame of the peer', () => {
  test('is answered with the same code, and the connection ended', async (t) => {
    const { client, socket } = await rawPair(t, NEVER);
    const end = closed(socket);

    client.sendClose(1001, 'grüße');

    const frame = await client.frame();

    assert.equal(frame.opcode, 8);
    assert.equal(frame.payload.readUInt16BE(0), 1001);
    assert.equal(frame.payload.subarray(2).toString(), 'grüße');
    assert.equal((await client.rest()).length, 0);
    assert.deepEqual(await end, [1001, 'grüße']);
  });

  test('without a code is answered without one', async (t) => {
    const { client, socket } = await rawPair(t, NEVER);
    const end = closed(socket);

    client.sendClose();
    assert.equal((await client.frame()).payload.length, 0);
    assert.deepEqual(await end, [1005, '']);
  });

  for (const code of [1000, 1003, 1007, 1012, 1013, 1014, 3000, 3999, 4000, 4999]) {
    test(`may carry ${code}`, async (t) => {
      const { client, socket } = await rawPair(t, NEVER);
      const end = closed(socket);

      client.sendClose(code);
      assert.equal((await client.frame()).payload.readUInt16BE(0), code);
      assert.deepEqual(await end, [code, '']);
    });
  }

  test('comes after the messages before it, and makes the rest be ignored', async (t) => {
    const { client, socket } = await rawPair(t, NEVER);
    const events = record(socket, ['message', 'close', 'error']);

    client.write(Buffer.concat([encode(1, 'before'), encodeClose(1000), encode(1, 'behind'), Buffer.from([0xff])]));
    await once(socket, 'close');
    assert.deepEqual(
      events.map(([name, value]) => [name, value.toString()]),
      [
        ['message', 'before'],
        ['close', '1000']
      ]
    );
  });

  test('lets replies to the messages before it out first', async (t) => {
    const { client, socket } = await rawPair(t, NEVER);

    socket.on('message', (data) => socket.send(data));
    client.write(Buffer.concat([encode(1, 'echo me'), encodeClose(1000)]));
    assert.equal((await client.frame()).payload.toString(), 'echo me');
    assert.equal((await client.frame()).opcode, 8);
  });

  test('makes the WebSocket CLOSING, so that nothing more is sent', async (t) => {
    const { client, socket } = await wsPair(t, NEVER);
    const end = closed(socket);

    socket.send('before');
    client.close(1000);
    assert.deepEqual(await end, [1000, '']);

    const err = await new Promise((resolve) => socket.send('after', resolve));

    assert.match(err.message, /^WebSocket is not open: readyState 3/);
  });

  test('that crosses ours is enough for both', async (t) => {
    const { client, socket } = await wsPair(t, NEVER);
    const ends = Promise.all([closed(socket), closed(client)]);

    socket.close(1001);
    client.close(1000);
    assert.deepEqual(
      (await ends).map(([code]) => code),
      [1000, 1001]
    );
  });
});

describe('without a closing handshake', () => {
  test('terminate() ends the connection at once', async (t) => {
    const { client, socket } = await rawPair(t, NEVER);
    let returned = false;
    const end = closed(socket);

    socket.on('close', () => assert.ok(returned));
    socket.terminate();
    assert.equal(socket.readyState, CLOSING);
    returned = true;
    assert.deepEqual(await end, [1006, '']);
    await client.closed;
    assert.equal(client.received.length, 0);
  });

  test('terminate() does not take back what was sent before', onTcp, async (t) => {
    const { client, socket } = await rawPair(t, NEVER);
    const results = [];

    socket.on('message', () => {
      for (const text of ['last', 'words']) socket.send(text, (err) => results.push(err?.code));
      socket.terminate();
    });
    client.send(1, 'go');
    await closed(socket);
    assert.equal((await client.frame()).payload.toString(), 'last');
    assert.equal((await client.frame()).payload.toString(), 'words');
    assert.deepEqual(results, [undefined, undefined]);
  });

  test("a peer's FIN makes 1006, and ours follows", async (t) => {
    const { client, socket } = await rawPair(t, NEVER);
    const events = record(socket, ['message', 'close', 'error']);

    client.send(1, 'last words');
    client.socket.end();
    await once(socket, 'close');
    assert.deepEqual(
      events.map(([name, value]) => [name, value.toString()]),
      [
        ['message', 'last words'],
        ['close', '1006']
      ]
    );
    assert.equal((await client.rest()).length, 0);
  });

  test("what was sent goes out although the peer's FIN came", onSocket, async (t) => {
    const { client, socket } = await rawPair(t, NEVER);
    const size = 4 * 1048576;

    client.endsToo = false;
    socket.on('message', () => {
      socket.send(Buffer.alloc(size));
      socket.send('end');
    });
    client.send(1, 'half close');
    client.socket.end();
    assert.equal((await client.frame()).payload.length, size);
    assert.equal((await client.frame()).payload.toString(), 'end');
    assert.equal((await client.rest()).length, 0);
  });

  test("what was sent may take longer than closeTimeout when the peer's FIN came", async (t) => {
    const { client, socket } = await rawPair(t, SOON);
    const count = 64;

    client.socket.pause();
    for (let i = 0; i < count; i++) socket.send(Buffer.alloc(1048576));
    client.socket.end();
    while (socket.readyState === OPEN) await sleep(1);
    await sleep(3 * SOON.closeTimeout);
    client.socket.resume();
    for (let i = 0; i < count; i++) assert.equal((await client.frame()).payload.length, 1048576);
    assert.equal((await client.rest()).length, 0);
  });

  test("a peer's RST makes 1006 and no error", onTcp, async (t) => {
    const { client, socket } = await rawPair(t, NEVER);
    const errors = record(socket, ['error']);
    const end = closed(socket);

    client.socket.resetAndDestroy();
    assert.deepEqual(await end, [1006, '']);
    assert.deepEqual(errors, []);
  });

  test("the socket's destroy() makes 1006", async (t) => {
    const { client, socket } = await rawPair(t, NEVER);
    const end = closed(socket);

    socket._socket.destroy();
    assert.deepEqual(await end, [1006, '']);
    await client.closed;
  });

  for (const [stage, bytes] of Object.entries({
    'a header': encode(2, Buffer.alloc(300)).subarray(0, 3),
    'a mask': encode(2, Buffer.alloc(300)).subarray(0, 6),
    'a small payload': encode(2, Buffer.alloc(300)).subarray(0, 100),
    'a large payload': encode(2, Buffer.alloc(300000)).subarray(0, 100000),
    'a fragmented message': encode(1, 'begun', { fin: false })
  })) {
    test(`a FIN inside ${stage} makes 1006 and no message`, async (t) => {
      const { client, socket } = await rawPair(t, NEVER);
      const events = record(socket, ['message', 'error']);
      const end = closed(socket);

      client.write(bytes);
      client.socket.end();
      assert.deepEqual(await end, [1006, '']);
      assert.deepEqual(events, []);
    });

    test(`an RST inside ${stage} makes 1006 and no message`, onTcp, async (t) => {
      const { client, socket } = await rawPair(t, NEVER);
      const events = record(socket, ['message', 'error']);
      const end = closed(socket);

      await new Promise((resolve) => client.socket.write(bytes, resolve));
      client.socket.resetAndDestroy();
      assert.deepEqual(await end, [1006, '']);
      assert.deepEqual(events, []);
    });
  }

  test('an RST inside the closing handshake ends it', onTcp, async (t) => {
    const { client, socket } = await rawPair(t, NEVER);
    const end = closed(socket);

    socket.close(1000);
    await client.frame();
    client.socket.resetAndDestroy();
    assert.deepEqual(await end, [1006, '']);
  });

  test("'close' finds the socket destroyed, and not counted any more", onHttp1, async (t) => {
    const { client, server, socket } = await rawPair(t, NEVER);
    const order = [];

    socket._socket.on('close', () => order.push('socket'));
    socket.on('close', () => {
      order.push('websocket');
      assert.equal(socket._socket.destroyed, true);
    });
    client.sendClose(1000);
    await once(socket._socket, 'close');
    assert.deepEqual(order, ['websocket', 'socket']);
    assert.equal(await new Promise((resolve) => server.getConnections((err, count) => resolve(count))), 0);
  });
});
