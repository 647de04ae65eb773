'use strict';

// What went over the wire? A relay between the two ends, which notes the frames that pass: neither end tells whether a
// message came in fragments or compressed.

const net = require('node:net');
const { once } = require('node:events');

const { decode } = require('../../support/frames');

/** Opcodes from here on are control frames. */
const CONTROL = 8;

/**
 * Frames of one direction.
 */
class Frames {
  constructor() {
    this.received = Buffer.alloc(0);
    this.inHead = true;
    this.data = [];
  }

  /**
   * @param {Buffer} chunk What passes
   */
  take(chunk) {
    this.received = Buffer.concat([this.received, chunk]);
    if (this.inHead) {
      const end = this.received.indexOf('\r\n\r\n');

      if (end === -1) return;
      this.inHead = false;
      this.received = this.received.subarray(end + 4);
    }

    for (let frame = decode(this.received); frame !== null; frame = decode(this.received)) {
      this.received = this.received.subarray(frame.size);
      if (frame.opcode < CONTROL) this.data.push(frame);
    }
  }

  /**
   * @return {Number} In how many frames the longest of the messages came
   */
  get mostFragments() {
    const counts = [0];

    for (const { opcode } of this.data) {
      if (opcode === 0) counts[counts.length - 1]++;
      else counts.push(1);
    }
    return Math.max(...counts);
  }

  /**
   * @return {Number} How many messages were compressed
   */
  get compressed() {
    return this.data.filter(({ opcode, rsv }) => opcode !== 0 && rsv === 4).length;
  }
}

/**
 * Starts a relay.
 *
 * @param {TestContext} t The test; the relay ends with it
 * @param {Number} port Where the server listens
 * @return {Promise<Object>} `{ port, toServer, toClient }`, the latter two being `Frames`
 */
async function tap(t, port) {
  const toServer = new Frames();
  const toClient = new Frames();
  const server = net.createServer((client) => {
    const upstream = net.connect(port, '127.0.0.1');

    client.on('data', (chunk) => toServer.take(chunk));
    upstream.on('data', (chunk) => toClient.take(chunk));
    client.pipe(upstream).pipe(client);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client]
    ]) {
      socket.on('error', () => other.destroy());
      t.after(() => socket.destroy());
    }
  });

  t.after(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: server.address().port, toServer, toClient };
}

module.exports = { tap };
