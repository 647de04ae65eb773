'use strict';

// Over what do the tests run? `UPSHIFT_TEST_OVER` makes the servers of the suite speak TLS or HTTP/2, or see nothing but
// plain Duplexes that are no sockets; by default they have TCP sockets.

const fs = require('fs');
const http = require('http');
const https = require('https');
const net = require('net');
const path = require('path');

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
    const [inner, outer] = duplexPair();

    this.sockets.add(socket);
    socket.on('close', () => {
      this.sockets.delete(socket);
      outer.destroy();
    });
    socket.on('error', () => outer.destroy());
    outer.on('error', () => socket.destroy());
    outer.on('close', () => socket.destroySoon());
    socket.setNoDelay(true);
    socket.pipe(outer);
    outer.pipe(socket);
    this.emit('connection', inner);
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

  const [key, cert] = ['key', 'cert'].map((name) => fs.readFileSync(path.join(fixtures, `localhost-${name}.pem`)));

  return https.createServer({ key, cert });
}

module.exports = { OVER, httpServer, onHttp1, onSocket, onTcp };
