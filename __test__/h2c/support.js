'use strict';

// How does a test see every frame? A client that makes the upgrade and speaks HTTP/2 by hand, as far as it has to.

const { RawClient } = require('../support/raw-client');
const { routed } = require('../router/support');

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** Types of frames. */
const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const PING = 6;
const GOAWAY = 7;
const WINDOW_UPDATE = 8;

/** Flags. */
const END_STREAM = 1;
const ACK = 1;
const END_HEADERS = 4;

/** MAX_CONCURRENT_STREAMS 100, INITIAL_WINDOW_SIZE 33554432, ENABLE_PUSH 0: what curl sends. */
const OF_CURL = 'AAMAAABkAAQCAAAAAAIAAAAA';

/** What asks for the upgrade. */
const ASKING = {
  Connection: 'Upgrade, HTTP2-Settings',
  Upgrade: 'h2c',
  'HTTP2-Settings': OF_CURL,
  'Sec-WebSocket-Key': null,
  'Sec-WebSocket-Version': null
};

/** `:method GET`, `:scheme http`, `:path /` from the static table, `:authority x`; and the same as `POST`. */
const GET = Buffer.from([0x82, 0x86, 0x84, 0x01, 0x01, 0x78]);
const POST = Buffer.from([0x83, 0x86, 0x84, 0x01, 0x01, 0x78]);

/** What a fresh encoder makes of `:status 200`. */
const OK = 0x88;

/**
 * Writes a frame.
 *
 * @param {Number} type Its type
 * @param {Number} flags Its flags
 * @param {Number} stream Its stream
 * @param {(Buffer|String)} [payload] Its payload
 * @return {Buffer} The frame
 */
function frame(type, flags, stream, payload = '') {
  const body = Buffer.from(payload);
  const head = Buffer.alloc(9);

  head.writeUIntBE(body.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
}

/**
 * Writes a SETTINGS frame.
 *
 * @param {Object} [all] Values by identifier
 * @return {Buffer} The frame
 */
function settings(all = {}) {
  const entries = Object.entries(all).map(([id, value]) => {
    const entry = Buffer.alloc(6);

    entry.writeUInt16BE(Number(id), 0);
    entry.writeUInt32BE(value, 2);
    return entry;
  });

  return frame(SETTINGS, 0, 0, Buffer.concat(entries));
}

/**
 * Writes a WINDOW_UPDATE frame.
 *
 * @param {Number} stream The stream
 * @param {Number} by How much more
 * @return {Buffer} The frame
 */
function windowUpdate(stream, by) {
  const payload = Buffer.alloc(4);

  payload.writeUInt32BE(by);
  return frame(WINDOW_UPDATE, 0, stream, payload);
}

/**
 * Writes the request for an upgrade.
 *
 * @param {Object} [edits] `method`, `path`, `headers` as for `RawClient.request()`, and `body`
 * @return {String} The request
 */
function asking({ headers, body = '', ...edits } = {}) {
  const length = body.length > 0 ? { 'Content-Length': body.length } : {};

  return RawClient.request({ ...edits, headers: { ...ASKING, ...length, ...headers } }) + body;
}

/** A client after its 101. */
class H2cClient {
  /**
   * @param {RawClient} raw Its connection
   */
  constructor(raw) {
    this.raw = raw;
    this.frames = [];
    /** Those of them that came while another stream was looked at. */
    this.aside = [];
    /** What the server allows to be sent on the connection. */
    this.window = 65_535;
    /** And on streams. */
    this.windows = {};
    /** Acknowledgements of our settings. */
    this.acks = 0;
  }

  /**
   * Asks for an upgrade and begins with HTTP/2.
   *
   * @param {Number} port The port
   * @param {Object} [request] As for `asking()`
   * @param {Buffer} [first] What it sends behind the preface
   * @return {Promise<H2cClient>} The client
   */
  static async open(port, request, first = settings()) {
    const raw = await RawClient.connect(port);

    raw.write(asking(request));

    const head = await raw.head();

    if (!/^HTTP\/1.1 101 .*\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n$/s.test(head)) throw new Error(head);

    raw.write(Buffer.concat([PREFACE, first]));
    return new H2cClient(raw);
  }

  /**
   * Waits for a frame. Settings are acknowledged, windows noted.
   *
   * @return {Promise<Object>} `{ type, flags, stream, payload }`
   */
  async frame() {
    const next = await this.raw.take(() => {
      const { received } = this.raw;
      const size = received.length < 9 ? Infinity : 9 + received.readUIntBE(0, 3);

      return received.length < size ? null : this.raw.cut(size);
    });
    const [type, flags] = next.subarray(3);
    const seen = { type, flags, stream: next.readUInt32BE(5), payload: next.subarray(9) };

    this.frames.push(seen);
    if (type === SETTINGS && flags === ACK) this.acks++;
    else if (type === SETTINGS) this.raw.write(frame(SETTINGS, ACK, 0));
    if (type === WINDOW_UPDATE) this.note(seen);
    return seen;
  }

  /**
   * @param {Object} seen A WINDOW_UPDATE
   */
  note({ stream, payload }) {
    const by = payload.readUInt32BE();

    if (stream === 0) this.window += by;
    else this.windows[stream] = (this.windows[stream] ?? 65_535) + by;
  }

  /**
   * Waits for the response on a stream; makes room for all of it.
   *
   * @param {Number} stream The stream
   * @return {Promise<Object>} `{ isOk, body }`
   */
  async response(stream) {
    const chunks = [];
    let isOk = false;

    const earlier = this.aside.filter((next) => next.stream === stream);

    this.aside = this.aside.filter((next) => next.stream !== stream);

    for (;;) {
      const next = earlier.shift() ?? (await this.frame());

      if (next.type === GOAWAY) throw new Error(`GOAWAY ${next.payload.readUInt32BE(4)}`);
      if (next.stream !== stream) {
        this.aside.push(next);
        continue;
      }
      if (next.type === RST_STREAM) throw new Error(`RST_STREAM ${next.payload.readUInt32BE()}`);
      if (next.type === HEADERS) isOk = next.payload[0] === OK;
      if (next.type === DATA && next.payload.length > 0) {
        chunks.push(next.payload);
        this.raw.write(
          Buffer.concat([windowUpdate(0, next.payload.length), windowUpdate(stream, next.payload.length)])
        );
      }
      if ([DATA, HEADERS].includes(next.type) && next.flags & END_STREAM) break;
    }
    return { isOk, body: String(Buffer.concat(chunks)) };
  }

  /**
   * Waits for a GOAWAY.
   *
   * @return {Promise<Number>} Its error code
   */
  async goaway() {
    for (;;) {
      const { type, payload } = await this.frame();

      if (type === GOAWAY) return payload.readUInt32BE(4);
    }
  }

  /**
   * Asks for `/`.
   *
   * @param {Number} stream A stream
   */
  get(stream) {
    this.raw.write(frame(HEADERS, END_STREAM | END_HEADERS, stream, GET));
  }

  /**
   * Sends a body as far as the server allows, and waits for it to allow more.
   *
   * @param {Number} stream A new stream
   * @param {Number} length How long the body is
   */
  async post(stream, length) {
    this.raw.write(frame(HEADERS, END_HEADERS, stream, POST));
    this.windows[stream] ??= 65_535;

    for (let left = length; left > 0;) {
      const now = Math.min(left, 16_384, this.window, this.windows[stream]);

      if (now === 0) {
        if ((await this.frame()).type === GOAWAY) throw new Error('GOAWAY');
        continue;
      }

      left -= now;
      this.window -= now;
      this.windows[stream] -= now;
      this.raw.write(frame(DATA, left === 0 ? END_STREAM : 0, stream, Buffer.alloc(now, 'y')));
    }
  }
}

/**
 * Answers in HTTP/2 with what the request was.
 *
 * @param {Http2ServerRequest} req The request
 * @param {Http2ServerResponse} res The response
 */
async function tellHttp2(req, res) {
  let length = 0;

  for await (const chunk of req) length += chunk.length;

  const { httpVersion, method, headers, url } = req;

  res.end(JSON.stringify({ httpVersion, method, url, headers, length, address: req.socket.remoteAddress }));
}

/**
 * Starts a server with a route to HTTP/2.
 *
 * @param {TestContext} t The test
 * @param {Object} [setup] `handler`, `options` of the route, `limits` of the router, `server`
 * @return {Promise<Object>} `{ port, router, server, sessions }`
 */
async function withH2c(t, { handler = tellHttp2, options, limits, server } = {}) {
  const running = await routed(t, limits, server);
  const route = running.router.h2c(handler, options)._routes.at(-1);
  const sessions = [];

  route.http2Server.on('session', (session) => {
    session.on('error', () => {});
    sessions.push(session);
  });
  return { ...running, http2Server: route.http2Server, sessions };
}

/**
 * Waits for the end of a session, whatever it was.
 *
 * @param {Http2Session} session The session
 * @return {Promise<void>} Resolved then
 */
function ended(session) {
  return new Promise((resolve) => {
    if (session.destroyed) resolve();
    else session.once('close', resolve);
  });
}

/**
 * Sends bytes of HTTP/1.1 and reads to the end.
 *
 * @param {Number} port The port
 * @param {(String|Buffer)} bytes The bytes
 * @return {Promise<String>} What came
 */
async function exchange(port, bytes) {
  const client = await RawClient.connect(port);

  client.write(bytes);
  return String(await client.rest());
}

module.exports = {
  ACK,
  DATA,
  END_HEADERS,
  END_STREAM,
  GET,
  GOAWAY,
  H2cClient,
  HEADERS,
  PING,
  PREFACE,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
  asking,
  ended,
  exchange,
  frame,
  settings,
  tellHttp2,
  windowUpdate,
  withH2c
};
