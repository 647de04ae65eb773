'use strict';

// Is `ws._sender` a Sender, and does it send? Proxies frame with `_sender.constructor.frame()` what a WebSocket would refuse;
// others send fragments by it.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { WebSocket } = require('../support/implementation');
const { onHttp1 } = require('../support/over');
const { rawPair } = require('../support/serve');

/** @return {Promise<Array>} The next frames: opcode, whether final, bits, whether masked, text */
async function frames(client, count) {
  const list = [];

  while (list.length < count) {
    const { fin, isMasked, opcode, payload, rsv } = await client.frame();

    list.push([opcode, fin, rsv, isMasked, payload.toString('latin1')]);
  }
  return list;
}

describe('ws._sender', () => {
  test('is a Sender', async (t) => {
    const { socket } = await rawPair(t);
    const { _sender } = socket;

    assert.ok(_sender instanceof WebSocket.Sender);
    assert.equal(_sender.constructor.frame, WebSocket.Sender.frame);
    for (const name of ['close', 'ping', 'pong', 'send', 'sendFrame']) {
      assert.equal(_sender[name].length, WebSocket.Sender.prototype[name].length, name);
    }
    assert.equal(_sender._socket, socket._socket);
    assert.equal(_sender._bufferedBytes, 0);
  });

  test('sends messages, and the rest of what ws.send() has begun', async (t) => {
    const { client, socket } = await rawPair(t);
    const { _sender } = socket;

    _sender.send('text', { fin: true });
    _sender.send(Buffer.from('binary'), { binary: true, fin: true, mask: true });
    _sender.send('not the last', {});
    _sender.send(new Uint8Array([0x61]).buffer, { binary: true, fin: true });
    socket.send('begun', { fin: false });
    _sender.send('ended', { fin: true });
    socket.send('last');
    assert.deepEqual(await frames(client, 7), [
      [1, true, 0, false, 'text'],
      [2, true, 0, true, 'binary'],
      [1, false, 0, false, 'not the last'],
      [0, true, 0, false, 'a'],
      [1, false, 0, false, 'begun'],
      [0, true, 0, false, 'ended'],
      [1, true, 0, false, 'last']
    ]);
  });

  test('compresses what it is told to', onHttp1, async (t) => {
    const { client, socket } = await rawPair(
      t,
      { perMessageDeflate: { threshold: 0 } },
      { headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate' } }
    );
    const { _sender } = socket;

    _sender.send('aaaaaaaaaaaaaaaaaa', { compress: true, fin: true });
    _sender.send('not', { compress: false, fin: true });
    _sender.send('either', { fin: true });
    assert.deepEqual(
      (await frames(client, 3)).map(([, , rsv]) => rsv),
      [4, 0, 0]
    );
  });

  test('sends control frames', async (t) => {
    const { client, socket } = await rawPair(t);
    const { _sender } = socket;

    _sender.ping('one', false);
    _sender.ping(Buffer.from('two'), true);
    _sender.pong('three');
    _sender.pong(Buffer.alloc(0));
    assert.throws(() => _sender.ping('x'.repeat(126)), { name: 'RangeError' });
    assert.throws(() => _sender.pong(Buffer.alloc(126), true), { name: 'RangeError' });
    _sender.pong('four');
    assert.deepEqual(await frames(client, 5), [
      [9, true, 0, false, 'one'],
      [9, true, 0, true, 'two'],
      [10, true, 0, false, 'three'],
      [10, true, 0, false, ''],
      [10, true, 0, false, 'four']
    ]);
  });

  test('sends a close frame, which is none of the WebSocket', async (t) => {
    const { client, socket } = await rawPair(t);
    const { _sender } = socket;

    assert.throws(() => _sender.close(999), { name: 'TypeError' });
    assert.throws(() => _sender.close(1000, 'x'.repeat(124)), { name: 'RangeError' });
    _sender.close(1000, 'why', false);
    assert.equal(socket.readyState, WebSocket.OPEN);
    assert.deepEqual(await frames(client, 1), [[8, true, 0, false, '\u0003\u00e8why']]);

    const closed = once(socket, 'close');

    client.sendClose(4000);
    assert.equal((await closed)[0], 4000);
  });

  test('calls back', async (t) => {
    const { client, socket } = await rawPair(t);
    const { _sender } = socket;
    const told = [];

    await new Promise((resolve) => {
      _sender.send('1', { fin: true }, (err) => told.push(['send', err ?? null]));
      _sender.ping('2', false, (err) => told.push(['ping', err ?? null]));
      _sender.pong('3', false, (err) => told.push(['pong', err ?? null]));
      _sender.close(1000, '4', false, (err) => {
        told.push(['close', err ?? null]);
        resolve();
      });
    });
    assert.deepEqual(told, [
      ['send', null],
      ['ping', null],
      ['pong', null],
      ['close', null]
    ]);
    assert.equal((await frames(client, 4))[3][0], 8);
  });

  test('calls back with an error once the connection is closed', async (t) => {
    const { client, socket } = await rawPair(t);
    const { _sender } = socket;

    client.sendClose(1000);
    await once(socket, 'close');
    for (const act of [
      (cb) => _sender.send('late', { fin: true }, cb),
      (cb) => _sender.ping('late', false, cb),
      (cb) => _sender.pong('late', false, cb),
      (cb) => _sender.close(1000, 'late', false, cb)
    ]) {
      assert.ok((await new Promise(act)) instanceof Error);
    }
  });
});
