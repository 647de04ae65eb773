'use strict';

// Does examples/origins.js let in the origins it was told, and nobody else?

const assert = require('assert');
const { test } = require('node:test');

const { Client, Example, refusal } = require('./support/example');

const ORIGINS = 'https://example.com,http://localhost:5173';

test('the allowed origins come in, exactly', async (t) => {
  const example = await Example.start(t, 'origins.js', { ORIGINS });
  for (const origin of ORIGINS.split(',')) {
    assert.strictEqual(await (await Client.open(t, example.ws(), { origin })).next(), 'welcome');
  }
  const others = [
    'https://example.com.evil.test',
    'http://example.com',
    'https://example.com:8443',
    'https://example.com, https://evil.test',
    'https://sub.example.com',
    'null',
    ORIGINS
  ];
  for (const origin of others) {
    const { status, body } = await refusal(example.ws(), { origin });
    assert.deepStrictEqual([origin, status, body], [origin, 403, 'Origin not allowed']);
  }
  await example.interrupt();
});

test('no origin is no allowed origin', async (t) => {
  const example = await Example.start(t, 'origins.js', { ORIGINS });
  assert.strictEqual((await refusal(example.ws())).status, 403);
});

test('its own pages are allowed by default', async (t) => {
  const example = await Example.start(t, 'origins.js');
  const { origin } = new URL(example.url);
  assert.strictEqual(await (await Client.open(t, example.ws(), { origin })).next(), 'welcome');
  assert.strictEqual((await refusal(example.ws(), { origin: 'http://127.0.0.1' })).status, 403);
});
