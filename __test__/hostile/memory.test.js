'use strict';

// How much memory can peers take? What they offer to an application that does not listen stays with them, pings cannot
// pile up answers, and a peer that does not read costs what maxBackpressure allows.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { once } = require('node:events');
const os = require('node:os');
const path = require('node:path');
const { after, afterEach, before, describe, test } = require('node:test');

const { RSV1, pack } = require('../support/compression');
const { encode } = require('../support/frames');
const { RawClient } = require('../support/raw-client');
const { Neighbour, Victim, withNeighbour } = require('../support/victim');

const KIB = 1024;
const MIB = 1024 * KIB;
const PEERS = 16;
const FEW = 4;
/** What inbound credit allows for each connection, and what all of them may share. */
const ALLOWED = PEERS * 256 * KIB + 32 * MIB;
/** A gibibyte in all, in messages of 4 KiB, which are the same bytes for every peer. */
const FLOOD = repeat(encode(2, Buffer.alloc(4 * KIB, 7)), (1024 * MIB) / PEERS);

/** The peers of the current test. */
const connected = [];

afterEach(() => connected.splice(0).forEach(({ socket }) => socket.destroy()));

/**
 * Repeats a frame.
 *
 * @param {Buffer} frame The frame
 * @param {Number} length The least length of it all
 * @return {Buffer} The frames
 */
function repeat(frame, length) {
  return Buffer.alloc(Math.ceil(length / frame.length) * frame.length, frame);
}

/**
 * Tells the resident memory of a process that may be too busy to say so itself.
 *
 * @param {Victim} victim The process
 * @param {String} [name] How Linux calls it: `VmRSS` is what it has, `VmHWM` the most it had
 * @return {Number} Bytes
 */
function residentOf({ child }, name = 'VmRSS') {
  const status = fs.readFileSync(`/proc/${child.pid}/status`, 'latin1');
  const [, kibibytes] = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status);

  return Number(kibibytes) * KIB;
}

/**
 * Makes Linux take what a process has for the most it had.
 *
 * @param {Victim} victim The process
 */
function forgetHighest({ child }) {
  fs.writeFileSync(`/proc/${child.pid}/clear_refs`, '5');
}

/**
 * Offers a gibibyte and waits until no peer gets rid of any more.
 *
 * @param {Victim} victim The process
 * @param {RawClient[]} clients The peers
 * @return {Promise<Number>} How much memory the process had at most
 */
async function offer(victim, clients) {
  const taken = () => clients.reduce((sum, { socket }) => sum + socket._handle.writeQueueSize, 0);
  let most = 0;
  let last = -1;

  for (const client of clients) client.write(FLOOD);
  for (let still = 0; still < 10;) {
    await new Promise((resolve) => setTimeout(resolve, 30));
    most = Math.max(most, residentOf(victim));
    still = taken() === last ? still + 1 : 0;
    last = taken();
  }

  assert.ok(last > 0, 'all of it was taken');
  return most;
}

/**
 * Connects peers.
 *
 * @param {Number} port Where
 * @param {String} target The target of their requests
 * @param {Number} count How many
 * @return {Promise<RawClient[]>} The peers
 */
const connect = async (port, target, count) => {
  const clients = await Promise.all(Array.from({ length: count }, () => RawClient.open(port, { path: target })));

  connected.push(...clients);
  return clients;
};

/** In the server: counts what arrives at paths other than the neighbour's. */
const serveSink = async (here, options) => {
  const http = here.require('node:http');
  const server = http.createServer();

  new here.upshift.WebSocketServer({ server, ...options }).on('connection', (ws, req) => {
    if (req.url === '/paused') ws.pause();
    if (req.url === '/sink') ws.on('message', () => {});
    here.watch(ws, req);
  });
  return here.listen(server);
};

/** In the server: blocks the thread until the parent lets go. */
const block = (here, file) => {
  const fs = here.require('node:fs');
  const cell = new Int32Array(new SharedArrayBuffer(4));

  setImmediate(() => {
    fs.writeFileSync(file, 'blocked');
    while (fs.existsSync(file)) Atomics.wait(cell, 0, 0, 10);
  });
};

/**
 * Reads all pongs until that of a last ping.
 *
 * @param {RawClient} client The peer
 */
async function catchUp(client) {
  let frame;

  client.socket.resume();
  client.send(9, 'the last one');
  do {
    frame = await client.frame();
    assert.equal(frame.opcode, 10);
  } while (frame.payload.toString() !== 'the last one');

  client.socket.resetAndDestroy();
}

describe('an application that does not listen', () => {
  let victim;
  let port;

  before(async () => {
    victim = await Victim.start();
    port = await victim.run(serveSink, { closeTimeout: 200 });
  });

  after(() => victim.end());

  test('because its connections are paused, is not filled', () =>
    withNeighbour(victim, port, async () => {
      const clients = await connect(port, '/paused', PEERS);
      const { rss } = await victim.census();
      const most = await offer(victim, clients);

      assert.ok(most - rss < ALLOWED, `${most - rss} bytes`);
      for (const { socket } of clients) socket.resetAndDestroy();
      // Those that have noticed the reset are gone already.
      await victim.run((here) => here.sockets.get('/paused')?.forEach((ws) => ws.terminate()));
      await victim.ended('/paused', PEERS);
    }));

  test('because its thread is blocked, is not filled', () =>
    withNeighbour(victim, port, async () => {
      const clients = await connect(port, '/blocked', PEERS);
      const file = path.join(os.tmpdir(), `upshift-blocked-${process.pid}`);
      const { rss } = await victim.census();

      await victim.run(block, file);
      while (!fs.existsSync(file)) await new Promise((resolve) => setImmediate(resolve));

      const most = await offer(victim, clients);

      for (const { socket } of clients) socket.resetAndDestroy();
      fs.unlinkSync(file);
      assert.ok(most - rss < ALLOWED, `${most - rss} bytes`);
      await victim.ended('/blocked', PEERS);
    }));

  test('delivers everything in order when it listens again', async () => {
    const client = await RawClient.open(port, { path: '/paused' });
    const neighbour = await Neighbour.open(port);
    const count = 5000;

    client.write(Buffer.concat(Array.from({ length: count }, (_, i) => encode(1, `${i}`.padStart(1000)))));
    await neighbour.exchange();
    await victim.run((here) => here.sockets.get('/paused').forEach((ws) => ws.resume()));
    for (let i = 0; i < count; i++) assert.equal(Number((await client.frame()).payload), i);
    client.sendClose(1000);
    assert.equal((await victim.ended('/paused'))[0].messages, count);
    await neighbour.leave();
  });
});

describe('a message that inflates to much more than it is', () => {
  let victim;

  before(async () => (victim = await Victim.start()));
  after(() => victim.end());

  test('takes about as much memory as maxPayload allows, at its highest', async () => {
    const port = await victim.serve({ closeTimeout: 200, maxPayload: MIB, perMessageDeflate: true });
    const headers = { 'Sec-WebSocket-Extensions': 'permessage-deflate' };
    const payload = pack(Buffer.alloc(64 * MIB));
    // Zeros become a thousandth.
    const most = payload.subarray(0, KIB - 64);

    await withNeighbour(victim, port, async () => {
      const clients = await Promise.all(
        Array.from({ length: PEERS }, () => RawClient.open(port, { headers, path: '/bomb' }))
      );

      connected.push(...clients);
      await victim.census();
      forgetHighest(victim);

      const before = residentOf(victim);
      const higher = () => residentOf(victim, 'VmHWM') - before;

      // All of them hold nearly all they may, and then each is sent the rest.
      for (const client of clients) {
        client.send(2, most, { fin: false, rsv: RSV1 });
        client.send(9, 'well?');
      }

      for (const client of clients) assert.equal((await client.frame()).opcode, 10);

      const held = higher();

      assert.ok(held > (PEERS * MIB) / 2, `${held} bytes are too few to see what is not held`);
      for (const client of clients) client.send(0, payload.subarray(most.length));
      for (const { close, error } of await victim.ended('/bomb', PEERS)) {
        assert.deepEqual([close.code, error.code], [1006, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH']);
      }

      assert.ok(higher() < 1.5 * PEERS * MIB, `${higher()} bytes, ${held} before the rest came`);
    });
  });
});

describe('a peer that does not read', () => {
  let victim;

  before(async () => (victim = await Victim.start()));
  after(() => victim.end());

  /** In the server: sends to each WebSocket of a path until that fails. */
  const sendMuch = async (here, path) => {
    const payload = Buffer.alloc(64 * 1024);
    const codes = new Set();

    for (const ws of here.sockets.get(path) ?? []) {
      for (let i = 0; i < 1000 && ws.readyState === 1; i++) {
        ws.send(payload, (err) => codes.add(err?.code));
        if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    }

    return { codes: [...codes].filter(Boolean), held: here.upshift.stats().memory };
  };
  /** What becomes of it. */
  const POLICIES = { terminate: 1006, close: 1006, drop: 1000 };

  for (const [policy, code] of Object.entries(POLICIES)) {
    test(`costs what maxBackpressure allows, with '${policy}'`, async () => {
      const options = { closeTimeout: 200, maxBackpressure: MIB, onBackpressure: policy };
      const port = await victim.serve(options);

      await withNeighbour(victim, port, async () => {
        const clients = await connect(port, `/${policy}`, FEW);

        for (const client of clients) client.socket.pause();

        const { codes, held } = await victim.run(sendMuch, `/${policy}`);

        assert.ok(codes.includes('ERR_UPSHIFT_BACKPRESSURE'), `${codes}`);
        // A thread may be late to know that it does not go out.
        assert.ok(held <= FEW * 4.25 * MIB, `${held} bytes`);
        if (policy === 'drop') {
          for (const client of clients) {
            client.socket.resume();
            client.sendClose(1000);
            while ((await client.frame()).opcode !== 8);
          }
        }

        for (const { close } of await victim.ended(`/${policy}`, FEW)) assert.equal(close.code, code);
        for (const client of clients) client.socket.destroy();
      });
    });
  }

  test('but pings, is not answered for every ping', async () => {
    const port = await victim.serve({ maxPendingAutoPongs: 0 });
    const pings = repeat(encode(9, 'x'.repeat(125)), 4 * MIB);

    await withNeighbour(victim, port, async () => {
      const clients = await connect(port, '/pings', FEW);

      for (const { socket } of clients) {
        socket.pause();
        // What the kernel holds for a peer is not ours to bound: several times that much.
        for (let i = 0; i < 2; i++) socket.write(pings);
      }

      await Promise.all(clients.map(({ socket }) => once(socket, 'drain')));

      const held = await victim.run(async (here) => {
        for (;;) {
          const { memory, queued } = here.upshift.stats();

          // What a thread has read ahead is on its way to the listeners.
          if (queued === 0) return memory;
          await new Promise((resolve) => setImmediate(resolve));
        }
      });

      // A read, and the answers to one in memory that grew by doubling.
      assert.ok(held <= FEW * (132 + 280) * KIB, `${held} bytes`);
      await Promise.all(clients.map(catchUp));
      for (const { close, error } of await victim.ended('/pings', FEW)) {
        assert.equal(error, null);
        assert.equal(close.code, 1006);
      }

      for (const { socket } of clients) socket.destroy();
    });
  });

  test('costs nothing any more when it is gone', async () => {
    const port = await victim.serve();

    await withNeighbour(victim, port, async () => {
      const clients = await connect(port, '/unread', FEW);

      for (const client of clients) {
        client.socket.pause();
        for (let i = 0; i < 64; i++) client.send(2, Buffer.alloc(64 * KIB));
      }

      // All of them were received when the last one was, and the echoes are stuck.
      const { native } = await victim.settles((now) => now.native > FEW * 100 * KIB);

      assert.ok(native > FEW * 100 * KIB, `${native} bytes`);
      for (const { socket } of clients) socket.resetAndDestroy();
      await victim.ended('/unread', FEW);
    });
  });
});
