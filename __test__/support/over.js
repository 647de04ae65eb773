'use strict';

// Over what do the tests run? `UPSHIFT_TEST_OVER` makes the servers of the suite speak TLS or HTTP/2, or see nothing but
// plain Duplexes that are no sockets; by default they have TCP sockets.

const fs = require('fs');
const http = require('http');
const https = require('https');
const net = require('net');
const path = require('path');
const tls = require('tls');

const { duplexPair } = require('../../lib/use/duplex-pair');
const { h2Server } = require('./h2-server');

const OVER = process.env.UPSHIFT_TEST_OVER ?? 'tcp';

/** Option of a test that shows what only a TCP socket does: resets, for one. */
const onTcp = OVER === 'tcp' ? {} : { skip: 'not over TCP' };

/** Option of a test that needs a socket: addresses, and no more room than that of the kernel. */
const onSocket = OVER === 'duplex' || OVER === 'h2' ? { skip: 'no socket' } : {};

/** Option of a test about the very head of a request or a response, or about a connection that is one WebSocket's own. */
const onHttp1 = OVER === 'h2' ? { skip: 'not over HTTP/2' } : {};

const fixtures = path.join(__dirname, '../fixtures');

/** @return {Object} The certificate of `localhost`, which it signed itself, and its key: options of a server */
function identity() {
  const [key, cert] = ['key', 'cert'].map((name) => fs.readFileSync(path.join(fixtures, `localhost-${name}.pem`)));

  return { cert, key };
}

/**
 * Hides a socket behind a Duplex.
 *
 * @param {net.Socket} socket The socket
 * @return {Duplex} What is written to it goes out on the socket, what the socket reads comes out of it
 */
function behind(socket) {
  const [inner, outer] = duplexPair();

  socket.on('close', () => outer.destroy());
  socket.on('error', () => outer.destroy());
  outer.on('error', () => socket.destroy());
  outer.on('close', () => (socket.connecting ? socket.destroy() : socket.destroySoon()));
  socket.setNoDelay(true);
  socket.pipe(outer);
  outer.pipe(socket);
  return inner;
}

/**
 * Connects with a Duplex.
 *
 * @param {Object} options Those a client gives to its `createConnection`
 * @return {Duplex} The connection, at first without a peer
 */
function duplexTo({ host, port, timeout }) {
  const socket = net.connect({ allowHalfOpen: true, host, port, timeout });
  const inner = behind(socket);

  socket.on('timeout', () => inner.emit('timeout'));
  return inner;
}

/**
 * An HTTP server whose connections are Duplexes: it listens with a server of its own that pipes them.
 *
 * @extends http.Server
 */
class DuplexServer extends http.Server {
  /** Create it. */
  constructor() {
    super();
    this.sockets = new Set();
    this.listener = net.createServer({ allowHalfOpen: true }, (socket) => this.accept(socket));
  }

  /**
   * @param {net.Socket} socket A connection
   */
  accept(socket) {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    this.emit('connection', behind(socket));
  }

  /**
   * @param {...*} args As for `net.Server`
   * @return {DuplexServer} It
   */
  listen(...args) {
    this.listener.once('listening', () => this.emit('listening'));
    this.listener.listen(...args);
    return this;
  }

  /**
   * @return {Object} The address of the listener
   */
  address() {
    return this.listener.address();
  }

  /** Ends all connections. */
  closeAllConnections() {
    for (const socket of this.sockets) socket.destroy();
  }

  /**
   * @param {Function} [callback] Called when all connections are closed
   * @return {DuplexServer} It
   */
  close(callback) {
    this.listener.close(callback);
    return this;
  }
}

/**
 * Makes a server for the tests.
 *
 * @return {http.Server} The server
 */
function httpServer() {
  if (OVER === 'duplex') return new DuplexServer();
  if (OVER === 'h2') return h2Server();
  if (OVER !== 'tls') return http.createServer();

  return https.createServer(identity());
}

/**
 * Makes a server for clients whose tests write the responses themselves.
 *
 * @param {Function} accept Called with each connection
 * @return {net.Server} The server
 */
function plainServer(accept) {
  const options = { allowHalfOpen: true };

  return OVER === 'tls' ? tls.createServer({ ...options, ...identity() }, accept) : net.createServer(options, accept);
}

module.exports = { OVER, duplexTo, httpServer, identity, onHttp1, onSocket, onTcp, plainServer };
