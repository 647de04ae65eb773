'use strict';

// What does a client send and take? Masked frames out, unmasked frames in, and the closing handshake.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { connect } = require('../../support/client');
const { encode } = require('../../support/frames');
const { WebSocket, ownAddition } = require('../../support/implementation');
const { answer, clientPair, rawServer } = require('../../support/raw-server');
const { record } = require('../../support/serve');

/** How the server's end sends. */
const plain = { mask: false };

describe('what a client sends', () => {
  test('is masked, each frame with a key of its own', async (t) => {
    const { peer, socket } = await clientPair(t);
    const payloads = ['', 'a', 'x'.repeat(125), 'x'.repeat(126), 'é'.repeat(40000), Buffer.alloc(300000, 7)];

    for (const payload of payloads) socket.send(payload);
    socket.ping('ping');
    socket.pong('pong');

    for (const payload of [...payloads, 'ping', 'pong']) {
      const frame = await peer.frame();

      assert.ok(frame.isMasked);
      assert.deepEqual(frame.payload, Buffer.from(payload));
    }
  });

  test('uses keys that differ', async (t) => {
    const { peer, socket } = await clientPair(t);
    const keys = new Set();

    for (let i = 0; i < 1000; i++) socket.send('');
    for (let i = 0; i < 1000; i++) {
      const bytes = await peer.take(() => (peer.received.length < 6 ? null : peer.cut(6)));

      assert.deepEqual([...bytes.subarray(0, 2)], [0x81, 0x80]);
      keys.add(bytes.readUInt32BE(2));
    }

    assert.ok(keys.size > 990);
  });

  test('leaves the memory of the application as it is', async (t) => {
    const { peer, socket } = await clientPair(t);
    const data = Buffer.alloc(2 * 1024 * 1024, 'abc');
    const copy = Buffer.from(data);

    socket.send(data);
    assert.deepEqual((await peer.frame()).payload, copy);
    assert.deepEqual(data, copy);
  });

  test('is not masked where the application says so', async (t) => {
    const { peer, socket } = await clientPair(t);

    socket.send('plain', { mask: false });
    socket.ping('plain', false);
    for (const opcode of [1, 9]) {
      const frame = await peer.frame();

      assert.equal(frame.opcode, opcode);
      assert.equal(frame.isMasked, false);
    }
  });

  test('is masked with the keys of generateMask', async (t) => {
    let next = 0;
    const { peer, socket } = await clientPair(t, { generateMask: (mask) => mask.writeUInt32BE(++next) });
    const keys = [];
    const look = async (length) => {
      await peer.take(() => (peer.received.length < 6 + length ? null : true));
      keys.push(peer.received.readUInt32BE(length > 65535 ? 10 : 2));
      return peer.frame();
    };

    socket.send('ab');
    assert.equal((await look(2)).payload.toString(), 'ab');
    socket.send(Buffer.alloc(70000, 1));
    assert.deepEqual((await look(70008)).payload, Buffer.alloc(70000, 1));
    socket.ping('cd');
    assert.equal((await look(2)).payload.toString(), 'cd');
    peer.send(9, 'ef', plain);
    assert.equal((await look(2)).payload.toString(), 'ef');
    socket.close(1000);
    assert.equal((await look(2)).payload.readUInt16BE(), 1000);
    assert.deepEqual(keys, [1, 2, 3, 4, 5]);
  });

  test('answers pings with masked pongs, unless autoPong is off', async (t) => {
    const { peer } = await clientPair(t);

    peer.send(9, 'well?', plain);

    const frame = await peer.frame();

    assert.equal(frame.opcode, 10);
    assert.ok(frame.isMasked);
    assert.equal(frame.payload.toString(), 'well?');

    const { peer: other, socket } = await clientPair(t, { autoPong: false });
    const ping = once(socket, 'ping');

    other.send(9, 'well?', plain);
    await ping;
    socket.send('nothing before');
    assert.equal((await other.frame()).opcode, 1);
  });
});

describe('what a client takes', () => {
  test('is every kind of message', async (t) => {
    const { peer, socket } = await clientPair(t);
    const events = record(socket, ['message', 'ping', 'pong']);

    peer.write(
      Buffer.concat([
        encode(1, 'text', plain),
        encode(2, Buffer.alloc(100000, 1), plain),
        encode(1, 'in ', { ...plain, fin: false }),
        encode(9, 'i', plain),
        encode(0, 'pieces', plain),
        encode(10, 'o', plain),
        encode(1, 'end', plain)
      ])
    );
    while (events.length < 6) await new Promise(setImmediate);
    assert.deepEqual(
      events.map(([name, data, isBinary]) => [name, data.length > 20 ? data.length : data.toString(), isBinary]),
      [
        ['message', 'text', false],
        ['message', 100000, true],
        ['ping', 'i', undefined],
        ['message', 'in pieces', false],
        ['pong', 'o', undefined],
        ['message', 'end', false]
      ]
    );
  });

  test('may stand right behind the response', async (t) => {
    const { next, url } = await rawServer(t);
    const socket = connect(url);
    const events = record(socket, ['open', 'message', 'close']);

    await answer(
      await next(),
      {},
      Buffer.concat([
        encode(1, 'one', plain),
        encode(2, Buffer.alloc(50000), plain),
        encode(8, Buffer.from([3, 233, 120]), plain)
      ])
    );
    await once(socket, 'close');
    assert.deepEqual(
      events.map(([name, data]) => [name, data?.length]),
      [
        ['open', undefined],
        ['message', 3],
        ['message', 50000],
        ['close', undefined]
      ]
    );
  });

  test('must not be masked', async (t) => {
    const { peer, socket } = await clientPair(t);
    const error = once(socket, 'error');

    peer.send(1, 'masked');

    const [{ code, message }] = await error;

    assert.equal(code, 'WS_ERR_UNEXPECTED_MASK');
    assert.equal(message, 'Invalid WebSocket frame: MASK must be clear');
    assert.equal((await peer.frame()).payload.readUInt16BE(), 1002);
  });
});

describe('the closing handshake of a client', () => {
  test('that it starts ends with the FIN of both', async (t) => {
    const { peer, socket } = await clientPair(t);

    peer.endsToo = false;

    let isClosed = false;
    const close = once(socket, 'close').then((args) => ((isClosed = true), args));

    socket.close(3000, 'enough');

    const frame = await peer.frame();

    assert.ok(frame.isMasked);
    assert.deepEqual(frame.payload, Buffer.from('\x0b\xb8enough', 'latin1'));
    peer.write(encode(8, frame.payload, plain));
    await peer.rest();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(isClosed, false);
    assert.equal(socket.readyState, WebSocket.CLOSING);
    peer.socket.end();
    assert.deepEqual(await close, [3000, Buffer.from('enough')]);
  });

  test('that the server starts is answered', async (t) => {
    const { peer, socket } = await clientPair(t);
    const close = once(socket, 'close');

    peer.write(encode(8, Buffer.from([0x03, 0xe9, 0x62, 0x79, 0x65]), plain));
    assert.deepEqual((await peer.frame()).payload, Buffer.from([0x03, 0xe9, 0x62, 0x79, 0x65]));
    assert.deepEqual(await close, [1001, Buffer.from('bye')]);
  });

  test('does not wait for ever', async (t) => {
    const { peer, socket } = await clientPair(t, { closeTimeout: 50 });

    peer.endsToo = false;
    socket.close();
    assert.deepEqual(await once(socket, 'close'), [1006, Buffer.alloc(0)]);
  });

  test('is not needed', async (t) => {
    const { peer, socket } = await clientPair(t);
    const close = once(socket, 'close');

    peer.socket.destroy();
    assert.deepEqual(await close, [1006, Buffer.alloc(0)]);

    const { peer: other, socket: second } = await clientPair(t);

    second.terminate();
    assert.equal((await once(second, 'close'))[0], 1006);
    await other.closed;
  });
});

test('a client says how its bytes travel', ownAddition, async (t) => {
  const { socket } = await clientPair(t, { transport: 'stream' });

  assert.equal(socket.transport, 'stream');
});
