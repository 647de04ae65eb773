'use strict';

// Does the policy do in a server what it does on paper? Under load the connections move to a thread, when it is silent
// they come back, and in between nothing flaps.

const assert = require('assert');
const { test } = require('node:test');
const { setTimeout: sleep } = require('timers/promises');

const Server = require('../../bench/lib/server');
const { Generator, buildGenerator } = require('../../bench/lib/generator');

/** A machine that is busy with other things may need a while to be busy with this. */
const PATIENCE = 60_000;

/**
 * How many switches there may be: the stay doubles with each return within a second, so that all but the first few take
 * longer than one.
 */
const FEW = 6;

/**
 * Waits until the driver of a server is the one expected.
 *
 * @param {Server} server The server
 * @param {function(object): boolean} isIt Says so of the only reactor
 * @return {Promise<object>} The figures then
 * @private
 */
async function until(server, isIt) {
  const deadline = Date.now() + PATIENCE;

  for (;;) {
    const { stats } = await server.state();

    if (stats.reactors.length === 1 && isIt(stats.reactors[0])) return stats;
    assert.ok(Date.now() < deadline, `${JSON.stringify(stats.reactors)} after ${PATIENCE} ms`);
    await sleep(20);
  }
}

test('auto: load brings a thread, silence the loop', async () => {
  const program = buildGenerator();
  const server = await Server.start({ env: { UPSHIFT_DRIVER: 'auto' }, script: 'upshift.js' }, { cores: null });
  const load = ['echo', '--conns', 50, '--pipeline', 50, '--size', 1024, '--secs', PATIENCE / 500];

  try {
    const began = Date.now();
    const generator = new Generator(program, null, [...load, '--port', server.port, '--pid', server.pid]);

    generator.result().catch(() => {});
    try {
      await until(server, ({ driver }) => driver === 'thread');
      // The load goes on for as long as the tides of a policy without hysteresis would take.
      await sleep(1000);
    } finally {
      await generator.stop();
    }

    const { switches } = await until(server, ({ connections, driver }) => driver === 'loop' && connections === 0);
    const seconds = (Date.now() - began) / 1000;

    assert.ok(switches >= 2 && switches % 2 === 0, `${switches} switches`);
    assert.ok(switches <= FEW + seconds, `${switches} switches in ${seconds} s`);
    await sleep(300);
    assert.strictEqual((await until(server, ({ driver }) => driver === 'loop')).switches, switches);
  } finally {
    await server.stop();
  }
});
