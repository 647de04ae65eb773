'use strict';

// Are the rooms of examples/rooms.js apart from each other, and is everybody stopped at the door who should be?

const assert = require('assert');
const { test } = require('node:test');

const { Client, Example, refusal } = require('./support/example');

const enter = (t, example, room, name) => Client.open(t, example.ws(`/rooms/${room}?name=${encodeURIComponent(name)}`));

test('what is said in a room stays in it', async (t) => {
  const example = await Example.start(t, 'rooms.js');
  const ali = await enter(t, example, 'cave', 'Ali');
  const zoë = await enter(t, example, 'cave', 'Zoë');
  const groucho = await enter(t, example, 'college', 'Groucho');
  assert.deepStrictEqual(await zoë.json(), { type: 'joined', name: 'Zoë', members: ['Ali', 'Zoë'] });
  assert.deepStrictEqual(await groucho.json(), { type: 'joined', name: 'Groucho', members: ['Groucho'] });
  assert.deepStrictEqual(await (await fetch(example.url)).json(), { cave: 2, college: 1 });

  ali.send('open');
  assert.deepStrictEqual(await zoë.json(), { type: 'said', name: 'Ali', text: 'open' });
  groucho.send('swordfish');
  assert.deepStrictEqual(await groucho.json(), { type: 'said', name: 'Groucho', text: 'swordfish' });
  assert.deepStrictEqual(zoë.messages, []);

  ali.ws.close();
  assert.deepStrictEqual(await zoë.json(), { type: 'left', name: 'Ali' });
  await example.interrupt();
  assert.strictEqual((await zoë.close()).code, 1001);
});

test('no such room, no name, a name that is taken', async (t) => {
  const example = await Example.start(t, 'rooms.js');
  await enter(t, example, 'cave', 'Ali');
  const refused = {
    '/rooms/a%2Fb?name=x': [404, 'No such room'],
    [`/rooms/${'x'.repeat(33)}?name=x`]: [404, 'No such room'],
    '/rooms/cave': [400, 'Say who you are: ?name='],
    '/rooms/cave?name=%00': [400, 'Say who you are: ?name='],
    '/rooms/cave?name=Ali': [409, 'Somebody has this name']
  };
  for (const [target, expected] of Object.entries(refused)) {
    const { status, body } = await refusal(example.ws(target));
    assert.deepStrictEqual([target, status, body], [target, ...expected]);
  }
  // What is no route is an ordinary request.
  assert.deepStrictEqual((await refusal(example.ws('/other'))).body, '{"cave":1}');
  assert.deepStrictEqual((await refusal(example.ws('/rooms/cave/more?name=x'))).body, '{"cave":1}');
});

test('a room that is full, and again when somebody has left', async (t) => {
  const example = await Example.start(t, 'rooms.js');
  const all = await Promise.all(Array.from({ length: 100 }, (_, i) => enter(t, example, 'cave', `Thief ${i}`)));
  assert.deepStrictEqual((await refusal(example.ws('/rooms/cave?name=Ali'))).body, 'The room is full');
  all[0].ws.close();
  await all[1].until(({ type }) => type === 'left');
  await enter(t, example, 'cave', 'Ali');
});

test('what is no line costs the connection', async (t) => {
  const example = await Example.start(t, 'rooms.js');
  for (const [message, code] of [
    [Buffer.from([1]), 1003],
    ['x'.repeat(4097), 1009]
  ]) {
    const client = await enter(t, example, 'cave', 'Ali');
    client.send(message);
    assert.strictEqual((await client.close()).code, code);
    while ((await (await fetch(example.url)).text()) !== '{}');
  }
});
