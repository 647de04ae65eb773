'use strict';

// Does everything come through `emit()`, where somebody has replaced it? Tools for tracing do, and node:domain.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');

const { report } = require('../support/child');
const { ownAddition } = require('../support/implementation');
const { rawPair } = require('../support/serve');

describe('emit()', () => {
  for (const moment of ['before', 'after']) {
    test(`of all emitters sees every event, replaced ${moment} the package was loaded`, async () => {
      const seen = await report('replaced-emit', ['trace', moment]);

      assert.deepEqual(
        seen.filter((event) => event === 'message' || event === 'ping'),
        ['message', 'message', 'ping']
      );
    });

    test(`of node:domain, loaded ${moment} the package, catches what a message handler throws`, async () => {
      const [first] = await report('replaced-emit', ['domain', moment]);

      assert.equal(first, 'caught one');
    });
  }

  test('of a class that extends WebSocket sees every event', async (t) => {
    const { client, socket } = await rawPair(t);
    const seen = [];
    const { emit } = socket;

    socket.on('message', () => {});
    Object.setPrototypeOf(
      socket,
      Object.create(Object.getPrototypeOf(socket), {
        emit: {
          value(...args) {
            seen.push(args[0]);
            return emit.apply(this, args);
          }
        }
      })
    );
    client.send(1, 'text');
    client.send(9, 'ping');
    await once(socket, 'ping');
    assert.deepEqual(seen, ['message', 'ping']);
  });

  test('costs a message nothing as long as it is what Node.js has made it', ownAddition, async (t) => {
    const { client, socket } = await rawPair(t);

    client.send(1, 'text');

    const stack = await new Promise((resolve) => socket.on('message', () => resolve(new Error('here').stack)));

    assert.match(stack, /_\$onMessage/);
    assert.doesNotMatch(stack, /node:events/);
  });
});
