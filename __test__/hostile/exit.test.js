'use strict';

// What happens when the process ends in the middle of traffic? It ends with its own code and nothing on stderr, and every
// peer sees the end.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { RawClient } = require('../support/raw-client');
const { Victim } = require('../support/victim');

/** How many peers keep the server busy, with how many messages each, of which sizes. */
const PEERS = 20;
const IN_FLIGHT = 10;
const SIZES = [5, 200, 20000, 100000];
/** How often each way is tried: what goes wrong does so now and then. */
const TIMES = 2;

/** Ways to end, in the server: what is done, and what then is the exit code or the signal. */
const WAYS = {
  'process.exit() in a timer': [() => setTimeout(() => process.exit(7), 50), 7],
  'process.exit() in a handler': [
    (here) => {
      for (const ws of here.sockets.get('/busy')) ws.on('message', () => process.exit(7));
    },
    7
  ],
  "process.exit() in a 'close' handler": [
    (here) => {
      const [ws] = here.sockets.get('/busy');

      ws.on('close', () => process.exit(7));
      ws.terminate();
    },
    7
  ],
  'process.exit() before what was sent crossed': [
    (here) => {
      for (const ws of here.sockets.get('/busy')) {
        for (let i = 0; i < 50; i++) ws.send(Buffer.alloc(i * 1000));
      }
      process.exit(7);
    },
    7
  ],
  'process.exit() after all were terminated': [
    (here) => {
      for (const ws of here.sockets.get('/busy')) ws.terminate();
      process.exit(7);
    },
    7
  ],
  'a handler that throws': [
    (here) => {
      for (const ws of here.sockets.get('/busy')) {
        ws.on('message', () => {
          process.once('uncaughtException', () => process.exit(8));
          throw new Error('as asked');
        });
      }
    },
    8
  ],
  SIGTERM: [() => process.kill(process.pid, 'SIGTERM'), 'SIGTERM']
};

/**
 * Keeps a server busy until it is gone.
 *
 * @param {RawClient} client The client
 * @param {Buffer} payload What it sends
 */
async function keepBusy(client, payload) {
  for (let i = 0; i < IN_FLIGHT; i++) client.send(2, payload);
  for (;;) {
    const frame = await client.frame().catch(() => null);

    if (frame === null) break;
    client.send(2, payload);
  }

  client.socket.destroy();
  await client.closed;
}

describe('a process that is busy', () => {
  for (const [name, [act, expected]] of Object.entries(WAYS)) {
    test(`ends as it should by ${name}`, async () => {
      for (let time = 0; time < TIMES; time++) {
        const victim = await Victim.start();
        const port = await victim.serve();
        const exit = once(victim.child, 'close');
        const clients = await Promise.all(Array.from({ length: PEERS }, () => RawClient.open(port, { path: '/busy' })));
        const ends = clients.map((client, i) => keepBusy(client, Buffer.alloc(SIZES[i % SIZES.length], i)));

        victim.run(act).catch(() => {});

        const [code, signal] = await exit;

        assert.equal(code ?? signal, expected, victim.errors);
        assert.equal(victim.errors, '');
        await Promise.all(ends);
      }
    });
  }
});
