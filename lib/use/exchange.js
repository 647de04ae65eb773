'use strict';

// How does a framework answer an upgrade? With a `ServerResponse` like any other: Node has made none, since it gives the
// socket away, so one is made here and assigned to that socket. What middleware writes to it is a complete response,
// after which the connection ends; what middleware has put into its headers goes into the 101 if the upgrade is accepted.
//
// Over HTTP/2 the socket is a stream, and what the response says is said over it.
//
// The response's own `writeHead()` and `end()` are what is accepted with, because middleware wraps them: session cookies
// are set in the one, sessions are saved in the other.

const http = require('node:http');

const takeover = require('../takeover/takeover');
const { closeBehind } = require('./close-behind');
const { Presence } = require('./presence');
const { sendHead, writeTo } = require('./stream-response');
const { isStream } = require('../http2/stream');
const { decline } = require('../handshake/refusal');
const { verdictOn } = require('./verdict');

/** Fields of a response that mean nothing in a 101, or that the handshake itself decides. */
const NOT_OURS = [
  'connection',
  'content-length',
  'content-type',
  'etag',
  'keep-alive',
  'sec-websocket-accept',
  'sec-websocket-extensions',
  'sec-websocket-protocol',
  'trailer',
  'transfer-encoding',
  'upgrade'
];

/** How long middleware may take by default (ms). */
const UPGRADE_TIMEOUT = 10_000;

/** The exchange of each request that a framework is asked about. */
const exchanges = new WeakMap();

const { end, writeHead } = http.ServerResponse.prototype;

/**
 * An upgrade request, its socket, and the response to it.
 */
class Exchange {
  /**
   * Create an exchange. The socket has to be free: no earlier response may be unfinished on it.
   *
   * @param {http.IncomingMessage} req The request
   * @param {Duplex} socket Its socket
   * @param {Buffer} head What arrived behind it
   * @param {Number} [upgradeTimeout=10000] How many milliseconds may pass until it is answered or accepted, 0 for any
   */
  constructor(req, socket, head, upgradeTimeout = UPGRADE_TIMEOUT) {
    this.req = req;
    this.socket = socket;
    this.head = head;
    this.res = new http.ServerResponse(req);
    /** The header lines for the 101, once it is known that there will be one. */
    this.lines = null;
    /** Whether it was given to others, who may do something else with the socket. */
    this.isReleased = false;
    this._then = null;
    this._isSwitching = false;
    this._onDrain = () => drained(this.res);
    this._timer = upgradeTimeout > 0 ? setTimeout(() => this._expire(), upgradeTimeout).unref() : null;
    this._presence = new Presence(req, socket);
    this._prepare();
    exchanges.set(req, this);
  }

  /**
   * Tells whether there is still somebody to be answered, and nobody has.
   *
   * @return {Boolean} `true` if so
   * @public
   */
  get isOpen() {
    return !this.isReleased && !this.res.headersSent && !this.res.destroyed && this.socket.writable;
  }

  /**
   * Accepts: lets the middleware have its say about headers and end, then tells the header lines for the 101.
   *
   * @param {Function} then Called when the middleware that waits for the end of responses is through
   * @public
   */
  accept(then) {
    const { res } = this;

    this.expect(then);
    res.writeHead(101);
    res.end();
  }

  /**
   * Accepts when somebody else writes a head with 101 and ends the response; any other answer is an answer.
   *
   * @param {Function} then Called then
   * @public
   */
  expect(then) {
    const { res } = this;

    this._then = then;
    if (!res.hasHeader('date')) res.sendDate = false;
  }

  /**
   * Answers a request that is no proper handshake.
   *
   * @param {Object} verdict What is wrong with it
   * @public
   */
  refuse({ headers, message, status }) {
    const { res } = this;

    res.statusCode = status;
    for (const [name, value] of headers) res.setHeader(name, value);
    res.setHeader('Content-Type', 'text/plain');
    res.setHeader('Content-Length', Buffer.byteLength(message));
    res.end(message);
  }

  /**
   * Lets go of request and socket, as if nothing had been.
   *
   * @public
   */
  release() {
    const { res, socket } = this;

    this.isReleased = true;
    this._settle();
    this._presence.stop();
    socket.removeListener('drain', this._onDrain);
    if (res.socket) res.detachSocket(socket);
    exchanges.delete(this.req);
  }

  /**
   * Tells those who wait for the end of the response, loggers mostly, that the upgrade is complete.
   *
   * @public
   */
  complete() {
    const { res } = this;

    res.finished = true;
    res.emit('finish');
    res.destroyed = true;
    res.emit('close');
  }

  /**
   * Assigns the response to the socket, and stands before its methods.
   *
   * @private
   */
  _prepare() {
    const { res, socket } = this;

    res.shouldKeepAlive = false;
    res.writeHead = (...args) => {
      this._beforeHead(args[0]);
      writeHead.apply(res, args);
      this._afterHead(args[0]);
      return res;
    };
    res.end = (...args) => {
      if (!this._isSwitching) return end.apply(res, args);

      this._commit();
      return res;
    };
    res.once('finish', () => {
      if (this.lines !== null) return;

      this._presence.stop();
      closeBehind(this.req, socket, this.head);
    });
    res.once('close', () => this._settle());
    res.assignSocket(socket);
    if (isStream(socket)) writeTo(res, socket);
    // The end of an earlier response has set the keep-alive timeout.
    if (typeof socket.setTimeout === 'function') socket.setTimeout(0);
    // Node's own listener went with the parser.
    socket.on('drain', this._onDrain);
  }

  /**
   * Drops the fields that do not belong into the head that is about to be written.
   *
   * @param {Number} status Its status
   * @private
   */
  _beforeHead(status) {
    const { res } = this;

    if (status === 101) {
      NOT_OURS.forEach((name) => res.removeHeader(name));
    } else {
      this._settle();
      this._then = null;
      // Whatever else it says would not be kept.
      res.setHeader('Connection', 'close');
    }
  }

  /**
   * Keeps the head of a 101 back, which goes another way; there is no body. Over HTTP/2 every other head is sent here.
   *
   * @param {Number} status The status that was written
   * @private
   */
  _afterHead(status) {
    const { res, socket } = this;

    if (status !== 101 || this._then === null) {
      if (isStream(socket)) sendHead(res, socket);
      return;
    }

    this._isSwitching = true;
    res._headerSent = true;
    res.write = () => true;
  }

  /**
   * The middleware is through: there will be a 101.
   *
   * @private
   */
  _commit() {
    const then = this._then;

    this._then = null;
    this._isSwitching = false;
    this._settle();
    this._presence.stop();
    this.socket.removeListener('drain', this._onDrain);
    // A slice of the parser's buffer pins 64 KiB.
    this.head = null;
    this.lines = this.res._header.split('\r\n').slice(1, -2).filter(isOurs);
    then();
  }

  /**
   * There is nothing to wait for any more.
   *
   * @private
   */
  _settle() {
    clearTimeout(this._timer);
  }

  /**
   * Nobody has answered in time. Middleware that wraps the response is not asked: it may be what is waited for.
   *
   * @private
   */
  _expire() {
    const { res } = this;

    if (res.headersSent) {
      this.socket.destroy();
      return;
    }

    const body = http.STATUS_CODES[503];

    res.getHeaderNames().forEach((name) => res.removeHeader(name));
    writeHead.call(res, 503, { Connection: 'close', 'Content-Length': body.length, 'Content-Type': 'text/plain' });
    this._afterHead(503);
    end.call(res, body);
  }
}

/**
 * Finds the exchange of a request.
 *
 * @param {http.IncomingMessage} req The request
 * @return {(Exchange|undefined)} Its exchange; `undefined` if it is an ordinary request
 * @public
 */
function exchangeOf(req) {
  // Node's own mark is the cheaper question.
  return req.upgrade === false ? undefined : exchanges.get(req);
}

/**
 * Begins an exchange, after any earlier response on the same connection. A request with a body is refused at once: the
 * middleware would wait for it, and who reads it depends on the version of Node.
 *
 * @param {http.IncomingMessage} req The request
 * @param {Duplex} socket Its socket
 * @param {Buffer} head What arrived behind it
 * @param {Number} [upgradeTimeout] How long it may take
 * @param {Function} run Called with the exchange, unless the socket is closed by then
 * @public
 */
function beginExchange(req, socket, head, upgradeTimeout, run) {
  const verdict = verdictOn(req);

  takeover.guard(socket);
  if (verdict.code === 'ERR_UPSHIFT_REQUEST_BODY') {
    decline(req, socket, verdict.status, { body: verdict.message });
    return;
  }

  takeover.settle(req, socket, (err) => {
    if (err) socket.destroy();
    else run(new Exchange(req, socket, head, upgradeTimeout));
  });
}

module.exports = { beginExchange, exchangeOf };

/**
 * Tells whether a line stays in the head of a 101.
 *
 * @param {String} line The header line
 * @return {Boolean} `true` if it does
 * @private
 */
function isOurs(line) {
  return !NOT_OURS.includes(line.slice(0, line.indexOf(':')).toLowerCase());
}

/**
 * Tells whoever writes to a response that there is room again.
 *
 * @param {http.ServerResponse} res The response
 * @private
 */
function drained(res) {
  if (res.writableNeedDrain) res.emit('drain');
}
