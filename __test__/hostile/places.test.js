'use strict';

// Do attacks find more where connections come from elsewhere: TLS, Unix sockets, a lenient HTTP parser, the workers of a
// cluster, sockets that are handed on?

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { fork } = require('node:child_process');
const { once } = require('node:events');
const { after, before, describe, test } = require('node:test');

const { encode } = require('../support/frames');
const { RawClient } = require('../support/raw-client');
const { Neighbour, Victim, withNeighbour } = require('../support/victim');

/** How many peers do the same at once. */
const PEERS = 6;
const all = (act) => Promise.all(Array.from({ length: PEERS }, act));
const fixture = (name) => path.join(__dirname, '..', 'fixtures', name);
const [cert, key] = ['cert', 'key'].map((name) => fs.readFileSync(fixture(`localhost-${name}.pem`), 'utf8'));

/** In the server: listens in such a place. */
const serveAt = async (here, kind, options, where) => {
  const http = here.require(`node:${kind}`);
  const server = http.createServer(options);

  new here.upshift.WebSocketServer({ server, closeTimeout: 200 }).on('connection', here.watch);
  if (where === null) return here.listen(server);

  server.listen(where);
  await new Promise((resolve) => server.once('listening', resolve));
  return where;
};

const PLACES = {
  'over TLS': ['https', { cert, key }, null, (port) => ({ port, tls: true })],
  'over a Unix socket': [
    'http',
    {},
    path.join(os.tmpdir(), `upshift-hostile-${process.pid}.sock`),
    (where) => ({ path: where })
  ],
  'behind a lenient parser': ['http', { insecureHTTPParser: true }, null, (port) => port]
};
const LARGE = encode(2, Buffer.alloc(300000, 3));

/** What a peer does, and the close code that makes. */
const ATTACKS = {
  'that breaks the protocol': [
    async (client) => {
      client.send(3, 'x');
      assert.equal((await client.frame()).payload.readUInt16BE(0), 1002);
      await client.rest();
    },
    1006
  ],
  'that half-closes inside a payload': [
    async (client) => {
      client.write(LARGE.subarray(0, 200000));
      client.socket.end();
      await client.rest();
    },
    1006
  ],
  'that is gone inside a payload': [
    (client) => new Promise((resolve) => client.socket.write(LARGE.subarray(0, 200000), resolve)),
    1006
  ],
  'that closes, and another message behind': [
    async (client) => {
      client.sendClose(4000, 'bye');
      client.send(1, 'behind');
      assert.equal((await client.frame()).payload.readUInt16BE(0), 4000);
      await client.rest();
    },
    4000
  ]
};

for (const [place, [kind, options, where, target]] of Object.entries(PLACES)) {
  describe(`a peer ${place}`, () => {
    let victim;
    let address;

    before(async () => {
      victim = await Victim.start();
      address = target(await victim.run(serveAt, kind, options, where));
    });

    after(() => victim.end());

    for (const [index, [name, [attack, code]]] of Object.entries(ATTACKS).entries()) {
      test(`${name} makes ${code}`, () =>
        withNeighbour(victim, address, async () => {
          await all(async () => {
            const client = await RawClient.open(address, { path: `/${index}` });

            client.write(LARGE);
            assert.equal((await client.frame()).payload.length, 300000);
            await attack(client);
            client.socket.destroy();
          });
          for (const { close, messages } of await victim.ended(`/${index}`, PEERS)) {
            assert.deepEqual([close.code, messages], [code, 1]);
          }
        }));
    }
  });
}

describe('a cluster', () => {
  for (const policy of ['rr', 'none']) {
    for (const how of ['exit', 'disconnect']) {
      test(`(${policy}) whose worker ends by ${how} keeps the connections of the other`, async (t) => {
        const child = fork(fixture('victim-cluster.js'), {
          env: { ...process.env, NODE_CLUSTER_SCHED_POLICY: policy }
        });

        t.after(() => child.connected && child.disconnect());

        const [{ port }] = await once(child, 'message');
        const clients = [];
        const pids = new Set();

        // Without round-robin the kernel decides who gets a connection.
        while (pids.size < 2) {
          const client = await RawClient.open(port);

          client.send(1, 'who');
          client.pid = Number((await client.frame()).payload);
          pids.add(client.pid);
          clients.push(client);
        }

        const [pid] = pids;
        const exit = once(child, 'message');
        const [leaving, staying] = [true, false].map((is) => clients.filter((client) => (client.pid === pid) === is));

        child.send({ how, pid });
        if (how === 'disconnect') {
          for (const client of leaving) {
            client.send(1, 'not yet');
            assert.equal((await client.frame()).payload.toString(), 'not yet');
            client.sendClose(1000);
          }
        }

        for (const client of leaving) await client.rest();
        for (const { socket } of leaving) socket.destroy();
        assert.deepEqual((await exit)[0], { pid, code: 0 });
        for (const client of staying) {
          client.send(1, 'still here');
          assert.equal((await client.frame()).payload.toString(), 'still here');
          client.socket.destroy();
        }
      });
    }
  }
});

/** In the server: sends the socket of a WebSocket to another process, and tells why it could not. */
const sendAway = async (here, script) => {
  const child = here.require('node:child_process').fork(script);
  const [ws] = here.sockets.get('/sent');

  await new Promise((resolve) => child.once('message', resolve));

  const code = await new Promise((resolve) => {
    try {
      child.send('a socket', ws._socket, (err) => resolve(err?.code ?? null));
    } catch (err) {
      resolve(err.code);
    }
  });
  const gone = new Promise((resolve) => child.once('exit', resolve));

  child.kill();
  await gone;
  return code;
};

describe('a socket that was taken', () => {
  test('cannot be sent to another process, and its connection lives', async () => {
    const victim = await Victim.start();
    // Over a stream the socket is an ordinary one, and Node gives it away.
    const port = await victim.serve({ transport: 'fd' });

    // No census here: after such an attempt Node asks the other process, which is gone, how many connections it has.
    const neighbour = await Neighbour.open(port);
    const client = await RawClient.open(port, { path: '/sent' });
    const code = await victim.run(sendAway, fixture('idle-child.js'));

    assert.equal(code, 'ERR_UPSHIFT_TAKEN');
    client.send(1, 'still here');
    assert.equal((await client.frame()).payload.toString(), 'still here');
    client.socket.destroy();
    await victim.ended('/sent');
    await neighbour.exchange();
    await neighbour.leave();
    await victim.end();
  });
});
