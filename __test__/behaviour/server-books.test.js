'use strict';

// What does the HTTP server know of connections that are WebSockets now? It counts them, keeps to `maxConnections` and waits
// for them in `close()`, until they have ended, however that comes about: each ending of the socket is told once.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const { promisify } = require('node:util');

const { RawClient } = require('../support/raw-client');
const { onTcp } = require('../support/over');
const { rawPair, serve } = require('../support/serve');

const turn = promisify(setImmediate);

/** How a socket can end, and what is told of it otherwise than by default: no error, and a FIN. */
const ENDINGS = {
  'destroy()': [({ socket }) => socket._socket.destroy()],
  'destroy() twice': [({ socket }) => socket._socket.destroy().destroy()],
  'destroy(err)': [
    ({ socket }) => {
      socket._socket.on('error', () => {});
      socket._socket.destroy(new Error('because'));
    },
    { hadError: true }
  ],
  'destroySoon()': [({ socket }) => socket._socket.destroySoon()],
  'destroySoon() behind what is written': [
    ({ socket }) => {
      socket.send('framed');
      socket._socket.write('raw');
      socket._socket.destroySoon();
    },
    { last: '\x81\x06framedraw' }
  ],
  'end()': [({ socket }) => socket._socket.end()],
  'end() twice': [({ socket }) => socket._socket.end() && socket._socket.end()],
  'end() with data': [({ socket }) => socket._socket.end('last'), { last: 'last' }],
  'end(), then destroy()': [({ socket }) => socket._socket.end(() => socket._socket.destroy())],
  'resetAndDestroy()': [({ socket }) => socket._socket.resetAndDestroy(), { isReset: true, options: onTcp }],
  'terminate()': [({ socket }) => socket.terminate()],
  'terminate() and destroy()': [
    ({ socket }) => {
      socket.terminate();
      socket._socket.destroy();
    }
  ],
  'the end of the peer': [({ client }) => client.socket.end()],
  // Whether that is an error of the socket, too, depends on who has it, see docs/differences-from-ws.md.
  'a reset by the peer': [
    ({ client }) => client.socket.resetAndDestroy(),
    { hadError: null, isReset: null, options: onTcp }
  ],
  'the ends of both sides at once': [
    ({ client, socket }) => {
      client.socket.end();
      socket._socket.end();
    }
  ]
};

/**
 * Asks a server for its connections.
 *
 * @param {http.Server} server The server
 * @return {Promise<Number>} How many it counts
 */
const countOf = (server) => promisify(server.getConnections.bind(server))();

const cases = Object.entries(ENDINGS);

describe('a connection is counted until it has ended, and ends once:', () => {
  for (const [name, [act, { hadError = false, isReset = false, last = '', options = {} } = {}]] of cases) {
    test(name, options, async (t) => {
      const pair = await rawPair(t);
      const { client, server, socket } = pair;
      const { _socket } = socket;
      const told = [];
      const closed = new Promise((resolve) => server.close(resolve));
      const ends = [once(socket, 'close'), new Promise((resolve) => _socket.once('close', resolve))];

      socket.on('close', (code) => told.push(['WebSocket', code]));
      _socket.on('close', (error) => told.push(['socket', error]));
      assert.equal(await countOf(server), 1);
      act(pair);
      await Promise.all([...ends, closed, client.closed]);
      await turn();

      // Which of the two is told first is up to who noticed.
      assert.deepEqual(told.sort(), [
        ['WebSocket', 1006],
        ['socket', hadError ?? told[1][1]]
      ]);
      assert.equal(await countOf(server), 0);
      assert.deepEqual([_socket.destroyed, _socket._handle], [true, null]);
      if (isReset !== null) {
        assert.equal(client.errored?.code, isReset ? 'ECONNRESET' : undefined);
        assert.equal((await client.rest()).toString('latin1'), last);
        assert.equal(_socket.bytesWritten, client.socket.bytesRead);
      }
    });
  }
});

describe('maxConnections', () => {
  test('counts WebSockets: one too many is dropped, and there is room again when one has ended', async (t) => {
    const { port, server, wss } = await serve(t);
    const dropped = [];
    const open = async () => (await Promise.all([once(wss, 'connection'), RawClient.open(port)]))[1];

    server.maxConnections = 2;
    server.on('drop', (who) => dropped.push(who));

    const [first, second] = [await open(), await open()];
    const third = await RawClient.connect(port);
    const { localPort } = third.socket;

    await third.closed;
    assert.equal(third.socket.bytesRead, 0);
    assert.deepEqual(
      dropped.map((who) => [who.localPort, who.remotePort]),
      [[port, localPort]]
    );
    assert.equal(await countOf(server), 2);
    assert.equal(wss.clients.size, 2);

    const [one] = wss.clients;
    const gone = new Promise((resolve) => one._socket.once('close', resolve));

    one.terminate();
    await gone;
    await first.closed;

    const fourth = await open();

    assert.equal(dropped.length, 1);
    assert.equal(await countOf(server), 2);
    assert.deepEqual([second.ended, fourth.ended], [false, false]);
    for (const { socket } of [second, fourth]) socket.destroy();
  });
});
