'use strict';

// What does `stats()` tell? The connections there are, what went through them, and where the engine spends its time.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { encode } = require('../support/frames');
const { rawPair } = require('../support/serve');
const { WebSocket, ownAddition } = require('../support/implementation');

/**
 * Waits until a figure has a value.
 *
 * @param {String} name The figure
 * @param {Number} value The value
 * @return {Promise<Object>} The figures then
 */
async function until(name, value) {
  for (;;) {
    const stats = WebSocket.stats();

    if (stats[name] === value) return stats;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('stats()', ownAddition, () => {
  test('counts connections, messages and bytes', async (t) => {
    const { client, socket } = await rawPair(t);
    const before = await until('connections', 1);

    socket.on('message', (data) => socket.send(data));
    client.write(Buffer.concat(Array.from({ length: 10 }, () => encode(2, Buffer.alloc(100)))));
    for (let i = 0; i < 10; i++) await client.frame();

    const after = await until('messagesIn', before.messagesIn + 10);

    assert.equal(after.messagesOut - before.messagesOut, 10);
    assert.equal(after.bytesIn - before.bytesIn, 10 * 106);
    assert.equal(after.bytesOut - before.bytesOut, 10 * 102);

    const closed = once(socket, 'close');

    client.sendClose();
    await closed;
    await until('connections', 0);
  });

  test('has an entry per reactor, of which the totals are made', async (t) => {
    await rawPair(t);

    const { reactors, ...total } = await until('connections', 1);

    assert.ok(reactors.length >= 1);
    for (const name of ['connections', 'messagesIn', 'messagesOut', 'bytesIn', 'bytesOut']) {
      assert.equal(
        total[name],
        reactors.reduce((sum, reactor) => sum + reactor[name], 0),
        name
      );
    }
    for (const { driver } of reactors) assert.equal(typeof driver, 'string');
  });

  test('has the figures that its types list', async (t) => {
    await rawPair(t);

    const types = fs.readFileSync(path.join(__dirname, '..', '..', 'types', 'engine.d.ts'), 'utf8');
    const [, figures] = /interface Figures \{([^}]*)\}/.exec(types);
    const listed = [...figures.matchAll(/^ +(\w+): number;$/gm)].map(([, name]) => name);
    const { reactors, ...total } = await until('connections', 1);

    assert.deepEqual(Object.keys(total).sort(), listed.sort());
    for (const { driver, ...reactor } of reactors) {
      assert.ok(['inline', 'loop', 'thread'].includes(driver), driver);
      assert.deepEqual(Object.keys(reactor).sort(), listed);
    }
  });
});
