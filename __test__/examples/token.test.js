'use strict';

// Does a ticket of examples/token.js open one connection, once, and soon?

const assert = require('assert');
const { setTimeout: pause } = require('timers/promises');
const { test } = require('node:test');

const { Client, Example, refusal } = require('./support/example');

const AUTHORIZATION = { Authorization: 'Bearer sesame' };

/**
 * @param {Example} example The server
 * @param {Object} [headers] Who asks
 * @return {Promise<Response>} What it answered
 */
const ask = (example, headers = AUTHORIZATION) => fetch(new URL('/ticket', example.url), { method: 'POST', headers });

/**
 * @param {Example} example The server
 * @return {Promise<String>} Where to connect, with a fresh ticket
 */
async function feed(example) {
  const { ticket } = await (await ask(example)).json();
  return example.ws(`/feed?ticket=${ticket}`);
}

test('a ticket lets its user in, once', async (t) => {
  const example = await Example.start(t, 'token.js');
  const url = await feed(example);
  const client = await Client.open(t, url);
  assert.strictEqual(await client.next(), 'hello Ali');
  client.send('open');
  assert.strictEqual(await client.next(), 'Ali said open');
  assert.strictEqual((await refusal(url)).status, 401);
  await example.interrupt();
  assert.strictEqual((await client.close()).code, 1001);
});

test('a ticket is good for one of those who come at the same time', async (t) => {
  const example = await Example.start(t, 'token.js');
  const url = await feed(example);
  const all = await Promise.allSettled(Array.from({ length: 5 }, () => refusal(url)));
  assert.strictEqual(all.filter(({ status }) => status === 'rejected').length, 1);
});

test('no ticket, a wrong one, an old one', async (t) => {
  const example = await Example.start(t, 'token.js', { TICKET_MS: '50' });
  const old = await feed(example);
  await pause(500);
  for (const url of [example.ws('/feed'), example.ws('/feed?ticket='), example.ws('/feed?ticket=sesame'), old]) {
    const { status, headers, body } = await refusal(url);
    assert.deepStrictEqual([status, headers['www-authenticate'], body], [401, 'Ticket', 'No valid ticket']);
  }
  await example.interrupt();
});

test('who may not ask gets no ticket', async (t) => {
  const example = await Example.start(t, 'token.js');
  for (const headers of [{}, { Authorization: 'Bearer wrong' }, { Authorization: 'Basic sesame' }]) {
    assert.strictEqual((await ask(example, headers)).status, 401);
  }
  assert.strictEqual((await fetch(new URL('/ticket', example.url), { headers: AUTHORIZATION })).status, 404);
  assert.strictEqual((await ask(example)).headers.get('cache-control'), 'no-store');
});
