'use strict';

// Is the memory of large messages given back cheaply? V8 has to find it with its young objects; looking through the
// whole heap for it took a tenth of the time.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { test } = require('node:test');

const { encode } = require('../support/frames');
const { start } = require('../support/child');
const { RawClient } = require('../support/raw-client');

/** Later versions of V8 mark the heap for any ArrayBuffers that come to 64 MiB, whoever made them. */
const isMarking = Number(process.versions.node.split('.')[0]) >= 24;
const MESSAGES = 6400;
const SIZE = 64 * 1024;

const name =
  'large messages do not make V8 mark the heap again and again (from Node.js 24 on it does so for all memory)';

test(name, { skip: isMarking }, async () => {
  const child = start('collecting', [], { env: { UPSHIFT_DRIVER: 'loop', UPSHIFT_TRANSPORT: 'fd' } });
  const [port] = await once(child, 'message');
  const client = await RawClient.open(port);
  const frame = encode(2, Buffer.alloc(SIZE, 1));

  for (let i = 0; i < MESSAGES; i++) {
    client.write(frame);
    if (client.socket.writableNeedDrain) await once(client.socket, 'drain');
  }

  client.send(2, 'x');

  const [{ major, messages, minor }] = await once(child, 'message');

  client.socket.destroy();
  child.kill();
  assert.equal(messages, MESSAGES);
  // 32 MiB of young memory make a collection.
  assert.ok(minor >= 8, `${minor} collections of young objects`);
  assert.ok(major <= 3, `${major} of the whole heap`);
});
