'use strict';

// What happens when a server runs out of descriptors? Who is connected notices nothing, who comes on top is refused or
// waits as Node has it, or stays on a stream, and all is as before when there are descriptors again.

const assert = require('node:assert/strict');
const { after, before, describe, test } = require('node:test');

const { RawClient } = require('../support/raw-client');
const { Victim, withNeighbour } = require('../support/victim');

const LIMIT = 2000;
const CROWD = 2500;
/** How many of them connect before the others. */
const EARLY = 100;
/** How a connection travels when nothing is short. */
const USUAL = process.env.UPSHIFT_TRANSPORT === 'stream' ? 'stream' : 'fd';

/**
 * Connects a client without waiting for it.
 *
 * @param {Number} port Where
 * @return {Object} The client; `outcome` will be 'open', 'refused' or, as long as nothing happens, 'waiting'
 */
function come(port) {
  const visitor = { outcome: 'waiting', client: null };
  const request = RawClient.request({ path: '/crowd' });

  RawClient.connect(port)
    .then(async (client) => {
      visitor.client = client;
      client.write(request);
      assert.match(await client.head(), /^HTTP\/1\.1 101 /);
      visitor.outcome = 'open';
    })
    .catch(() => (visitor.outcome = 'refused'));
  return visitor;
}

/**
 * Lets each client of a crowd exchange a message.
 *
 * @param {Object[]} crowd The clients
 * @param {String} text The message
 */
async function talk(crowd, text) {
  for (const { client } of crowd) client.send(1, text);
  for (const { client } of crowd) assert.equal((await client.frame()).payload.toString(), text);
}

/**
 * Waits until nobody is refused or let in any more.
 *
 * @param {Object[]} crowd The clients
 * @return {Promise<Object>} How many there are of each outcome
 */
async function settled(crowd) {
  let still = 0;
  let last = '';
  let counts;

  // Some may wait until others leave; two seconds without a change are taken for that.
  while (still < 40 && counts?.waiting !== 0) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    counts = { open: 0, refused: 0, waiting: 0 };
    for (const { outcome } of crowd) counts[outcome]++;
    still = JSON.stringify(counts) === last ? still + 1 : 0;
    last = JSON.stringify(counts);
  }

  return counts;
}

/** In the server: takes all descriptors but some. */
const takeAllBut = (here, free) => {
  const fs = here.require('node:fs');
  const taken = [];

  try {
    for (;;) taken.push(fs.openSync('/dev/null'));
  } catch (err) {
    if (err.code !== 'EMFILE') throw err;
  }

  for (let i = 0; i < free; i++) fs.closeSync(taken.pop());
  here.state.taken = taken;
};
/** In the server: gives them back. */
const giveBack = (here) => here.state.taken.splice(0).forEach(here.require('node:fs').closeSync);

describe('a server without descriptors', () => {
  let victim;
  let port;

  before(async () => {
    victim = await Victim.start({ descriptors: LIMIT });
    port = await victim.serve();
  });

  after(() => victim.end());

  /**
   * Lets one more client come and go.
   *
   * @return {Promise<String>} How its bytes travelled
   */
  async function transport() {
    const client = await RawClient.open(port, { path: '/one' });

    client.send(1, 'hello');
    assert.equal((await client.frame()).payload.toString(), 'hello');
    client.sendClose(1000);
    await client.rest();

    const [story] = await victim.ended('/one');

    assert.equal(story.close.code, 1000);
    return story.transport;
  }

  test(`keeps those it has of ${CROWD} clients, and recovers`, () =>
    withNeighbour(victim, port, async () => {
      const early = Array.from({ length: EARLY }, () => come(port));

      assert.equal((await settled(early)).open, EARLY);

      const late = Array.from({ length: CROWD - EARLY }, () => come(port));
      const counts = await settled(late);

      // Each takes one descriptor, and a second one for a moment.
      assert.ok(counts.open + EARLY > LIMIT * 0.9 && counts.open + EARLY < LIMIT, JSON.stringify(counts));
      assert.ok(counts.refused + counts.waiting >= CROWD - LIMIT, JSON.stringify(counts));
      await talk(early, 'still here');
      await talk(
        late.filter(({ outcome }) => outcome === 'open'),
        'here too'
      );

      for (const { client } of early) client.socket.destroy();
      for (const { client } of late) client?.socket.destroy();
      // Those that waited were let in when others left, and are gone by now.
      await victim.ended('/crowd', EARLY + counts.open);
      await settled(late);
      assert.equal(await transport(), USUAL);
      victim.stories.clear();
    }));

  test('keeps a connection on a stream for which there is no second one', () =>
    withNeighbour(victim, port, async () => {
      await victim.run(takeAllBut, 1);

      const client = await RawClient.open(port, { path: '/poor' });
      const refused = come(port);

      client.send(1, 'all the same');
      assert.equal((await client.frame()).payload.toString(), 'all the same');
      while (refused.outcome === 'waiting') await new Promise((resolve) => setImmediate(resolve));
      assert.equal(refused.outcome, 'refused');

      await victim.run(giveBack);
      assert.equal(await transport(), USUAL);
      client.send(1, 'and now');
      assert.equal((await client.frame()).payload.toString(), 'and now');
      client.socket.destroy();

      const [{ transport: travelled }] = await victim.ended('/poor');

      assert.equal(travelled, 'stream');
    }));
});
