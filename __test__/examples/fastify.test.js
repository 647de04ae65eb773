'use strict';

// Do the hooks of examples/fastify.js apply to WebSockets as to requests, and does the room tell what happens in it?

const assert = require('assert');
const { test } = require('node:test');

const { Client, Example, refusal } = require('./support/example');

const as = (name) => ({ headers: { Authorization: `Bearer ${name}` } });

test('others hear what one says', async (t) => {
  const example = await Example.start(t, 'fastify.js');
  const ali = await Client.open(t, example.ws('/room'), as('Ali'));
  const groucho = await Client.open(t, example.ws('/room'), as('Groucho'));
  assert.deepStrictEqual(await ali.json(), { type: 'joined', user: 'Groucho' });
  groucho.send('swordfish');
  assert.deepStrictEqual(await ali.json(), { type: 'said', user: 'Groucho', text: 'swordfish' });
  assert.deepStrictEqual(groucho.messages, []);
  assert.deepStrictEqual(await (await fetch(new URL('/room/members', example.url), as('Ali'))).json(), { members: 2 });
  groucho.send(Buffer.from([1]));
  assert.deepStrictEqual(await groucho.close(), { code: 1003, reason: 'Text only' });
  assert.deepStrictEqual(await ali.json(), { type: 'left', user: 'Groucho' });
  await example.interrupt();
});

test('the hook is for both', async (t) => {
  const example = await Example.start(t, 'fastify.js');
  for (const headers of [{}, { Authorization: 'Bearer' }, { Authorization: 'Bearer a b' }]) {
    const { status, body, headers: given } = await refusal(example.ws('/room'), { headers });
    assert.deepStrictEqual([status, body, given['www-authenticate']], [401, '{"error":"Who are you?"}', 'Bearer']);
    assert.strictEqual((await fetch(new URL('/room/members', example.url), { headers })).status, 401);
  }
  assert.strictEqual((await refusal(example.ws('/other'), as('Ali'))).status, 404);
  const loud = await Client.open(t, example.ws('/room'), as('Ali'));
  loud.send('x'.repeat(4097));
  assert.strictEqual((await loud.close()).code, 1009);
  await example.interrupt();
});
