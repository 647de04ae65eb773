'use strict';

// Do the two sides of examples/heartbeat notice that the other one has gone without a word, and only then?

const assert = require('assert');
const { test } = require('node:test');

const { RawClient } = require('../support/raw-client');
const { Client, Example, within } = require('./support/example');

test('the server drops who answers no ping, and keeps who does', async (t) => {
  const example = await Example.start(t, 'heartbeat/server.js', { HEARTBEAT_MS: '300' });
  const alive = await Client.open(t, example.ws());
  const dead = await RawClient.open(Number(new URL(example.url).port));
  assert.strictEqual((await dead.frame()).opcode, 9);
  await within(dead.rest(), () => 'the end of who answers no ping');
  await example.print(/closed with 1006, 1 left/);
  alive.send('still here');
  assert.strictEqual(await alive.next(), 'still here');
  await example.interrupt();
  assert.strictEqual((await alive.close()).code, 1001);
});

test('the client drops a server that has stopped, and comes again', async (t) => {
  const server = await Example.start(t, 'heartbeat/server.js', { HEARTBEAT_MS: '300' });
  const client = Example.run('heartbeat/client.js', [server.ws()], { HEARTBEAT_MS: '2000' });
  t.after(() => client.kill());
  await client.print(/^open\n/);
  // The kernel goes on accepting what the process does not see.
  server.child.kill('SIGSTOP');
  await client.print(/no heartbeat\nclosed with 1006, again in \d+ ms/);
  server.child.kill('SIGCONT');
  await client.print(/no heartbeat\n[^]*open\n/);
  await client.interrupt();
  await server.print(/closed with 1000, 0 left/);
  await server.interrupt();
});

test('the client comes again when there is no server yet, and ends when it is told to', async (t) => {
  const gone = await Example.start(t, 'heartbeat/server.js');
  const { port } = new URL(gone.url);
  await gone.interrupt();
  const client = Example.run('heartbeat/client.js', [gone.ws()]);
  t.after(() => client.kill());
  await client.print(/ECONNREFUSED[^]*closed with 1006, again in \d+ ms/);
  await Example.start(t, 'heartbeat/server.js', { PORT: port });
  await client.print(/open\n/);
  await client.interrupt();
});

test('the client ends while it waits, too', async (t) => {
  const client = Example.run('heartbeat/client.js', ['ws://127.0.0.1:1/']);
  t.after(() => client.kill());
  await client.print(/again in/);
  await client.interrupt();
});
