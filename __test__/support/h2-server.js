'use strict';

// How do tests that speak HTTP/1.1 run over HTTP/2? The server speaks nothing else; in front of it stands a bridge that
// makes a stream of each connection, all of them on one session, and passes the bytes of the WebSocket through as they are.

const http2 = require('http2');
const net = require('net');
const { createHash } = require('crypto');

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const NO_ERROR = 0;
const CANCEL = 8;

/** What a stream does not have, or has in another place. */
const OTHERWISE = ['connection', 'host', 'sec-websocket-key', 'upgrade'];

/**
 * Reads the head of a request.
 *
 * @param {String} text The head
 * @return {Object} `{ path, fields }`, the fields in lower case
 */
function parse(text) {
  const [line, ...lines] = text.split('\r\n').filter(Boolean);
  const fields = {};

  for (const one of lines) {
    const colon = one.indexOf(':');

    fields[one.slice(0, colon).toLowerCase()] = one.slice(colon + 1).trim();
  }

  return { path: line.split(' ')[1], fields };
}

/**
 * Writes the head of a response.
 *
 * @param {Object} headers Those of the stream
 * @param {String} key The key of the client
 * @return {String} The head
 */
function responseOf(headers, key) {
  const isOpen = headers[':status'] === 200;
  const accept = createHash('sha1')
    .update(key + GUID)
    .digest('base64');
  const lines = isOpen
    ? ['HTTP/1.1 101 Yes', 'Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`]
    : [`HTTP/1.1 ${headers[':status']} No`, 'Connection: close'];

  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(':')) for (const one of [].concat(value)) lines.push(`${name}: ${one}`);
  }

  return `${lines.join('\r\n')}\r\n\r\n`;
}

/**
 * Passes the bytes of a connection through, and its end in the way the other side knows.
 *
 * @param {net.Socket} socket The connection
 * @param {ClientHttp2Stream} stream The stream
 */
function join(socket, stream) {
  socket.pipe(stream);
  stream.pipe(socket);
  stream.on('close', () => {
    if (stream.rstCode === NO_ERROR) socket.destroySoon();
    else socket.destroy();
  });
  socket.on('close', () => stream.close(CANCEL));
}

/**
 * Makes the server.
 *
 * @return {Http2Server} The server; it listens with its bridge
 */
function h2Server() {
  const server = http2.createServer();
  const sockets = new Set();
  let session = null;

  /** A connection has come to the bridge. */
  function accept(socket) {
    let received = Buffer.alloc(0);

    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', function onData(chunk) {
      received = Buffer.concat([received, chunk]);

      const end = received.indexOf('\r\n\r\n') + 4;

      if (end < 4) return;

      socket.removeListener('data', onData);
      socket.pause();
      socket.unshift(received.subarray(end));
      ask(socket, parse(received.toString('latin1', 0, end)));
    });
  }

  /** The request goes on as an extended CONNECT. */
  function ask(socket, { path, fields }) {
    const others = Object.entries(fields).filter(([name]) => !OTHERWISE.includes(name));
    const stream = session.request(
      {
        ':method': 'CONNECT',
        ':protocol': fields.upgrade,
        ':scheme': 'http',
        ':authority': fields.host,
        ':path': path,
        ...Object.fromEntries(others)
      },
      { endStream: false }
    );

    stream.on('error', () => {});
    stream.on('response', (headers) => {
      socket.write(responseOf(headers, fields['sec-websocket-key']));
      join(socket, stream);
    });
    stream.on('close', () => socket.destroySoon());
  }

  const bridge = net.createServer({ allowHalfOpen: true }, accept);
  const { close, listen } = server;

  server.listen = (...args) => {
    bridge.listen(...args, () => listen.call(server, 0, '127.0.0.1'));
    server.address = () => bridge.address();
    server.prependOnceListener('listening', () => {
      session = http2.connect(`http://127.0.0.1:${net.Server.prototype.address.call(server).port}`);
      session.on('error', () => {});
    });
    return server;
  };
  server.closeAllConnections = () => {
    for (const socket of sockets) socket.destroy();
  };
  server.close = (callback) => {
    bridge.close(callback);
    session.close();
    close.call(server);
    return server;
  };
  return server;
}

module.exports = { h2Server };
