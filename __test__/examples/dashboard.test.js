'use strict';

// Does examples/dashboard tell what the engine does, and to its own page only?

const assert = require('assert');
const { test } = require('node:test');

const { Client, Example, refusal } = require('./support/example');

test('its page gets figures, from the first one on', async (t) => {
  const example = await Example.start(t, 'dashboard/server.js');
  const page = await fetch(example.url);
  assert.match(await page.text(), /messages in per second/);
  assert.strictEqual((await fetch(new URL('/other', example.url))).status, 404);

  const { origin } = new URL(example.url);
  const client = await Client.open(t, example.ws('/stats'), { origin });
  const first = await client.json();
  for (const name of ['connections', 'messagesIn', 'messagesOut', 'bytesIn', 'bytesOut', 'memory']) {
    assert.ok(Number.isInteger(first[name]) && first[name] >= 0, `${name}: ${first[name]}`);
  }
  assert.strictEqual(first.connections, 1);
  await Client.open(t, example.ws('/stats'), { origin });
  assert.ok(await client.until(({ connections, messagesOut }) => connections === 2 && messagesOut > 0));
  await example.interrupt();
  assert.strictEqual((await client.close()).code, 1001);
});

test('other pages and programs get nothing', async (t) => {
  const example = await Example.start(t, 'dashboard/server.js');
  for (const options of [{}, { origin: 'http://evil.test' }, { origin: 'null' }]) {
    assert.strictEqual((await refusal(example.ws('/stats'), options)).status, 401);
  }
});

test('who watches has nothing to say', async (t) => {
  const example = await Example.start(t, 'dashboard/server.js');
  const client = await Client.open(t, example.ws('/stats'), { origin: new URL(example.url).origin });
  client.send('figures, please');
  assert.strictEqual((await client.close()).code, 1009);
});
