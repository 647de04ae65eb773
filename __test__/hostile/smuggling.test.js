'use strict';

// What does not belong behind, before or inside a handshake? Bodies, requests that are not answered yet, control
// characters: none of them is taken for frames, none gets an answer out of order, none is sent back.

const assert = require('node:assert/strict');
const { after, before, describe, test } = require('node:test');

const { encode } = require('../support/frames');
const { RawClient } = require('../support/raw-client');
const { Victim, withNeighbour } = require('../support/victim');

/** How many peers do the same at once. */
const PEERS = 6;
const FRAME = encode(1, 'smuggled');
const all = (act) => Promise.all(Array.from({ length: PEERS }, act));

/**
 * In the server: ordinary requests get the beginning of a response, and its end when they are released; `X-Edit` has the
 * application change a header before it upgrades.
 */
const serveSlowly = async (here, way) => {
  const http = here.require('node:http');
  const open = new Set();
  const server = http.createServer((req, res) => {
    if (req.url === '/begun') res.write('begin-');
    open.add(res);
    res.on('close', () => open.delete(res));
  });
  const wss = new here.upshift.WebSocketServer({ noServer: true });

  here.state.open = open;
  server.on('upgrade', (req, socket, head) => {
    const [name, value] = JSON.parse(req.headers['x-edit'] ?? '[]');
    const at = req.rawHeaders.findIndex((field, i) => i % 2 === 0 && field.toLowerCase() === name);

    if (name !== undefined) req.headers[name] = value;
    if (at >= 0) req.rawHeaders[at + 1] = value;
    if (way === 'upgrade()')
      here.upshift.upgrade(req, socket, head).then(
        (ws) => here.watch(ws, req),
        () => {}
      );
    else wss.handleUpgrade(req, socket, head, here.watch);
  });
  return here.listen(server);
};
/** In the server: lets the responses end, if there are as many. */
const release = (here, count) => {
  if (here.state.open.size < count) return false;

  for (const res of here.state.open) res.end('end');
  return true;
};

for (const way of ['WebSocketServer', 'upgrade()']) {
  describe(`with ${way}`, () => {
    let victim;
    let port;

    before(async () => {
      victim = await Victim.start();
      port = await victim.run(serveSlowly, way);
    });

    after(() => victim.end());

    /**
     * Sends bytes and reads all that comes back.
     *
     * @param {(String|Buffer)} bytes The bytes
     * @return {Promise<String>} What came back
     */
    async function ask(bytes) {
      const client = await RawClient.connect(port);

      client.write(bytes);

      const text = (await client.rest()).toString('latin1');

      client.socket.destroy();
      return text;
    }

    /** Headers that announce a body, and what is sent as such. */
    const BODIES = {
      'whose body is a frame': [{ 'Content-Length': FRAME.length }, FRAME],
      'whose body is longer than announced': [{ 'Content-Length': 5 }, Buffer.alloc(100000)],
      'whose body never comes': [{ 'Content-Length': FRAME.length }, ''],
      'whose body is a chunk': [
        { 'Transfer-Encoding': 'chunked' },
        Buffer.concat([Buffer.from('e\r\n'), FRAME, Buffer.from('\r\n0\r\n\r\n')])
      ],
      'whose chunks never end': [{ 'Transfer-Encoding': 'chunked' }, 'ffffff\r\nx']
    };

    for (const [name, [headers, body]] of Object.entries(BODIES)) {
      test(`a handshake ${name} is refused, and the body is not taken for frames`, () =>
        withNeighbour(victim, port, async () => {
          const request = Buffer.from(RawClient.request({ path: '/body', headers }));

          for (const text of await all(() => ask(Buffer.concat([request, Buffer.from(body)])))) {
            assert.match(text, /^HTTP\/1\.1 400 Bad Request\r\n/);
            assert.match(text, /\r\n\r\nA WebSocket handshake must not have a body$/);
          }

          assert.ok(!victim.stories.has('/body'));
        }));
    }

    test('a handshake with an empty body is accepted', () =>
      withNeighbour(victim, port, async () => {
        await all(async () => {
          const client = await RawClient.open(port, { path: '/empty', headers: { 'Content-Length': 0 } });

          client.send(1, 'a frame');
          assert.equal((await client.frame()).payload.toString(), 'a frame');
          client.sendClose(1000);
          await client.rest();
        });
        assert.equal((await victim.ended('/empty', PEERS))[0].close.code, 1000);
      }));

    test('a second handshake behind an accepted one is a malformed frame', () =>
      withNeighbour(victim, port, async () => {
        const request = RawClient.request({ path: '/twice' });
        const texts = await all(() => ask(request + request));

        for (const text of texts) {
          assert.equal(text.match(/HTTP\/1\.1/g).length, 1);
          assert.equal(text.slice(-4), '\x88\x02\x03\xea');
        }

        for (const { error } of await victim.ended('/twice', PEERS))
          assert.equal(error.code, 'WS_ERR_UNEXPECTED_RSV_1');
      }));

    test('what is behind a refused handshake is neither answered nor taken for frames', () =>
      withNeighbour(victim, port, async () => {
        const refused = RawClient.request({ path: '/refused', headers: { 'Sec-WebSocket-Key': 'short' } });
        const behind = RawClient.request({ path: '/refused' });

        for (const text of await all(() => ask(refused + behind))) {
          assert.equal(text.match(/HTTP\/1\.1/g).length, 1);
          assert.match(text, /^HTTP\/1\.1 400 /);
        }

        assert.ok(!victim.stories.has('/refused'));
      }));

    for (const path of ['/begun', '/silent']) {
      const get = `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

      test(`a handshake behind an unfinished response waits (${path})`, () =>
        withNeighbour(victim, port, async () => {
          const clients = await all(async () => {
            const client = await RawClient.connect(port);

            client.write(Buffer.concat([Buffer.from(get + RawClient.request({ path: '/behind' })), FRAME]));
            return client;
          });

          while (!(await victim.run(release, PEERS)));
          for (const client of clients) {
            assert.match(await client.head(), /^HTTP\/1\.1 200 OK\r\n/);

            const body = await client.take(() => {
              const at = client.received.indexOf('HTTP/1.1 101');

              return at < 0 ? null : client.cut(at).toString();
            });

            if (path === '/begun') assert.equal(body, '6\r\nbegin-\r\n3\r\nend\r\n0\r\n\r\n');
            else assert.equal(body, 'end');
            assert.match(await client.head(), /^HTTP\/1\.1 101 /);
            assert.equal((await client.frame()).payload.toString(), 'smuggled');
            client.sendClose(1000);
            await client.rest();
          }

          for (const { close } of await victim.ended('/behind', PEERS)) assert.equal(close.code, 1000);
        }));

      test(`a refusal behind an unfinished response waits (${path})`, () =>
        withNeighbour(victim, port, async () => {
          const bad = RawClient.request({ headers: { 'Sec-WebSocket-Key': 'short' } });
          const texts = all(() => ask(get + bad));

          while (!(await victim.run(release, PEERS)));
          for (const text of await texts) {
            assert.match(text, /^HTTP\/1\.1 200 OK\r\n[^]*end[^]*HTTP\/1\.1 400 Bad Request\r\n/);
          }
        }));

      for (const end of ['resetAndDestroy', 'destroy', 'end']) {
        test(`a peer that leaves before an unfinished response ends leaves nothing behind (${path}, ${end})`, () =>
          withNeighbour(victim, port, async () => {
            const clients = await all(async () => {
              const client = await RawClient.connect(port);

              client.write(get + RawClient.request({ path: '/left' }));
              return client;
            });

            while ((await victim.run((here) => here.state.open.size)) < PEERS);
            for (const { socket } of clients) socket[end]();
            await victim.run(release, PEERS);
            for (const client of clients) {
              await client.rest();
              client.socket.destroy();
            }
          }));
      }
    }

    const FIELDS = ['sec-websocket-key', 'sec-websocket-version', 'sec-websocket-protocol', 'upgrade'];
    const VALUES = ['a\r\nX-Injected: yes', 'a\rb', 'a\nb', 'a\0b', '\r\n\r\n', 'websocket\n'];

    test('control characters in headers the application has edited are refused and not sent back', () =>
      withNeighbour(victim, port, async () => {
        for (const field of FIELDS) {
          const texts = await Promise.all(
            VALUES.map((value) =>
              ask(
                RawClient.request({
                  path: '/edited',
                  headers: { 'Sec-WebSocket-Protocol': 'a', 'X-Edit': JSON.stringify([field, value]) }
                })
              )
            )
          );

          for (const text of texts) {
            assert.match(text, /^HTTP\/1\.1 400 Bad Request\r\n/);
            assert.doesNotMatch(text, /Injected/);
            assert.equal(text.match(/\r\n\r\n/g).length, 1);
          }
        }

        assert.ok(!victim.stories.has('/edited'));
      }));
  });
}
