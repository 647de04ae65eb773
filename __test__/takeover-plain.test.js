'use strict';

// Is a socket nothing but its descriptor? Those of Node's http are, on every version of Node; those whose methods somebody
// has replaced are more.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const net = require('node:net');
const { describe, it } = require('node:test');

const { pair, resultFor } = require('./takeover-support');

describe('the choice of the transport', () => {
  it('is the descriptor for sockets as Node leaves them to those who upgrade, on either side', async (t) => {
    const server = http.createServer((req, res) => res.end());
    const agent = new http.Agent({ keepAlive: true });
    const accepted = [];

    server.on('upgrade', (req, socket) => {
      accepted.push(socket);
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    });
    server.listen(0);
    await once(server, 'listening');
    t.after(() => {
      for (const socket of accepted) socket.destroy();
      server.close();
    });

    const { port } = server.address();
    const headers = { connection: 'upgrade', upgrade: 'websocket' };
    const ask = (options) => http.get({ headers, port, ...options });
    const asked = [{}, { timeout: 10000 }, { createConnection: (options) => net.connect(options) }, { agent }];
    const [res] = await once(http.get({ agent, port }), 'response');

    res.resume();
    await once(res, 'close');
    for (const options of asked) {
      const [, socket] = await once(ask(options), 'upgrade');

      assert.equal(resultFor(socket).kind, 'fd', Object.keys(options)[0]);
      assert.equal(resultFor(accepted.pop()).kind, 'fd');
    }
  });

  it('is the descriptor for sockets of a class that leaves the methods as they are', async (t) => {
    const { near } = await pair(t);

    class Named extends net.Socket {
      given = 'name';
    }

    Object.setPrototypeOf(near, Named.prototype);
    // Put back, as those do who look at the first bytes.
    near.emit = near.emit.bind(near);
    near.emit = Named.prototype.emit;
    assert.equal(resultFor(near).kind, 'fd');
  });

  for (const name of ['write', '_write', '_writev', '_final', 'end', 'destroy', '_destroy', 'push', 'read', 'emit']) {
    it(`is the stream for a socket that has its own ${name}()`, async (t) => {
      const { near } = await pair(t);
      const method = near[name];

      near[name] = (...args) => method.apply(near, args);
      assert.equal(resultFor(near, { transport: 'fd' }).kind, 'stream');
    });
  }

  it('is the descriptor where a method is replaced for all sockets, whenever that was', async (t) => {
    const { near } = await pair(t);
    const { prototype } = net.Socket;

    // Inherited as it was.
    t.after(() => delete prototype.write);
    prototype.write = function (...args) {
      return Object.getPrototypeOf(prototype).write.apply(this, args);
    };
    assert.equal(resultFor(near).kind, 'fd');
  });
});
