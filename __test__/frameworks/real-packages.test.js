'use strict';

/**
 * Do packages that depend on ws work with us in its place, server and client, as they are?
 */

const assert = require('node:assert/strict');
const http = require('node:http');
const { once } = require('node:events');
const { describe, it } = require('node:test');

const { answer, connect, fetchText, listen } = require('./support');

// From here on `require('ws')` is our package, wherever it is called.
require('../support/instead-of-ws');

const upshift = require('../..');
const { io: connectIo } = require('socket.io-client');
const { Server: SocketIo } = require('socket.io');
const { createClient } = require('graphql-ws');
const { GraphQLObjectType, GraphQLSchema, GraphQLString } = require('graphql');
const { useServer } = require('graphql-ws/use/ws');
const express = require('express');
const expressWs = require('express-ws');

/** Starts a Socket.IO server and resolves with it and its origin. */
async function startIo(t, options) {
  const server = http.createServer();
  const io = new SocketIo(server, { wsEngine: upshift.WebSocketServer, ...options });

  t.after(() => io.close());
  return { io, origin: await listen(t, server) };
}

/** Connects a client of Socket.IO. */
async function join(t, origin, options) {
  const client = connectIo(origin, { forceNew: true, reconnection: false, transports: ['websocket'], ...options });

  t.after(() => client.close());
  await once(client, 'connect');
  return client;
}

describe('Socket.IO', () => {
  it('exchanges texts, bytes and acknowledgements', async (t) => {
    const { io, origin } = await startIo(t);

    io.on('connection', (socket) => {
      assert.equal(socket.conn.transport.socket.constructor, upshift);
      socket.on('echo', (...args) => socket.emit('echoed', ...args));
      socket.on('ask', (text, reply) => reply(`${text}!`));
    });

    const client = await join(t, origin);

    client.emit('echo', 'text', { a: [1] }, Buffer.from('bytes'));
    assert.deepEqual(await once(client, 'echoed'), ['text', { a: [1] }, Buffer.from('bytes')]);
    assert.equal(await client.emitWithAck('ask', 'why'), 'why!');
  });

  it('broadcasts frames that it has encoded once', async (t) => {
    const { io, origin } = await startIo(t);
    const encoded = [];

    io.on('connection', (socket) => {
      const { _sender } = socket.conn.transport.socket;

      assert.equal(typeof _sender.sendFrame, 'function');
      encoded.push(_sender);
    });

    const clients = await Promise.all(Array.from({ length: 5 }, () => join(t, origin)));
    const messages = ['short', 'x'.repeat(200), 'y'.repeat(70000)];
    const received = clients.map((client) => {
      const list = [];

      client.on('all', (text, number) => list.push([text, number]));
      return list;
    });

    messages.forEach((text, number) => io.emit('all', text, number));
    io.emit('end', Buffer.from('bytes'));
    assert.deepEqual(
      await Promise.all(clients.map((client) => once(client, 'end'))),
      clients.map(() => [Buffer.from('bytes')])
    );
    for (const list of received) {
      assert.deepEqual(
        list,
        messages.map((text, number) => [text, number])
      );
    }
    assert.equal(encoded.length, 5);
  });

  it('compresses what is long enough, single messages and those for all', async (t) => {
    const { io, origin } = await startIo(t, { perMessageDeflate: { threshold: 100 } });
    const before = upshift.stats();

    io.on('connection', (socket) => {
      assert.equal(socket.conn.transport.socket.extensions, 'permessage-deflate');
      socket.on('echo', (...args) => socket.emit('echoed', ...args));
    });

    const clients = await Promise.all(Array.from({ length: 3 }, () => join(t, origin)));
    const sent = ['short', 'long '.repeat(2000), Buffer.alloc(50_000, 'bytes')];

    for (const client of clients) {
      client.emit('echo', ...sent);
      assert.deepEqual(await once(client, 'echoed'), sent);
    }

    const all = clients.map((client) => once(client, 'all'));

    io.compress(true).emit('all', ...sent);
    for (const received of await Promise.all(all)) assert.deepEqual(received, sent);

    // Text and bytes are messages of their own. While the thread is at work, it tells what it had done before.
    while (upshift.stats().deflated - before.deflated < 4 * clients.length) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });

  it('upgrades from polling, and hears of the end', async (t) => {
    const { io, origin } = await startIo(t);
    const left = new Promise((resolve) => io.on('connection', (socket) => socket.once('disconnect', resolve)));
    const client = await join(t, origin, { transports: ['polling', 'websocket'] });

    if (client.io.engine.transport.name !== 'websocket') await once(client.io.engine, 'upgrade');
    assert.equal(client.io.engine.transport.name, 'websocket');
    client.disconnect();
    assert.equal(await left, 'client namespace disconnect');
  });

  it('pings, and disconnects who is told to go', async (t) => {
    const { io, origin } = await startIo(t, { pingInterval: 20, pingTimeout: 1000 });
    const client = await join(t, origin);

    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(client.connected, true);
    io.disconnectSockets(true);
    await once(client, 'disconnect');
  });
});

describe('express-ws', () => {
  it('has WebSocket routes beside the others', async (t) => {
    const app = express();
    const server = http.createServer(app);
    const { getWss } = expressWs(app, server);

    assert.ok(getWss() instanceof upshift.WebSocketServer);
    app.get('/hello', (req, res) => res.send('hello'));
    app.ws('/echo/:name', (ws, req) => {
      ws.on('message', (data) => ws.send(`${req.params.name}: ${data}`));
    });

    const origin = await listen(t, server);
    const client = await connect(t, `${origin}/echo/you`);

    assert.equal(await answer(client, 'hi'), 'you: hi');
    assert.equal(getWss().clients.size, 1);
    assert.equal((await fetchText(`${origin}/hello`))[0], 'hello');

    const stranger = await connect(t, `${origin}/nowhere`);

    await once(stranger, 'close');
  });
});

/** A schema with a query and a subscription. */
const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: 'Query',
    fields: { hello: { type: GraphQLString, resolve: () => 'world' } }
  }),
  subscription: new GraphQLObjectType({
    name: 'Subscription',
    fields: {
      greetings: {
        type: GraphQLString,
        async *subscribe() {
          for (const greeting of ['hi', 'hola', '你好']) yield { greetings: greeting };
        }
      }
    }
  })
});

describe('graphql-ws', () => {
  it('answers queries and subscriptions, with our client', async (t) => {
    const server = http.createServer();
    const wss = new upshift.WebSocketServer({ server, path: '/graphql' });
    const cleanup = useServer({ schema }, wss);
    const origin = await listen(t, server);
    const client = createClient({ url: `${origin.replace('http', 'ws')}/graphql`, webSocketImpl: upshift });

    t.after(() => cleanup.dispose());

    const results = [];

    for (const query of ['{ hello }', 'subscription { greetings }']) {
      for await (const { data } of client.iterate({ query })) results.push(JSON.parse(JSON.stringify(data)));
    }
    assert.deepEqual(results, [{ hello: 'world' }, { greetings: 'hi' }, { greetings: 'hola' }, { greetings: '你好' }]);

    const closed = new Promise((resolve) => client.on('closed', resolve));

    await client.dispose();
    assert.equal((await closed).code, 1000);
  });

  it('refuses those that do not speak its subprotocol', async (t) => {
    const server = http.createServer();
    const wss = new upshift.WebSocketServer({ server });
    const cleanup = useServer({ schema }, wss);
    const origin = await listen(t, server);

    t.after(() => cleanup.dispose());

    const client = await connect(t, origin);

    assert.equal((await once(client, 'close'))[0], 4406);
  });
});
