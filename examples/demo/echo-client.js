'use strict';

// How does one make more load than ws can answer, from JavaScript? By never looking into a frame: all echoes have the
// same length, so their number is a division, and the next messages are a slice of one prepared buffer.

const { once } = require('events');
const net = require('net');

const KEY = Buffer.from([0x12, 0x34, 0x56, 0x78]);

/** One connection that keeps `pipeline` messages of `size` bytes in flight while it goes. */
class EchoClient {
  /**
   * @param {Object} options Where to and how much
   * @param {Number} options.port The server's port
   * @param {String} options.path The endpoint
   * @param {Number} options.size Payload bytes of a message
   * @param {Number} options.pipeline Messages in flight
   */
  constructor({ port, path, size, pipeline }) {
    this.path = path;
    this.pipeline = pipeline;
    this.frame = maskedFrame(size);
    this.frames = Buffer.concat(Array(pipeline).fill(this.frame));
    this.echoLength = headerLength(size) + size;
    this.socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    this.going = false;
    this.rest = 0;
    this.sent = 0;
    this.echoed = 0;
    this.probe = null;
    this.roundTrips = [];
    this.drained = () => {};
  }

  /**
   * Upgrades the connection. The server speaks only when spoken to, so nothing follows the response head.
   *
   * @return {Promise<EchoClient>} This client, open
   * @public
   */
  async open() {
    this.socket.write(
      `GET ${this.path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
    );
    const [head] = await once(this.socket, 'data');
    if (!head.toString('latin1').startsWith('HTTP/1.1 101')) throw new Error(`refused: ${head}`);
    this.socket.on('data', (chunk) => this.received(chunk.length));
    this.socket.on('error', () => this.socket.destroy());
    this.socket.on('close', () => this.drained());
    return this;
  }

  /**
   * Starts to keep messages in flight.
   *
   * @public
   */
  go() {
    this.going = true;
    this.send(this.pipeline);
  }

  /**
   * Stops.
   *
   * @return {Promise<void>} Resolves when the last echo is back, or none will come
   * @public
   */
  halt() {
    this.going = false;
    return new Promise((resolve) => {
      this.drained = resolve;
      if (this.echoed === this.sent || this.socket.destroyed) resolve();
    });
  }

  /**
   * Sends some messages now, as many as fit into the pipeline.
   *
   * @param {Number} count How many are wanted
   * @return {Number} How many went out
   * @public
   */
  burst(count) {
    const room = this.pipeline - (this.sent - this.echoed);
    const fits = Math.min(count, room);
    if (fits > 0) this.send(fits);
    return Math.max(fits, 0);
  }

  /**
   * @return {Number[]} The round trips measured since the last call, in microseconds
   * @public
   */
  takeRoundTrips() {
    return this.roundTrips.splice(0);
  }

  /**
   * @public
   */
  close() {
    this.socket.destroy();
  }

  /**
   * Sends and, when no message is being timed, times the last of these.
   *
   * @param {Number} count At most `pipeline`
   * @private
   */
  send(count) {
    this.socket.write(this.frames.subarray(0, count * this.frame.length));
    this.sent += count;
    this.probe ??= { number: this.sent, at: process.hrtime.bigint() };
  }

  /**
   * @param {Number} bytes How many bytes of echoes came
   * @private
   */
  received(bytes) {
    const count = Math.floor((this.rest + bytes) / this.echoLength);
    this.rest = (this.rest + bytes) % this.echoLength;
    if (count === 0) return;
    this.echoed += count;
    if (this.probe && this.echoed >= this.probe.number) {
      this.roundTrips.push(Number(process.hrtime.bigint() - this.probe.at) / 1000);
      this.probe = null;
    }
    if (this.going) this.send(count);
    else if (this.echoed === this.sent) this.drained();
  }
}

/**
 * @param {Number} size Payload bytes
 * @return {Number} Bytes of a frame header without the mask
 * @private
 */
function headerLength(size) {
  if (size < 126) return 2;
  return size < 65536 ? 4 : 10;
}

/**
 * @param {Number} size Payload bytes
 * @return {Buffer} A whole binary message as a client sends it
 * @private
 */
function maskedFrame(size) {
  const header = Buffer.alloc(headerLength(size));
  header[0] = 0x82;
  header[1] = 0x80 | { 2: size, 4: 126, 10: 127 }[header.length];
  if (header.length === 4) header.writeUInt16BE(size, 2);
  if (header.length === 10) header.writeBigUInt64BE(BigInt(size), 2);
  const payload = Buffer.alloc(size, 'upshift ').map((byte, i) => byte ^ KEY[i & 3]);
  return Buffer.concat([header, KEY, payload]);
}

module.exports = EchoClient;
