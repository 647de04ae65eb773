'use strict';

// What do the takeover tests share? A toy in the engine's place (Node's own
// net.Socket over the duplicated descriptor), servers whose upgrades it takes,
// and a raw client. No frames: these tests are about sockets and bytes.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const net = require('node:net');

const native = require('../lib/base/native');
const takeover = require('../lib/takeover/takeover');

const RESPONSE = 'HTTP/1.1 101 Switching Protocols\r\n\r\n';
const REQUEST = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n' + 'Upgrade: websocket\r\n\r\n';

/**
 * The other end of a stub, see lib/takeover/stub-members.js.
 */
class ToyConnection {
  /**
   * @param {net.Socket} socket The socket the application knows
   */
  constructor(socket) {
    this.socket = socket;
    this.engine = null;
    this.calls = [];
    this.received = [];
    this.receivedBytes = 0;
    this.held = true;
  }

  /**
   * Attaches the toy engine: the response goes out, reading starts.
   *
   * @param {Object} result What `take()` handed out
   */
  attach(result) {
    this.result = result;
    this.collect(result.leftover || Buffer.alloc(0));
    this.engine = result.kind === 'fd' ? new net.Socket({ fd: result.fd, allowHalfOpen: true }) : result.duplex;
    this.engine.on('error', () => {});
    this.engine.write(RESPONSE);
    this.engine.on('data', (chunk) => this.collect(chunk));
    this.engine.on('end', () => this.engine.end());
    // The engine's last word.
    if (result.kind === 'fd') {
      this.engine.on('close', () => this.socket.destroy());
    }
  }

  /**
   * @param {Buffer} chunk Bytes in the order of their arrival
   */
  collect(chunk) {
    this.received.push(chunk);
    this.receivedBytes += chunk.length;
  }

  /** @return {Buffer} All that was received */
  bytes() {
    return Buffer.concat(this.received);
  }

  end(why, callback) {
    this.calls.push(why);
    if (this.engine.destroyed) {
      setImmediate(callback);
      return;
    }
    this.engine.once('close', callback);
    if (why === 'reset') this.engine.resetAndDestroy();
    else if (why === 'eof') this.engine.end();
    else this.engine.destroy();
  }

  write(bytes) {
    this.calls.push('write');
    this.engine.write(bytes);
    return 0;
  }

  shutdown() {
    this.calls.push('shutdown');
    this.engine.end();
  }

  onPause() {
    this.calls.push('pause');
    this.engine.pause();
  }

  onResume() {
    this.calls.push('resume');
    this.engine.resume();
    return true;
  }

  ref() {
    this.held = true;
    this.engine.ref();
  }

  unref() {
    this.held = false;
    this.engine.unref();
  }

  hasRef() {
    return this.held;
  }

  option(...args) {
    this.calls.push(args);
    return args.length === 1 ? 16 : 0;
  }

  counts() {
    const { bytesRead, bytesWritten } = this.engine;

    return { bytesRead, bytesWritten, queued: 0 };
  }
}

/**
 * Takes one upgrade over into a toy connection.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket Its socket
 * @param {Buffer} head What came with it
 * @param {Object} [options] Options of `take()`
 * @return {ToyConnection} The connection; `failure` is set when it failed
 */
function takeToy(req, socket, head, options) {
  const toy = new ToyConnection(socket);

  toy.sync = takeover.take(req, socket, head, {
    connection: toy,
    onFail(err) {
      toy.failure = err;
      socket.destroy();
    },
    onReady(result) {
      toy.attach(result);
    },
    ...options
  });

  return toy;
}

/**
 * Starts a server that takes every upgrade over.
 *
 * @param {TestContext} t Closes the server in the end
 * @param {Object} [options] `server`: the server to use; `where`: what to listen
 *     on; the rest goes to `take()`
 * @return {Promise<Object>} `{ server, where, next() }`: `next` resolves with the
 *     next toy connection
 */
async function toyServer(t, options = {}) {
  const { server = http.createServer(), where = 0, ...rest } = options;
  const toys = [];
  const waiting = [];

  server.on('upgrade', (req, socket, head) => {
    const toy = takeToy(req, socket, head, rest);

    if (waiting.length > 0) waiting.shift()(toy);
    else toys.push(toy);
  });
  server.listen(where);
  await once(server, 'listening');
  t.after(() => server.close());

  return {
    server,
    where: where || server.address().port,
    next: () => (toys.length > 0 ? Promise.resolve(toys.shift()) : new Promise((resolve) => waiting.push(resolve)))
  };
}

/**
 * Connects a raw client.
 *
 * @param {TestContext} t Destroys the client in the end
 * @param {(Number|String)} where Port or path
 * @return {Promise<net.Socket>} The client; `client.text()` is what it received
 */
async function connect(t, where) {
  const client = net.connect(where);
  let text = '';

  client.setEncoding('latin1');
  client.on('data', (chunk) => (text += chunk));
  client.on('error', () => {});
  client.text = () => text;
  t.after(() => client.destroy());
  await once(client, 'connect');

  return client;
}

/**
 * Waits until something holds.
 *
 * @param {Function} condition Tells whether it does
 * @return {Promise} Rejected after 10 seconds
 */
async function until(condition) {
  const deadline = Date.now() + 10000;

  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`never: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/**
 * Connects, upgrades and waits for the response.
 *
 * @param {TestContext} t The test
 * @param {Object} running What `toyServer` returned
 * @return {Promise<Object>} `{ client, toy, socket }`
 */
async function upgraded(t, running) {
  const client = await connect(t, running.where);

  client.write(REQUEST);

  const toy = await running.next();

  await until(() => client.text().includes(RESPONSE));

  return { client, toy, socket: toy.socket };
}

/**
 * Numbered bytes: a lost, doubled or misplaced one shows.
 *
 * @param {Number} length How many, a multiple of 4
 * @return {Buffer} The bytes
 */
function numbered(length) {
  const bytes = Buffer.alloc(length);

  for (let i = 0; i < length; i += 4) bytes.writeUInt32BE(i, i);

  return bytes;
}

/**
 * What `take()` makes of a socket; the descriptor is closed again.
 *
 * @param {Duplex} socket The socket
 * @param {Object} [options] Options of `take()`
 * @param {Object} [module] The module to use
 * @return {Object} The result
 */
function resultFor(socket, options, { take } = takeover) {
  let found;

  take({ socket }, socket, Buffer.alloc(0), {
    connection: {
      end: (why, callback) => setImmediate(callback),
      shutdown() {},
      counts: () => ({ bytesRead: 0, bytesWritten: 0 })
    },
    onFail: assert.ifError,
    onReady(result) {
      found = result;
      if (result.kind === 'fd') native.closeDescriptor(result.fd);
    },
    ...options
  });
  socket.destroy();

  return found;
}

/**
 * Two ends of a connection.
 *
 * @param {TestContext} t The test
 * @param {Object} [options] Options for the connecting end
 * @return {Promise<Object>} `{ near, far }`; `near` is the accepted one
 */
async function pair(t, options) {
  const server = net.createServer().listen(0);

  await once(server, 'listening');
  t.after(() => server.close());

  const far = net.connect({ port: server.address().port, ...options });
  const [near] = await once(server, 'connection');

  far.on('error', () => {});
  t.after(() => far.destroy());

  return { near, far };
}

module.exports = {
  REQUEST,
  RESPONSE,
  ToyConnection,
  connect,
  numbered,
  pair,
  resultFor,
  takeToy,
  toyServer,
  until,
  upgraded
};
