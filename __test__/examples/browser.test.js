'use strict';

// Does the server of examples/browser take lines of chat and nothing else? (The page: __test__/peers/examples.test.js.)

const assert = require('assert');
const { test } = require('node:test');

const { Client, Example, refusal } = require('./support/example');

const enter = (t, example) => Client.open(t, example.ws('/chat'), { origin: new URL(example.url).origin });

test('all hear what one says, and no more of it than a line of chat has', async (t) => {
  const example = await Example.start(t, 'browser/server.js');
  const [ali, groucho] = [await enter(t, example), await enter(t, example)];
  ali.send({ name: 'Ali', text: 'open', more: 'x', __proto__: null });
  for (const client of [ali, groucho]) assert.deepStrictEqual(await client.json(), { name: 'Ali', text: 'open' });
  await example.interrupt();
  assert.strictEqual((await groucho.close()).code, 1012);
});

test('what is no line costs the connection', async (t) => {
  const example = await Example.start(t, 'browser/server.js');
  const bad = ['', '[', 'null', '1', '{}', '{"name":"","text":"x"}', '{"name":{},"text":"x"}'];
  for (const message of [...bad, JSON.stringify({ name: 'x'.repeat(33), text: 'x' })]) {
    const client = await enter(t, example);
    client.send(message);
    assert.deepStrictEqual(await client.close(), { code: 1007, reason: 'Not a line of chat' });
  }
  const client = await enter(t, example);
  client.send('x'.repeat(4097));
  assert.strictEqual((await client.close()).code, 1009);
});

test('it serves its page, and other pages do not get in', async (t) => {
  const example = await Example.start(t, 'browser/server.js');
  const page = await fetch(example.url);
  assert.match(page.headers.get('content-security-policy'), /default-src 'self'/);
  assert.match(await page.text(), /page\.js/);
  assert.match(await (await fetch(new URL('/page.js', example.url))).text(), /new WebSocket/);
  assert.strictEqual((await fetch(new URL('/server.js', example.url))).status, 404);
  assert.strictEqual((await refusal(example.ws('/chat'), { origin: 'http://evil.test' })).status, 401);
});
