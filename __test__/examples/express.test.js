'use strict';

// Does the app of examples/express.js serve those who are logged in, by requests and WebSockets, and nobody else?

const assert = require('assert');
const { test } = require('node:test');

const { Client, Example, refusal } = require('./support/example');

const form = (values) => ({ method: 'POST', body: new URLSearchParams(values) });

/**
 * @param {Example} example The server
 * @return {Promise<Object>} The headers of somebody who is logged in
 */
async function logIn(example) {
  const answer = await fetch(new URL('/login', example.url), form({ name: 'Ali', password: 'sesame' }));
  const cookie = answer.headers.get('set-cookie');
  assert.match(cookie, /^session=[\w-]{22}; .*HttpOnly; SameSite=Lax/);
  return { Cookie: `other=1; ${cookie.split(';')[0]}` };
}

test('news that are posted are heard by those who listen', async (t) => {
  const example = await Example.start(t, 'express.js');
  const headers = await logIn(example);
  const readers = [
    await Client.open(t, example.ws('/news'), { headers }),
    await Client.open(t, example.ws('/news'), { headers })
  ];
  for (const reader of readers) assert.deepStrictEqual(await reader.json(), { hello: 'Ali' });
  const posted = await fetch(new URL('/news', example.url), { ...form({ text: 'open' }), headers });
  assert.deepStrictEqual(await posted.json(), { readers: 2 });
  for (const reader of readers) assert.deepStrictEqual(await reader.json(), { from: 'Ali', text: 'open' });
  const bad = await fetch(new URL('/news', example.url), { ...form({ other: 'x' }), headers });
  assert.strictEqual(bad.status, 400);
  readers[0].send('me too');
  assert.deepStrictEqual(await readers[0].close(), { code: 1008, reason: 'News are only read here' });
  await example.interrupt();
  assert.strictEqual((await readers[1].close()).code, 1001);
});

test('who is not logged in gets the same answer by either way', async (t) => {
  const example = await Example.start(t, 'express.js');
  for (const headers of [{}, { Cookie: 'session=' }, { Cookie: 'session=made-up' }, { Cookie: 'mysession=x' }]) {
    const { status, body } = await refusal(example.ws('/news'), { headers });
    const plain = await fetch(new URL('/news', example.url), { ...form({ text: 'x' }), headers });
    assert.deepStrictEqual([status, body], [401, '{"error":"Log in first"}']);
    assert.deepStrictEqual([plain.status, await plain.text()], [status, body]);
  }
  for (const values of [{}, { name: 'Ali' }, { name: 'Ali', password: 'x' }, { name: 'Zoë', password: 'sesame' }]) {
    assert.strictEqual((await fetch(new URL('/login', example.url), form(values))).status, 401);
  }
});

test('what is no route of the app is not found, and too long is too long', async (t) => {
  const example = await Example.start(t, 'express.js');
  const headers = await logIn(example);
  assert.strictEqual((await refusal(example.ws('/other'), { headers })).status, 404);
  const loud = await Client.open(t, example.ws('/news'), { headers });
  loud.send('x'.repeat(4097));
  assert.strictEqual((await loud.close()).code, 1009);
  await example.interrupt();
});
