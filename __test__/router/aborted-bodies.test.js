'use strict';

// What does a handler hear of a client that leaves within the body of an upgrade that nobody takes? What it would hear if
// there were no upgrade in the request, on Nodes too that read such bodies themselves and have no part in the answer.

const assert = require('node:assert/strict');
const http = require('node:http');
const { describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const { RawClient } = require('../support/raw-client');
const { routed } = require('./support');

const ASKING = 'Connection: Upgrade\r\nUpgrade: x\r\n';

/** Starts a server with a router that takes nothing, and connects to it. */
async function start(t, limits, server) {
  const { port } = await routed(t, limits, server);
  const client = await RawClient.connect({ port, host: '127.0.0.1' });

  t.after(() => client.socket.destroy());
  return client;
}

/** The head of a request. */
function head(fields) {
  return `POST / HTTP/1.1\r\nHost: h\r\n${fields}\r\n`;
}

/** Long enough that the head has arrived alone, or all is heard; if not, the test shows less and passes all the same. */
const pause = () => sleep(30);

/** Records what a handler hears of a request. */
function hearing(req, res, events) {
  const tellOf = (name) => (err) => events.push(err ? `${name} ${err.code} ${err.message}` : name);

  for (const name of ['aborted', 'close', 'end', 'error']) req.on(name, tellOf(name));
  res.on('close', tellOf('response closed'));
}

/** What a handler hears of a client that has left. */
const LEFT = ['aborted', 'response closed', 'error ECONNRESET aborted', 'close'];

describe('a handler hears that its client has left, as of a request without an upgrade,', () => {
  const WAYS = {
    'within a body that is longer than is waited for': ['Content-Length: 2000\r\n', 'x'.repeat(1500)],
    'within a chunk that is longer than is waited for': [
      'Transfer-Encoding: chunked\r\n',
      `7d0\r\n${'x'.repeat(1500)}`
    ],
    'within a body that is slower than is waited for': ['Content-Length: 500\r\n', 'x'.repeat(200)]
  };

  for (const [name, [fields, first]] of Object.entries(WAYS)) {
    for (const leave of ['destroy', 'resetAndDestroy']) {
      for (const upgrade of [ASKING, '']) {
        test(`${name}, with ${leave}(), ${upgrade ? 'and' : 'not'} asking for one`, async (t) => {
          const events = [];
          let begun;
          let failed;
          const isBegun = new Promise((resolve) => (begun = resolve));
          const hasFailed = new Promise((resolve) => (failed = resolve));
          const server = http.createServer(async (req, res) => {
            hearing(req, res, events);
            req.once('close', () => failed(req));
            try {
              for await (const chunk of req) begun(chunk);
            } catch (err) {
              events.push(`threw ${err.code}`);
            }
          });
          const client = await start(t, { maxUpgradeBody: 1000, upgradeTimeout: 50 }, server);

          client.write(head(upgrade + fields));
          await pause();
          client.write(first);
          await isBegun;
          client.socket[leave]();

          const req = await hasFailed;

          await pause();
          assert.deepEqual(
            events.filter((one) => !one.startsWith('threw')),
            LEFT
          );
          assert.ok(events.includes('threw ECONNRESET'));
          assert.deepEqual([req.aborted, req.destroyed], [true, true]);
        });
      }
    }
  }

  test('when the body is too slow for the server', async (t) => {
    const events = [];
    const server = http.createServer(
      { connectionsCheckingInterval: 50, headersTimeout: 200, requestTimeout: 300 },
      (req, res) => hearing(req.resume(), res, events)
    );
    const client = await start(t, { upgradeTimeout: 50 }, server);

    client.write(`${head(`${ASKING}Content-Length: 5\r\n`)}he`);
    assert.match(await client.head(), /^HTTP\/1.1 408 /);
    await client.closed;
    while (events.length < LEFT.length) await sleep(5);
    assert.deepEqual(events, LEFT);
  });

  test('and nothing of that when both sides are through', async (t) => {
    const events = [];
    let over;
    const isOver = new Promise((resolve) => (over = resolve));
    const server = http.createServer((req, res) => {
      hearing(req, res, events);
      req.resume().on('end', () => res.end('ok'));
      req.socket.on('close', over);
    });
    const client = await start(t, { maxUpgradeBody: 10 }, server);

    client.write(head(`${ASKING}Content-Length: 20\r\n`));
    await pause();
    client.write('x'.repeat(20));
    assert.match(await client.head(), /^HTTP\/1.1 200 /);
    client.socket.end();
    await isOver;
    await pause();
    assert.deepEqual(
      events.filter((one) => one === 'aborted' || one.startsWith('error')),
      []
    );
  });
});
