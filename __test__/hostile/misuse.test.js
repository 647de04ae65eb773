'use strict';

// What if the application makes the mistake? It is told, as by ws, and connections live on.

const assert = require('node:assert/strict');
const { after, before, describe, test } = require('node:test');

const { RawClient } = require('../support/raw-client');
const { Victim, withNeighbour } = require('../support/victim');

/** How many peers do the same at once. */
const PEERS = 6;
const all = (act) => Promise.all(Array.from({ length: PEERS }, act));

/** In the server: upgrades as the path says; what goes wrong is kept. */
const serveClumsily = async (here) => {
  const http = here.require('node:http');
  const { WebSocketServer, upgrade } = here.upshift;
  const errors = [];
  const open = new Set();
  const server = http.createServer((req, res) => open.add(res));
  const wss = new WebSocketServer({ noServer: true });
  const attempt = (act) => {
    try {
      act();
    } catch (err) {
      errors.push(err.message);
    }
  };

  here.state.errors = errors;
  here.state.open = open;
  server.on('upgrade', (req, socket, head) => {
    const again = () => attempt(() => wss.handleUpgrade(req, socket, head, () => errors.push('upgraded again')));

    if (req.url === '/upgrade') upgrade(req, socket, head).then((ws) => here.watch(ws, req));
    else wss.handleUpgrade(req, socket, head, here.watch);

    if (req.url === '/twice' || req.url === '/waiting') again();
    if (req.url === '/later') setImmediate(again);
    if (req.url === '/other') attempt(() => new WebSocketServer({ noServer: true }).handleUpgrade(req, socket, head));
    if (req.url === '/mixed') upgrade(req, socket, head).catch(({ code }) => errors.push(code));
  });
  return here.listen(server);
};

/** In the server: uses WebSockets after their end, in whichever way it came, and tells what happened. */
const useAfterEnd = async (here, path, end) => {
  const results = [];

  for (const ws of here.sockets.get(path)) {
    const closed = new Promise((resolve) => ws.on('close', resolve));

    if (end === 'close') ws.close(1000);
    else if (end === 'terminate') ws.terminate();
    else ws._socket[end]();

    const tell = async (state) => {
      const told = [];

      for (const act of ['send', 'ping', 'pong']) {
        told.push(await new Promise((resolve) => ws[act]('late', (err) => resolve(err?.message))));
      }

      // Without a callback nobody is told, and repeating the end changes nothing.
      ws.send('late');
      ws.close();
      ws.terminate();
      ws.pause();
      ws.resume();
      results.push([state, ...told]);
    };

    if (ws.readyState === ws.CLOSING && end !== 'close') await tell('CLOSING');
    await closed;
    await tell(ws.readyState);
  }

  return results;
};

describe('an application', () => {
  let victim;
  let port;

  before(async () => {
    victim = await Victim.start();
    port = await victim.run(serveClumsily);
  });

  after(() => victim.end());

  const TWICE =
    'server.handleUpgrade() was called more than once with the same socket, possibly due to a misconfiguration';
  const WAYS = {
    'calls handleUpgrade() twice for one socket': ['/twice', TWICE],
    'calls handleUpgrade() again later': ['/later', TWICE],
    'calls handleUpgrade() of two servers': ['/other', TWICE],
    'calls upgrade() after handleUpgrade()': ['/mixed', 'ERR_UPSHIFT_TAKEN']
  };

  for (const [name, [path, message]] of Object.entries(WAYS)) {
    test(`that ${name} is told, and the connection lives`, () =>
      withNeighbour(victim, port, async () => {
        await all(async () => {
          const client = await RawClient.open(port, { path });

          client.send(1, 'alive');
          assert.equal((await client.frame()).payload.toString(), 'alive');
          client.sendClose(1000);
          await client.rest();
        });
        for (const { close, messages } of await victim.ended(path, PEERS)) {
          assert.deepEqual([close.code, messages], [1000, 1]);
        }

        assert.deepEqual(await victim.run((here) => here.state.errors.splice(0)), Array(PEERS).fill(message));
      }));
  }

  test('that calls handleUpgrade() again while the first call waits is told, and the connection lives', () =>
    withNeighbour(victim, port, async () => {
      const clients = await all(async () => {
        const client = await RawClient.connect(port);

        client.write(`GET / HTTP/1.1\r\nHost: a\r\n\r\n${RawClient.request({ path: '/waiting' })}`);
        return client;
      });

      while ((await victim.run((here) => here.state.errors.length)) < PEERS);
      assert.deepEqual(await victim.run((here) => here.state.errors.splice(0)), Array(PEERS).fill(TWICE));
      await victim.run((here) => {
        for (const res of here.state.open) res.end();
        here.state.open.clear();
      });
      for (const client of clients) {
        assert.match(await client.head(), /^HTTP\/1\.1 200 /);
        assert.match(await client.head(), /^HTTP\/1\.1 101 /);
        client.send(1, 'alive');
        assert.equal((await client.frame()).payload.toString(), 'alive');
        client.socket.destroy();
      }

      await victim.ended('/waiting', PEERS);
    }));

  for (const [path, end] of [
    ['/upgrade', 'close'],
    ['/close', 'close'],
    ['/terminate', 'terminate'],
    ['/destroy', 'destroy'],
    ['/reset', 'resetAndDestroy']
  ]) {
    test(`that sends after ${end}() is told so by callbacks only (${path})`, () =>
      withNeighbour(victim, port, async () => {
        const clients = await all(() => RawClient.open(port, { path }));
        const results = victim.run(useAfterEnd, path, end);

        if (end === 'close') {
          await Promise.all(
            clients.map(async (client) => {
              assert.equal((await client.frame()).opcode, 8);
              client.sendClose(1000);
            })
          );
        }

        for (const [state, ...told] of await results) {
          const name = state === 'CLOSING' ? '2 (CLOSING)' : '3 (CLOSED)';

          assert.deepEqual(told, Array(3).fill(`WebSocket is not open: readyState ${name}`));
        }

        for (const { socket } of clients) socket.destroy();
        await victim.ended(path, PEERS);
      }));
  }
});
