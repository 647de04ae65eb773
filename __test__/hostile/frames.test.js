'use strict';

// What do malformed frames do? The application gets the one precise error, the peer the one precise close code, nothing
// is left behind, and nobody else notices; whether the bytes come at once or one by one.

const assert = require('node:assert/strict');
const { after, before, describe, test } = require('node:test');

const { BREACHES } = require('../support/breaches');
const { encode } = require('../support/frames');
const { RawClient } = require('../support/raw-client');
const { Victim, withNeighbour } = require('../support/victim');

/** How many peers do the same at once, in each way. */
const PEERS = 3;
/** Bytes sent one by one at most: what is wrong shows early. */
const DRIPS = 24;

/** Ways of sending. */
const WAYS = [
  /** At once, between messages. */
  async (client, bytes) => client.write(Buffer.concat([encode(1, 'before'), bytes, encode(1, 'behind')])),
  /** Byte by byte, each in a packet of its own. */
  async (client, bytes) => {
    client.socket.setNoDelay();
    client.send(1, 'before');
    for (const byte of bytes.subarray(0, DRIPS)) {
      client.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }

    client.write(bytes.subarray(DRIPS));
  }
];

/**
 * Waits for the echo of what came before the breach, the close frame and the end.
 *
 * @param {RawClient} client The client
 * @return {Promise<Object[]>} The frames
 */
async function framesOf(client) {
  const frames = [];

  do frames.push(await client.frame());
  while (frames.at(-1).opcode !== 8);

  assert.equal((await client.rest()).length, 0);
  client.socket.destroy();
  // A ping may have come in between.
  return frames.filter(({ opcode }) => opcode !== 10);
}

/**
 * Commits a breach.
 *
 * @param {Number} port Where
 * @param {String} path The target of the request
 * @param {Object} breach Which
 * @param {Function} send How
 * @return {Promise<Object[]>} What came back
 */
async function commit(port, path, { bytes }, send) {
  const client = await RawClient.open(port, { path });
  const frames = framesOf(client);

  await send(client, bytes);
  return frames;
}

describe('malformed frames', () => {
  const ports = new Map();
  let victim;

  before(async () => {
    victim = await Victim.start();
    for (const { options } of Object.values(BREACHES)) {
      const key = JSON.stringify(options);

      if (!ports.has(key)) ports.set(key, await victim.serve({ closeTimeout: 60000, ...options }));
    }
  });

  after(() => victim.end());

  for (const [index, [name, breach]] of Object.entries(BREACHES).entries()) {
    const { closeCode, code, message, options, type } = breach;

    test(`${name}: ${code}, ${closeCode}`, async () => {
      const port = ports.get(JSON.stringify(options));
      const peers = WAYS.flatMap((way) => Array(PEERS).fill(way));

      await withNeighbour(victim, ports.get('{}'), async () => {
        const replies = await Promise.all(peers.map((way) => commit(port, `/${index}`, breach, way)));

        for (const story of await victim.ended(`/${index}`, peers.length)) {
          assert.deepEqual(story.error, { code, message, type });
          assert.deepEqual(story.close, { code: 1006, reason: '' });
        }

        for (const frames of replies) {
          assert.equal(frames[0].payload.toString(), 'before');
          assert.deepEqual([...frames.at(-1).payload], [closeCode >> 8, closeCode & 0xff]);
          assert.ok(!frames.some(({ payload }) => payload.toString() === 'behind'));
        }
      });
    });
  }
});
