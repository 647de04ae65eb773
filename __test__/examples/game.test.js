'use strict';

// Does examples/game send its state 30 times a second, in bytes, and take nothing but inputs?

const assert = require('assert');
const { test } = require('node:test');

const State = require('../../examples/game/state');
const { Client, Example } = require('./support/example');

/**
 * @param {Buffer} frame A frame
 * @return {Object} What it says
 */
function decode(frame) {
  const players = new Map();
  for (let at = 4; at < frame.length; at += 6) {
    players.set(frame.readUInt16BE(at), [frame.readUInt16BE(at + 2), frame.readUInt16BE(at + 4)]);
  }
  return { tick: frame.readUInt32BE(0), players };
}

/**
 * Joins the game.
 *
 * @param {TestContext} t The test
 * @param {Example} example The game
 * @return {Promise<Object>} The client, its id, and `frame()` for the next frame
 */
async function join(t, example) {
  const client = await Client.open(t, example.ws('/game'));
  const { you } = await client.json();
  return { client, you, frame: async () => decode(await client.next()) };
}

test('a player is moved by his keys, 30 times a second', async (t) => {
  const example = await Example.start(t, 'game/server.js');
  const [ali, groucho] = [await join(t, example), await join(t, example)];
  let seen = await ali.frame();
  while (!seen.players.has(groucho.you)) seen = await ali.frame();
  const started = performance.now();
  const first = seen.tick;
  const still = seen.players.get(groucho.you);
  // To the left and up: however long, it ends in the corner.
  ali.client.send(Buffer.from([1 | 4]));
  while (String(seen.players.get(ali.you)) !== '0,0') {
    const last = seen;
    seen = await ali.frame();
    assert.ok(seen.tick > last.tick);
  }
  while (seen.tick < first + 30) seen = await ali.frame();
  // No faster than it says; how much slower is the machine's business.
  assert.ok(performance.now() - started > ((seen.tick - first - 3) * 1000) / 30);
  assert.deepStrictEqual(seen.players.get(groucho.you), still);
  ali.client.ws.close();
  while (seen.players.has(ali.you)) seen = await groucho.frame();
  await example.interrupt();
  assert.strictEqual((await groucho.client.close()).code, 1001);
});

test('what is no input costs the connection', async (t) => {
  const example = await Example.start(t, 'game/server.js');
  const wrong = [
    ['x', 1003],
    ['', 1003],
    [Buffer.alloc(0), 1003],
    [Buffer.alloc(2), 1009]
  ];
  for (const [input, code] of wrong) {
    const { client } = await join(t, example);
    client.ws.send(input);
    assert.strictEqual((await client.close()).code, code);
  }
});

test('the game is full at 64', async (t) => {
  const example = await Example.start(t, 'game/server.js');
  const players = await Promise.all(Array.from({ length: 64 }, () => join(t, example)));
  const late = await Client.open(t, example.ws('/game'));
  assert.deepStrictEqual(await late.close(), { code: 1013, reason: 'The game is full' });
  players[0].client.ws.close();
  await players[0].client.close();
  await join(t, example);
});

test('nobody leaves the field', () => {
  const state = new State();
  state.join(65535);
  state.input(65535, 2 | 8);
  for (let i = 0; i < 200; i++) state.step();
  assert.deepStrictEqual(decode(state.encode()), { tick: 200, players: new Map([[65535, [640, 360]]]) });
  state.input(65535, 0xff);
  state.step();
  assert.deepStrictEqual([...decode(state.encode()).players.values()], [[640, 360]]);
  state.leave(65535);
  assert.strictEqual(state.encode().length, 4);
});
