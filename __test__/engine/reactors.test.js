'use strict';

// Which reactors are there, and which connection is on which? What the environment and `configure()` say, together; so many
// as are asked for; and another one when all are full.

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const { report } = require('../support/child');

const NONE = { UPSHIFT_DRIVER: '', UPSHIFT_REACTORS: '', UPSHIFT_TEST_CONNECTIONS: '', UPSHIFT_TRANSPORT: '' };
const TOO_LATE = 'Error: The engine runs already: configure it before the first connection';

/**
 * Runs the fixture.
 *
 * @param {Object} env The environment
 * @param {Object} options What it is told
 * @return {Promise<Object>} `{ errors, reactors }`
 */
function run(env, options) {
  return report('reactors', [JSON.stringify(options)], { env: { ...NONE, ...env } });
}

/**
 * So many reactors of a kind.
 *
 * @param {Number} count How many
 * @param {String} driver Who drives them
 * @return {String[]} The drivers
 */
const times = (count, driver) => Array.from({ length: count }, () => driver);

describe('the environment and configure()', () => {
  const threads = { UPSHIFT_DRIVER: 'threads' };
  const three = { UPSHIFT_REACTORS: '3' };

  for (const [name, env, configure, drivers] of [
    ['several threads by the environment', { ...threads, ...three }, [], times(3, 'thread')],
    ['several threads by the program', {}, [{ driver: 'threads', reactors: 4 }], times(4, 'thread')],
    ['the driver by the environment', threads, [{ reactors: 3 }], times(3, 'thread')],
    ['the number by the environment', three, [{ driver: 'threads' }], times(3, 'thread')],
    ['what is undefined is absent', { ...threads, ...three }, [{ driver: undefined }], times(3, 'thread')],
    ['the program knows better', { ...threads, ...three }, [{ driver: 'threads', reactors: 2 }], times(2, 'thread')],
    ['the loop has one', { ...threads, ...three }, [{ driver: 'loop' }], ['loop']],
    ['the loop has one, whatever is asked', {}, [{ driver: 'loop', reactors: 3 }], ['loop']],
    ['the last call counts', {}, [{ driver: 'threads', reactors: 2 }, { driver: 'loop' }], ['loop']]
  ]) {
    test(name, async () => {
      const { errors, reactors } = await run(env, { configure });

      assert.deepEqual(
        reactors.map(({ driver }) => driver),
        drivers
      );
      assert.deepEqual(errors, [TOO_LATE]);
    });
  }

  test('what is not allowed changes nothing', async () => {
    const configure = [{ driver: 'uring' }, { reactors: 0 }, { reactors: 65 }, { reactors: 1.5 }, { reactors: 'many' }];
    const { errors, reactors } = await run({ ...threads, ...three }, { configure });
    const number = (value) =>
      `RangeError: The number of reactors (UPSHIFT_REACTORS) must be an integer from 1 to 64, not ${value}`;

    assert.deepEqual(errors, [
      'RangeError: The driver (UPSHIFT_DRIVER) must be one of auto, loop, threads, not "uring"',
      ...['0', '65', '1.5', '"many"'].map(number),
      TOO_LATE
    ]);
    assert.equal(reactors.length, 3);
  });

  test('it is too late after the first connection, over a stream too', async () => {
    const { errors, reactors } = await run({ UPSHIFT_TRANSPORT: 'stream' }, { connections: 1 });

    assert.deepEqual(errors, [TOO_LATE]);
    assert.deepEqual(reactors, [{ attached: 2, connections: 2, driver: 'inline' }]);
  });
});

describe('several reactors', () => {
  test('share the connections evenly', async () => {
    // Both ends of each connection are in the process.
    const { reactors } = await run({ UPSHIFT_DRIVER: 'threads', UPSHIFT_REACTORS: '3' }, { connections: 9 });

    assert.deepEqual(
      reactors,
      times(3, 'thread').map((driver) => ({ attached: 6, connections: 6, driver }))
    );
  });
});

describe('a reactor that is full', () => {
  const small = { UPSHIFT_TEST_CONNECTIONS: '4' };

  for (const [name, env, deflate, driver] of [
    ['the loop', { UPSHIFT_DRIVER: 'loop' }, false, 'loop'],
    ['a thread', { UPSHIFT_DRIVER: 'threads', UPSHIFT_REACTORS: '1' }, false, 'thread'],
    ['streams', { UPSHIFT_TRANSPORT: 'stream' }, false, 'inline'],
    ['compression', {}, true, 'thread']
  ]) {
    test(`has another one beside it, and room again later: ${name}`, async () => {
      // Ten ends of connections, three times: ids are used again.
      const { reactors } = await run({ ...small, ...env }, { connections: 5, deflate, rounds: 3 });

      const sum = (name) => reactors.reduce((total, reactor) => total + reactor[name], 0);

      assert.deepEqual([sum('connections'), sum('attached')], [10, 30]);
      assert.ok(
        reactors.every(({ connections }) => connections <= 4),
        JSON.stringify(reactors)
      );
      assert.deepEqual(
        reactors.map((reactor) => reactor.driver),
        times(3, driver)
      );
    });
  }
});
