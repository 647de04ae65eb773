'use strict';

// Does examples/ticker.js send what was asked for, and does a slow reader get less instead of old news?

const assert = require('assert');
const { setTimeout: pause } = require('timers/promises');
const { test } = require('node:test');

const { RawClient } = require('../support/raw-client');
const { Client, Example } = require('./support/example');

test('a reader gets the shares he asked for', async (t) => {
  const example = await Example.start(t, 'ticker.js', { TICK_MS: '20' });
  const client = await Client.open(t, example.ws());
  client.send({ subscribe: ['SHARE1', 'SHARE20'] });
  for (let i = 0; i < 3; i++) {
    const { time, quotes } = await client.json();
    assert.ok(Math.abs(Date.now() - time) < 10_000);
    assert.deepStrictEqual(Object.keys(quotes), ['SHARE1', 'SHARE20']);
    for (const price of Object.values(quotes)) assert.match(price, /^\d+\.\d\d$/);
  }
  client.send({ subscribe: 'all' });
  await client.until(({ quotes }) => Object.keys(quotes).length === 20);
  client.send({ subscribe: [] });
  await example.interrupt();
  assert.strictEqual((await client.close()).code, 1001);
});

test('what is no subscription costs the connection', async (t) => {
  const example = await Example.start(t, 'ticker.js');
  for (const bad of [
    '',
    '{',
    'null',
    '[]',
    '{"subscribe":["NONE"]}',
    '{"subscribe":{}}',
    '{"subscribe":["SHARE1",null]}'
  ]) {
    const client = await Client.open(t, example.ws());
    client.send(bad);
    assert.deepStrictEqual(await client.close(), { code: 1008, reason: 'Not a subscription' });
  }
  const client = await Client.open(t, example.ws());
  client.send({ subscribe: Array(10_000).fill('SHARE1') });
  assert.strictEqual((await client.close()).code, 1009);
});

test('a slow reader is spared what has been overtaken, and then is up to date', async (t) => {
  const example = await Example.start(t, 'ticker.js', { TICK_MS: '5', SHARES: '1000' });
  const slow = await RawClient.open(Number(new URL(example.url).port));
  slow.socket.pause();
  slow.send(1, JSON.stringify({ subscribe: 'all' }));
  // The kernel takes some megabytes before anything has to wait; then news are skipped until he reads again.
  const news = [];
  const read = async () => {
    const { payload } = await slow.frame();
    news.push(JSON.parse(payload));
    return news.at(-1);
  };
  const deadline = Date.now() + 60_000;
  for (let wait = 2000; ; wait *= 2) {
    await pause(wait);
    const woken = Date.now();
    slow.socket.resume();
    while ((await read()).time < woken);
    slow.socket.pause();
    if (news.at(-1).skipped > 0) break;
    assert.ok(Date.now() < deadline, 'nothing was ever skipped');
  }
  assert.ok(news.every(({ time }, i) => i === 0 || time >= news[i - 1].time));
  await example.interrupt();
});
