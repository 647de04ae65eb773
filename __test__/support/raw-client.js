'use strict';

// How does a test see the very bytes? A client on a bare socket: it makes the handshake, sends what it is told, frames or
// not, and hands out what comes back.

const net = require('net');
const tls = require('tls');
const { once } = require('events');

const { OVER } = require('./over');
const { decode, encode, encodeClose, missing } = require('./frames');

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

/** A socket that speaks HTTP and WebSocket by hand. */
class RawClient {
  /**
   * @param {net.Socket} socket A connected socket
   */
  constructor(socket) {
    this.socket = socket;
    this.received = Buffer.alloc(0);
    this.chunks = [];
    this.pending = 0;
    /** How many more bytes must come before it is worth while to look. */
    this.wanted = 0;
    this.ended = false;
    /** Whether the end of the peer is answered with ours. */
    this.endsToo = true;
    this.errored = null;
    this.waiting = [];
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('data', (chunk) => {
      this.chunks.push(chunk);
      this.pending += chunk.length;
      this.look();
    });
    socket.on('end', () => {
      if (this.endsToo) socket.end();
    });
    socket.on('error', (err) => (this.errored = err));
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        this.ended = true;
        this.look();
      });
    }
  }

  /**
   * Connects.
   *
   * @param {(Number|Object)} target A port, or options for `net.connect()`, or with `tls` for `tls.connect()`
   * @return {Promise<RawClient>} The client
   */
  static async connect(target) {
    const options = typeof target === 'number' ? { port: target, host: '127.0.0.1', tls: OVER === 'tls' } : target;
    const socket = options.tls
      ? tls.connect({ host: '127.0.0.1', rejectUnauthorized: false, ...options, allowHalfOpen: true })
      : net.connect({ ...options, allowHalfOpen: true });

    await once(socket, options.tls ? 'secureConnect' : 'connect');
    return new RawClient(socket);
  }

  /**
   * Connects and makes the handshake.
   *
   * @param {(Number|Object)} target As for `connect()`
   * @param {Object} [request] As for `RawClient.request()`
   * @return {Promise<RawClient>} The client, `response` is the head of the 101
   */
  static async open(target, request) {
    const client = await RawClient.connect(target);

    client.write(RawClient.request(request));
    client.response = await client.head();
    if (!client.response.startsWith('HTTP/1.1 101 ')) throw new Error(`not upgraded: ${client.response}`);

    return client;
  }

  /**
   * Writes a handshake request.
   *
   * @param {Object} [edits] `method`, `path`, `headers` to add, change (or, with `null`, leave out), `version`
   * @return {String} The request
   */
  static request({ method = 'GET', path = '/', headers = {}, version = '1.1' } = {}) {
    const all = {
      Host: '127.0.0.1',
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Key': KEY,
      'Sec-WebSocket-Version': '13',
      ...headers
    };
    const lines = Object.entries(all)
      .filter(([, value]) => value !== null)
      .flatMap(([name, value]) => [].concat(value).map((one) => `${name}: ${one}\r\n`));

    return `${method} ${path} HTTP/${version}\r\n${lines.join('')}\r\n`;
  }

  /**
   * Writes bytes as they are.
   *
   * @param {(String|Buffer)} data The bytes
   */
  write(data) {
    this.socket.write(data);
  }

  /**
   * Sends a frame.
   *
   * @param {...*} frame As for `encode()`
   */
  send(...frame) {
    this.write(encode(...frame));
  }

  /**
   * Sends a close frame.
   *
   * @param {...*} frame As for `encodeClose()`
   */
  sendClose(...frame) {
    this.write(encodeClose(...frame));
  }

  /** Leaves without a word: with a reset, where there is such a thing. */
  leave() {
    if (OVER !== 'tls') this.socket.resetAndDestroy();
    else this.socket.destroy();
  }

  /**
   * Waits for the head of a response.
   *
   * @return {Promise<String>} The head, with its empty line
   */
  head() {
    return this.take(() => {
      const end = this.received.indexOf('\r\n\r\n');

      return end < 0 ? null : this.cut(end + 4).toString('latin1');
    });
  }

  /**
   * Waits for a frame.
   *
   * @return {Promise<Object>} The frame
   */
  frame() {
    return this.take(() => {
      const frame = decode(this.received);

      if (frame !== null) this.cut(frame.size);
      else this.wanted = missing(this.received);

      return frame;
    });
  }

  /**
   * Waits until the peer has ended the connection.
   *
   * @return {Promise<Buffer>} What it has sent until then
   */
  rest() {
    return this.take(() => (this.ended ? this.cut(this.received.length) : null));
  }

  /**
   * Takes something off what was received as soon as it is there.
   *
   * @param {Function} attempt Returns it, or `null`
   * @return {Promise<*>} It
   */
  take(attempt) {
    return new Promise((resolve, reject) => {
      this.waiting.push({ attempt, resolve, reject });
      this.look();
    });
  }

  /** Serves those who wait. */
  look() {
    if (this.waiting.length === 0) return;
    if (this.pending < this.wanted && !this.ended) return;

    this.received = Buffer.concat([this.received, ...this.chunks.splice(0)]);
    this.pending = this.wanted = 0;
    while (this.waiting.length > 0) {
      const { attempt, resolve, reject } = this.waiting[0];
      const found = attempt();

      if (found === null && !this.ended) return;

      this.waiting.shift();
      if (found !== null) resolve(found);
      else reject(new Error(`the connection ended (${this.errored?.code ?? 'FIN'}), left: ${this.received}`));
    }
  }

  /**
   * @param {Number} size A number of bytes
   * @return {Buffer} The first that many, which are gone
   */
  cut(size) {
    const bytes = this.received.subarray(0, size);

    this.received = this.received.subarray(size);
    return bytes;
  }
}

module.exports = { ACCEPT, KEY, RawClient };
