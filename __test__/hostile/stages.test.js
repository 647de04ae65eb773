'use strict';

// What happens when a peer resets, half-closes or falls silent in the middle of something? The connection ends as it
// should, within closeTimeout at the latest, and nothing is left behind.

const assert = require('node:assert/strict');
const { describe } = require('node:test');

const { encode, encodeClose } = require('../support/frames');
const { RawClient } = require('../support/raw-client');
const { atOnce, besiege } = require('../support/siege');

/** How many peers do the same at once. */
const PEERS = 8;
/** A message that is put together in memory of its own. */
const LARGE = encode(2, 'x'.repeat(300000));

/** What a peer has sent when it stops, after a message that was answered. */
const STAGES = {
  'between messages': Buffer.alloc(0),
  'after one byte of a header': Buffer.from([0x82]),
  'inside the length of a header': LARGE.subarray(0, 5),
  'inside the mask of a header': LARGE.subarray(0, 12),
  'inside a small payload': encode(1, 'hello').subarray(0, 8),
  'inside a large payload': LARGE.subarray(0, 200000),
  'between fragments': encode(1, 'hello', { fin: false }),
  'inside a continuation': Buffer.concat([encode(2, 'a', { fin: false }), encode(0, 'hello').subarray(0, 7)]),
  'inside a ping': encode(9, 'hello').subarray(0, 8),
  'inside a close frame': encodeClose(1000, 'bye').subarray(0, 7)
};

/**
 * Connects and comes to a stage.
 *
 * @param {Number} port Where
 * @param {String} path The target of the request
 * @param {Buffer} [bytes] What to send
 * @return {Promise<RawClient>} The client
 */
async function reach(port, path, bytes = Buffer.alloc(0)) {
  const client = await RawClient.open(port, { path });

  client.send(1, 'first');
  assert.equal((await client.frame()).payload.toString(), 'first');
  client.write(bytes);
  return client;
}

/**
 * Resets a connection, after what was written has gone out.
 *
 * @param {RawClient} client The client
 */
function reset(client) {
  client.socket.write('', () => client.socket.resetAndDestroy());
}

/** In the server: closes the WebSockets of a path. */
const closeAll = (here, path) => here.sockets.get(path).forEach((ws) => ws.close(1001));
/** In the server: sends 10 MiB to each of them. */
const flood = (here, path) => {
  for (const ws of here.sockets.get(path)) {
    for (let i = 0; i < 40; i++) ws.send(Buffer.alloc(1 << 18));
  }
};
/** In the server: lets handshakes wait until they are decided on. */
const serveWithDoorman = (here) => {
  const waiting = [];

  here.state.waiting = waiting;
  return here.serve({
    http: { headersTimeout: 200, connectionsCheckingInterval: 50 },
    verifyClient({ req }, decide) {
      if (req.url === '/neighbour') decide(true);
      else waiting.push(decide);
    }
  });
};

/**
 * Lets many peers do something.
 *
 * @param {Function} act What one does
 * @return {Promise<Array>} What came of it
 */
const all = (act) => atOnce(PEERS, act);

/**
 * Checks how the connections of an attack ended: without an error, after the message of `reach()`.
 *
 * @param {Victim} victim The process
 * @param {String} path The target of their requests
 * @param {(Number|Number[])} [codes] The close codes there may be
 */
async function ended(victim, path, codes = 1006) {
  for (const { close, error, messages } of await victim.ended(path, PEERS)) {
    assert.equal(error, null);
    assert.ok([codes].flat().includes(close.code), `${close.code}`);
    assert.equal(messages, 1);
  }
}

describe('a peer', () => {
  const { attack } = besiege((victim) => victim.serve({ closeTimeout: 150 }));

  for (const [index, [stage, bytes]] of Object.entries(STAGES).entries()) {
    attack(`that resets ${stage} makes 1006`, async ({ victim, where }) => {
      await all(async () => reset(await reach(where, `/reset-${index}`, bytes)));
      await ended(victim, `/reset-${index}`);
    });

    attack(`that half-closes ${stage} makes 1006, and a FIN comes back`, async ({ victim, where }) => {
      await all(async () => {
        const client = await reach(where, `/fin-${index}`, bytes);

        client.socket.end();
        assert.equal((await client.rest()).length, 0);
        await client.closed;
        assert.equal(client.errored, null);
      });
      await ended(victim, `/fin-${index}`);
    });

    attack(`that falls silent ${stage} is dropped after closeTimeout`, async ({ victim, where }) => {
      const clients = await all(() => reach(where, `/silent-${index}`, bytes));

      await victim.run(closeAll, `/silent-${index}`);
      for (const client of clients) {
        client.endsToo = false;
        assert.equal((await client.frame()).payload.readUInt16BE(0), 1001);
        await client.rest();
        client.socket.destroy();
      }

      await ended(victim, `/silent-${index}`);
    });
  }
});

/** What a peer does inside the closing handshake, and the close code that makes. */
const REACTIONS = {
  'that resets': [reset, 1006],
  'that half-closes': [(client) => client.socket.end(), 1006],
  'that is silent': [() => {}, 1006],
  'that answers and resets': [
    (client) => {
      client.sendClose(1001);
      reset(client);
    },
    // The reset may take the answer with it.
    [1001, 1006]
  ],
  'that answers and half-closes': [
    (client) => {
      client.sendClose(1001);
      client.socket.end();
    },
    1001
  ],
  'that answers and is silent': [(client) => client.sendClose(1001), 1001],
  'that answers half': [(client) => client.write(encodeClose(1001).subarray(0, 7)), 1006],
  'that pings for ever': [
    (client) => {
      const timer = setInterval(() => client.send(9, 'still there?'), 5);

      client.socket.on('close', () => clearInterval(timer));
    },
    1006
  ]
};

describe('inside the closing handshake, a peer', () => {
  const { attack } = besiege((victim) => victim.serve({ closeTimeout: 150 }));

  for (const [index, [name, [react, codes]]] of Object.entries(REACTIONS).entries()) {
    attack(`${name} makes ${codes}`, async ({ victim, where }) => {
      const clients = await all(() => reach(where, `/${index}`));

      await victim.run(closeAll, `/${index}`);
      await Promise.all(clients.map((client) => client.frame()));
      for (const client of clients) client.endsToo = false;

      clients.forEach(react);
      await ended(victim, `/${index}`, codes);
      for (const client of clients) client.socket.destroy();
    });
  }

  attack('that closes and resets makes its own code or 1006', async ({ victim, where }) => {
    await all(async () => reset(await reach(where, '/close-reset', encodeClose(4000))));
    await ended(victim, '/close-reset', [4000, 1006]);
  });

  attack('that closes and then holds the connection is dropped after closeTimeout', async ({ victim, where }) => {
    const clients = await all(() => reach(where, '/close-hold', encodeClose(4000)));

    for (const client of clients) {
      client.endsToo = false;
      assert.equal((await client.frame()).payload.readUInt16BE(0), 4000);
    }

    await ended(victim, '/close-hold', 4000);
    for (const client of clients) client.socket.destroy();
  });
});

/** How a peer leaves with much output on its way. */
const LEAVES = {
  'that resets makes 1006': (client) => client.socket.resetAndDestroy(),
  'that destroys its socket makes 1006': (client) => client.socket.destroy(),
  'that half-closes gets all of it': async (client) => {
    client.socket.end();
    client.socket.resume();
    for (let i = 0; i < 40; i++) assert.equal((await client.frame()).payload.length, 1 << 18);
    await client.rest();
  }
};

describe('with much output on its way, a peer', () => {
  const { attack } = besiege((victim) => victim.serve({ closeTimeout: 60000 }));

  for (const [index, [name, leave]] of Object.entries(LEAVES).entries()) {
    attack(name, async ({ victim, where }) => {
      const path = `/output-${index}`;
      const clients = await all(() => reach(where, path));

      for (const client of clients) client.socket.pause();
      await victim.run(flood, path);
      await Promise.all(clients.map(leave));
      await ended(victim, path);
    });
  }
});

const REQUEST = RawClient.request({ path: '/doorman' });
/** What a peer has sent of the handshake when it stops. */
const PARTS = {
  'inside the request line': REQUEST.slice(0, 9),
  'inside a header': REQUEST.slice(0, 60),
  'before the empty line': REQUEST.slice(0, -2),
  'while verifyClient is awaited': REQUEST,
  'while verifyClient is awaited, with a frame behind': REQUEST + encode(1, 'early').toString('latin1')
};
const WAYS = {
  resets: reset,
  'half-closes': (client) => client.socket.end(),
  'falls silent': () => {}
};

describe('inside the handshake, a peer', () => {
  const { attack } = besiege((victim) => victim.run(serveWithDoorman));

  for (const [stage, bytes] of Object.entries(PARTS)) {
    for (const [way, leave] of Object.entries(WAYS)) {
      attack(`that ${way} ${stage} leaves nothing behind`, async ({ victim, where }) => {
        const waits = bytes.length >= REQUEST.length;
        const clients = await all(async () => {
          const client = await RawClient.connect(where);

          client.write(Buffer.from(bytes, 'latin1'));
          return client;
        });

        while (waits && (await victim.run((here) => here.state.waiting.length)) < PEERS);
        clients.forEach(leave);
        if (way === 'resets') await Promise.all(clients.map(({ closed }) => closed));
        if (waits) {
          await victim.run((here) => here.state.waiting.splice(0).forEach((decide) => decide(true)));
        } else if (way === 'falls silent') {
          for (const client of clients) assert.match(await client.head(), /^HTTP\/1\.1 408 /);
        }

        if (way === 'half-closes') await Promise.all(clients.map((client) => client.rest()));
        for (const client of clients) client.socket.destroy();
      });
    }
  }
});
