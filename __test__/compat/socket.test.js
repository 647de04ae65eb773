'use strict';

// Does `ws._socket` do what programs ask of it? It is private, and used everywhere: for addresses, keep-alive, raw writes,
// and to end connections in every way.

const assert = require('node:assert/strict');
const http = require('node:http');
const os = require('node:os');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const { WebSocketServer } = require('../support/implementation');
const { onSocket, onTcp } = require('../support/over');
const { rawPair, serve } = require('../support/serve');
const { RawClient } = require('../support/raw-client');

const hasIPv6 = Object.values(os.networkInterfaces()).some((list) => list.some(({ address }) => address === '::1'));
const withIPv6 = hasIPv6 ? {} : { skip: 'no IPv6 here' };

describe('ws._socket', () => {
  test('knows the addresses', onSocket, async (t) => {
    const { client, socket } = await rawPair(t);
    const { _socket } = socket;

    assert.equal(_socket.remoteAddress, client.socket.localAddress);
    assert.equal(_socket.remotePort, client.socket.localPort);
    assert.equal(_socket.localPort, client.socket.remotePort);
    assert.equal(_socket.remoteFamily, 'IPv4');
    assert.equal(_socket.address().port, client.socket.remotePort);
  });

  test('knows the addresses over IPv6', { ...onTcp, ...withIPv6 }, async (t) => {
    const server = http.createServer();
    const wss = new WebSocketServer({ server });

    t.after(() => {
      for (const one of wss.clients) one.terminate();
      server.close();
    });
    server.listen(0, '::1');
    await once(server, 'listening');

    const { port } = server.address();
    const [[socket], client] = await Promise.all([once(wss, 'connection'), RawClient.open({ host: '::1', port })]);

    t.after(() => client.socket.destroy());

    const { _socket } = socket;

    assert.deepEqual(_socket.address(), { address: '::1', family: 'IPv6', port });
    assert.deepEqual([_socket.localAddress, _socket.localPort, _socket.localFamily], ['::1', port, 'IPv6']);
    assert.deepEqual(
      [_socket.remoteAddress, _socket.remotePort, _socket.remoteFamily],
      ['::1', client.socket.localPort, 'IPv6']
    );
  });

  test('knows the addresses that it has looked at when it is closed', onSocket, async (t) => {
    const { client, socket } = await rawPair(t);
    const { _socket } = socket;
    const { remoteAddress, remotePort } = _socket;

    client.sendClose(1000);
    await once(socket, 'close');
    if (!_socket.closed) await once(_socket, 'close');
    assert.deepEqual([_socket.remoteAddress, _socket.remotePort], [remoteAddress, remotePort]);
    assert.equal(remoteAddress, '127.0.0.1');
  });

  test('tells once of the error it is destroyed with, and of its end', async (t) => {
    const { socket } = await rawPair(t);
    const broken = new Error('broken by the application');
    const told = [];

    socket._socket.once('error', (err) => told.push(err));
    socket._socket.once('close', () => told.push('close'));

    const closed = [once(socket, 'close'), new Promise((resolve) => socket._socket.on('close', resolve))];

    socket._socket.destroy(broken);
    socket._socket.destroy(new Error('again'));
    await Promise.all(closed);
    assert.deepEqual(told, [broken, 'close']);
  });

  test('tells once that nothing has happened for a while', onSocket, async (t) => {
    const { client, socket } = await rawPair(t);
    const { _socket } = socket;
    let count = 0;

    _socket.once('timeout', () => count++);
    _socket.setTimeout(20);
    await once(_socket, 'timeout');
    assert.equal(count, 1);
    assert.equal(socket.readyState, socket.OPEN);
    _socket.setTimeout(0);
    client.send(1, 'still there');
    assert.equal((await once(socket, 'message'))[0].toString(), 'still there');
  });

  test('is the socket of the request', async (t) => {
    const running = await serve(t);
    const [[socket, req]] = await Promise.all([once(running.wss, 'connection'), RawClient.open(running.port)]);

    assert.equal(socket._socket, req.socket);
  });

  test('takes options', onSocket, async (t) => {
    const { socket } = await rawPair(t);
    const { _socket } = socket;

    assert.equal(_socket.setKeepAlive(true, 1000), _socket);
    assert.equal(_socket.setNoDelay(true), _socket);
    assert.equal(_socket.setTimeout(0), _socket);
    assert.equal(_socket.ref(), _socket);
    assert.equal(_socket.unref(), _socket);
    _socket.ref();
  });

  test('writes between the frames', async (t) => {
    const { client, socket } = await rawPair(t);
    const written = [];

    socket.send('one');
    socket._socket.write(Buffer.from([0x81, 1, 0x32]), (err) => written.push(err ?? null));
    socket.send('three');
    for (const text of ['one', '2', 'three']) assert.equal((await client.frame()).payload.toString(), text);
    assert.deepEqual(written, [null]);
  });

  test('writes behind the response from the connection handler', async (t) => {
    const running = await serve(t);

    running.wss.on('connection', (socket, req) => {
      req.socket.write(Buffer.from([0x81, 1, 0x31]));
      socket.send('2');
    });

    const client = await RawClient.open(running.port);

    for (const text of ['1', '2']) assert.equal((await client.frame()).payload.toString(), text);
  });

  test('tells how much it has read and written', onSocket, async (t) => {
    const { client, socket } = await rawPair(t);
    const { _socket } = socket;
    const read = _socket.bytesRead;
    const written = _socket.bytesWritten;

    client.send(1, 'four');
    await once(socket, 'message');
    await new Promise((resolve) => socket.send('reply', resolve));
    assert.equal(_socket.bytesRead - read, 10);
    assert.equal(_socket.bytesWritten - written, 7);
  });

  test('ends the connection when it is destroyed', async (t) => {
    const { client, socket } = await rawPair(t);
    const order = [];

    socket.on('close', (code) => order.push(['ws', code]));
    socket._socket.once('close', (hadError) => order.push(['socket', hadError]));

    const ends = [once(socket, 'close'), once(socket._socket, 'close'), client.closed];

    socket.send('last');
    socket._socket.destroy();
    assert.equal(socket._socket.destroyed, true);
    assert.equal((await client.frame()).payload.toString(), 'last');
    await Promise.all(ends);
    assert.deepEqual(order.map(([name]) => name).sort(), ['socket', 'ws']);
    assert.ok(order.some(([, code]) => code === 1006));
  });

  test('ends our side behind what was sent, without a close frame', async (t) => {
    const { client, socket } = await rawPair(t, { closeTimeout: 20 });
    const told = [];

    client.endsToo = false;
    socket.on('message', (data) => told.push(data.toString()));
    socket.on('close', (code) => told.push(code));
    socket.send('last');
    socket._socket.end();
    assert.equal((await client.frame()).payload.toString(), 'last');
    if (!client.ended) await once(client.socket, 'end');
    assert.equal(client.received.length, 0);

    await sleep(50);
    assert.deepEqual(told, [], 'nobody waits for a closing handshake');
    client.send(1, 'half');
    await once(socket, 'message');
    client.socket.end();
    await once(socket, 'close');
    assert.deepEqual(told, ['half', 1006]);
  });

  test('ends the connection when something is sent behind the end', async (t) => {
    const { client, socket } = await rawPair(t, { closeTimeout: 20 });
    const sent = new Promise((resolve) => {
      socket._socket.end();
      socket.send('late', resolve);
    });
    const closed = once(socket, 'close');

    assert.ok((await sent) instanceof Error);
    assert.equal((await closed)[0], 1006);
    await client.closed;
    assert.equal(client.received.length, 0);
  });

  test('lets what was sent go out before a reset', onTcp, async (t) => {
    const { client, socket } = await rawPair(t);

    if (typeof socket._socket.resetAndDestroy !== 'function') return;

    const frame = client.frame();
    const closed = once(socket, 'close');

    socket.send('last');
    socket._socket.resetAndDestroy();
    assert.equal((await frame).payload.toString(), 'last');
    assert.equal((await closed)[0], 1006);
  });

  test('is destroyed when the WebSocket has closed', async (t) => {
    const { client, socket } = await rawPair(t);
    const { _socket } = socket;
    const closed = once(_socket, 'close');

    client.sendClose(1000);
    await once(socket, 'close');
    await closed;
    assert.equal(_socket.destroyed, true);
    assert.equal(socket._socket, _socket);
  });

  test('fails what is written after the end', async (t) => {
    const { client, socket } = await rawPair(t);

    client.sendClose(1000);
    await once(socket, 'close');
    assert.ok((await new Promise((resolve) => socket._socket.write('late', resolve))) instanceof Error);
  });
});
