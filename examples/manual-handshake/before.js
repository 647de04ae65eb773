'use strict';

// How is an upgrade written by hand today? Like this: check the token, compute the accept key, write the 101 into the
// socket, cut frames by hand. It works with a browser that sends short messages one by one. What it does not do:
//
//   - look at the method, the version, the Connection header, the length of the key
//   - fragmented messages, pings, close codes; refuse unmasked frames, bad UTF-8 or a length of 2^60
//   - wait for an earlier response on the same connection, into which its 101 would be written
//   - survive a peer that resets while the token is looked up: the socket has no 'error' listener until then
//
// after.js is the same server with upgrade(), which does all of it.

const crypto = require('crypto');
const http = require('http');

const { roomOf, userOf } = require('./users');

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/**
 * @return {http.Server} A server whose /room is a WebSocket: what one shouts, all hear
 * @public
 */
function createServer() {
  const server = http.createServer((req, res) => res.end('an ordinary page\n'));
  const sockets = new Set();

  server.on('upgrade', async (req, socket, head) => {
    const user = await userOf(req);
    if (roomOf(req) === undefined) return socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
    if (user === undefined) return socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');

    const key = req.headers['sec-websocket-key'];
    const accept = crypto
      .createHash('sha1')
      .update(key + GUID)
      .digest('base64');
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\n' +
        'Upgrade: websocket\r\n' +
        'Connection: Upgrade\r\n' +
        `Sec-WebSocket-Accept: ${accept}\r\n\r\n`
    );

    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.write(textFrame(`hello ${user}`));

    let buffered = head;
    const take = (chunk) => {
      buffered = Buffer.concat([buffered, chunk]);
      for (let frame = readFrame(buffered); frame; frame = readFrame(buffered)) {
        buffered = buffered.subarray(frame.length);
        if (frame.opcode === 8) return socket.end(Buffer.from([0x88, 0]));
        if (frame.opcode === 1) sockets.forEach((other) => other.write(textFrame(`${user}: ${frame.payload}`)));
      }
    };
    socket.on('data', take);
    take(Buffer.alloc(0));
  });

  return server;
}

/**
 * @param {Buffer} bytes What has arrived
 * @return {Object|undefined} The first whole frame
 * @private
 */
function readFrame(bytes) {
  if (bytes.length < 6) return undefined;
  let size = bytes[1] & 127;
  let at = 2;
  if (size === 126) {
    if (bytes.length < 8) return undefined;
    size = bytes.readUInt16BE(2);
    at = 4;
  } else if (size === 127) {
    if (bytes.length < 14) return undefined;
    size = Number(bytes.readBigUInt64BE(2));
    at = 10;
  }
  const length = at + 4 + size;
  if (bytes.length < length) return undefined;
  const mask = bytes.subarray(at, at + 4);
  const payload = bytes.subarray(at + 4, length).map((byte, i) => byte ^ mask[i & 3]);
  return { opcode: bytes[0] & 15, payload: Buffer.from(payload).toString(), length };
}

/**
 * @param {String} text The message
 * @return {Buffer} Its frame
 * @private
 */
function textFrame(text) {
  const payload = Buffer.from(text);
  const header = payload.length < 126 ? Buffer.from([0x81, payload.length]) : Buffer.from([0x81, 126, 0, 0]);
  if (header.length === 4) header.writeUInt16BE(payload.length, 2);
  return Buffer.concat([header, payload]);
}

module.exports = createServer;

if (require.main === module) {
  const server = createServer();
  server.listen(process.env.PORT ?? 0, '127.0.0.1', () => {
    console.log(`ws://127.0.0.1:${server.address().port}/room?token=sesame (Ctrl-C ends it)`);
  });
}
