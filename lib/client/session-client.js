'use strict';

// How does a client come to a WebSocket on a session of HTTP/2 that exists? It waits until the server is known to allow
// it, asks with an extended CONNECT (RFC 8441), and hands the stream over where others hand over a socket. The events are
// those of every client; redirects are not followed, since they lead elsewhere.

const { IncomingMessage } = require('http');

const asyncContext = require('../base/async-context');
const { establish } = require('../transport/attach');
const { codedError } = require('../base/errors');
const { confirm } = require('./response');
const { ClientHandshake, TOO_EARLY } = require('./client');
const { equip } = require('../http2/stream');
const { requestTo } = require('./request');
const { originFault, whenReady } = require('../http2/session');
const { CLOSING, CONNECTING, EMPTY_BUFFER } = require('../base/constants');

/** What a request of HTTP/1.1 has and one of HTTP/2 must not have. */
const LEFT_OUT = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'sec-websocket-key',
  'transfer-encoding',
  'upgrade'
]);

/** Options about requests of HTTP/1.1 that would be missed. */
const OF_REQUESTS = ['finishRequest', 'followRedirects'];

/**
 * The opening handshake of a client on a session of HTTP/2.
 */
class SessionHandshake extends ClientHandshake {
  /**
   * Create a handshake.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {Array} protocols The subprotocols to offer
   * @param {Object} options The options, with their defaults filled in; `session` among them
   */
  constructor(ws, protocols, options) {
    super(ws, protocols, options);
    this.timer = null;
    this.isOver = false;
  }

  /**
   * Sends the request, as soon as it may be sent.
   *
   * @param {(String|URL)} address Where to
   * @throws {(RangeError|SyntaxError|TypeError)} If the arguments of the application are none that make a handshake
   * @private
   */
  start(address) {
    for (const name of OF_REQUESTS) {
      if (this.options[name]) throw new TypeError(`The "${name}" option cannot be used with a session of HTTP/2`);
    }

    const target = this.aim(address);
    const { anyOrigin, handshakeTimeout, session } = this.options;
    const headers = headersFor(target, this.protocols, this.options);

    if (handshakeTimeout) {
      this.timer = setTimeout(() => this.abort('Opening handshake has timed out'), handshakeTimeout);
    }

    whenReady(session, (err) => {
      if (this.isOver) return;

      err ??= originFault(session, originOf(target), anyOrigin);
      if (err === null) this.ask(session, headers);
      else process.nextTick(giveUp, this, err);
    });
  }

  /**
   * Sends the request.
   *
   * @param {ClientHttp2Session} session The session
   * @param {Object} headers The headers
   * @private
   */
  ask(session, headers) {
    let stream;

    try {
      stream = equip(session.request(headers, { endStream: false }));
    } catch (err) {
      process.nextTick(giveUp, this, err);
      return;
    }

    this.req = stream;
    stream.on('error', (err) => this.giveUp(err));
    stream.on('close', () => this.giveUp(closedTooEarly()));
    stream.on('response', (answered) => {
      if (!this.isOver) asyncContext.run(this.ws._$resource, () => this.onAnswer(stream, answered));
    });
  }

  /**
   * The server has answered.
   *
   * @param {ClientHttp2Stream} stream The stream
   * @param {Object} answered The headers of its answer
   * @private
   */
  onAnswer(stream, answered) {
    const res = responseOf(stream, answered);
    const { statusCode } = res;

    if (statusCode >= 200 && statusCode < 300) {
      this.onUpgrade(undefined, res, stream, EMPTY_BUFFER);
      return;
    }

    readFrom(stream, res);
    if (!this.emit('unexpected-response', stream, res)) this.abort(`Unexpected server response: ${statusCode}`);
  }

  /**
   * The server has accepted.
   *
   * @param {undefined} key There is none
   * @param {http.IncomingMessage} res The response
   * @param {ClientHttp2Stream} stream The stream
   * @param {Buffer} head What arrived behind the response
   * @private
   */
  onUpgrade(key, res, stream, head) {
    const { options, protocols, ws } = this;

    ws.emit('upgrade', res);
    // A listener may have closed it.
    if (ws._readyState !== CONNECTING) return;

    const { error, protocol } = confirm(ws, res, { key, options, protocols });

    if (error !== undefined) {
      this.abort(error);
      return;
    }

    this.end();
    this.req = null;
    if (protocol) ws._protocol = protocol;
    this.options = this.protocols = this.first = null;
    establish(ws, { req: null, socket: stream, head }, '', options, {
      onFail: (err) => this.abortSocket(stream, err),
      onOpen() {}
    });
  }

  /**
   * Gives up before there is a connection.
   *
   * @param {String} [message] Why
   * @private
   */
  abort(message = TOO_EARLY) {
    const err = new Error(message);

    Error.captureStackTrace(err, this.abort);
    this.ws._readyState = CLOSING;
    if (this.isOver) return;

    this.end();
    if (this.req !== null) this.req.destroy();
    process.nextTick(fail, this, err);
  }

  /**
   * The handshake is decided.
   *
   * @private
   */
  end() {
    this.isOver = true;
    clearTimeout(this.timer);
    this.timer = null;
  }

  /**
   * The stream or its session has failed, unless the handshake is over.
   *
   * @param {Error} err Why
   * @private
   */
  giveUp(err) {
    if (this.isOver) return;

    this.end();
    this.fail(err);
  }
}

module.exports = { SessionHandshake };

/**
 * Puts the headers together.
 *
 * @param {Object} target Where to
 * @param {String[]} protocols The subprotocols
 * @param {Object} options The options
 * @return {Object} The headers
 * @private
 */
function headersFor(target, protocols, options) {
  const { auth, headers } = requestTo(target, protocols, options);
  const origin = originOf(target);
  const made = {
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': origin.protocol.slice(0, -1),
    ':authority': origin.host,
    ':path': target.options.path || '/'
  };

  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();

    if (lower === 'host') made[':authority'] = value;
    else if (!LEFT_OUT.has(lower)) made[lower] = value;
  }

  if (auth) made.authorization ??= `Basic ${Buffer.from(auth).toString('base64')}`;
  return made;
}

/**
 * Says where a request goes, in the words of HTTP.
 *
 * @param {Object} target Where to
 * @return {URL} Scheme and authority
 * @private
 */
function originOf({ isLocal, isSecure, url }) {
  return new URL(`${isSecure ? 'https' : 'http'}://${isLocal ? 'localhost' : url.host}`);
}

/**
 * Makes the response that listeners get.
 *
 * @param {ClientHttp2Stream} stream The stream
 * @param {Object} answered The headers of the answer
 * @return {http.IncomingMessage} The response
 * @private
 */
function responseOf(stream, answered) {
  const res = new IncomingMessage(stream);

  res.headers = Object.fromEntries(Object.entries(answered).filter(([name]) => !name.startsWith(':')));
  res.httpVersion = '2.0';
  res.httpVersionMajor = 2;
  res.httpVersionMinor = 0;
  res.statusCode = answered[':status'];
  res.statusMessage = '';
  return res;
}

/**
 * Lets a response be read.
 *
 * @param {ClientHttp2Stream} stream Its stream
 * @param {http.IncomingMessage} res The response
 * @private
 */
function readFrom(stream, res) {
  res._read = () => stream.resume();
  stream.pause();
  stream.on('data', (chunk) => {
    if (!res.push(chunk)) stream.pause();
  });
  stream.on('end', () => {
    res.complete = true;
    res.push(null);
  });
}

/**
 * @return {Error} The error for a stream that the server has closed without an answer
 * @private
 */
function closedTooEarly() {
  return codedError('ERR_UPSHIFT_SOCKET_CLOSED', 'The stream was closed before the handshake was answered');
}

/**
 * Lets a handshake fail that is not over.
 *
 * @param {SessionHandshake} handshake The handshake
 * @param {Error} err Why
 * @private
 */
function giveUp(handshake, err) {
  handshake.giveUp(err);
}

/**
 * Lets a handshake fail.
 *
 * @param {SessionHandshake} handshake The handshake
 * @param {Error} err Why
 * @private
 */
function fail(handshake, err) {
  handshake.fail(err);
}
