'use strict';

// What can be awaited? `ws.sendAsync()`, and messages one at a time, with `for await (const message of ws)`. The connection
// is not read while the loop's body works, so a slow body slows the peer down, and no message is lost between two loops.

const { CLOSED } = require('../base/constants');

/**
 * The messages of a WebSocket, one after the other.
 */
class MessageIterator {
  /**
   * Create an iterator.
   *
   * @param {WebSocket} ws The WebSocket
   */
  constructor(ws) {
    this.ws = ws;
    /** Messages nobody has asked for, and calls nobody has answered: one of the two is empty. */
    this.messages = [];
    this.waiting = [];
    this.error = null;
    this.isOver = ws.readyState === CLOSED;
    this.listeners = {
      close: () => this.finish(null),
      error: (err) => this.finish(err),
      message: (data, isBinary) => this.take(isBinary ? data : data.toString())
    };

    if (!this.isOver) for (const [event, listener] of Object.entries(this.listeners)) ws.on(event, listener);
  }

  /**
   * @return {MessageIterator} Itself: it can be iterated over too
   */
  [Symbol.asyncIterator]() {
    return this;
  }

  /**
   * Asks for the next message.
   *
   * @return {Promise<Object>} Resolved with it, or with the end; rejected with the error of the WebSocket, once
   * @public
   */
  next() {
    if (this.messages.length > 0) return Promise.resolve({ done: false, value: this.messages.shift() });

    if (this.error !== null) {
      const err = this.error;

      this.error = null;
      return Promise.reject(err);
    }

    if (this.isOver) return Promise.resolve({ done: true, value: undefined });

    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.ws.resume();
    });
  }

  /**
   * The loop was left. The WebSocket stays open, and delivers messages to others.
   *
   * @param {*} [value] What the loop was left with
   * @return {Promise<Object>} The end
   * @public
   */
  return(value) {
    const wasOver = this.isOver;

    this.finish(null);
    if (!wasOver) this.ws.resume();
    return Promise.resolve({ done: true, value });
  }

  /**
   * A message has arrived: no other one, until somebody asks for it.
   *
   * @param {(String|Buffer|ArrayBuffer|Buffer[]|Blob)} message The message
   * @private
   */
  take(message) {
    const asked = this.waiting.shift();

    if (asked === undefined) this.messages.push(message);
    else asked.resolve({ done: false, value: message });

    if (this.waiting.length === 0) this.ws.pause();
  }

  /**
   * Nothing more comes.
   *
   * @param {?Error} err The reason, if it is an error
   * @private
   */
  finish(err) {
    if (this.isOver) return;

    this.isOver = true;
    this.error = err;
    for (const [event, listener] of Object.entries(this.listeners)) this.ws.off(event, listener);
    // Each is answered as if it had been asked only now.
    for (const { resolve, reject } of this.waiting.splice(0)) this.next().then(resolve, reject);
  }
}

/**
 * Gives a class what can be awaited.
 *
 * @param {Function} Class The class
 * @private
 */
function makeAwaitable(Class) {
  const methods = {
    /**
     * Iterates over the messages: text as strings, the rest as `binaryType` says.
     *
     * @return {MessageIterator} The messages
     * @public
     */
    [Symbol.asyncIterator]() {
      return new MessageIterator(this);
    },

    /**
     * Sends a message.
     *
     * @param {*} data The message
     * @param {Object} [options] As for `send()`
     * @return {Promise<void>} Resolved when it was written, rejected when it cannot be
     * @public
     */
    sendAsync(data, options) {
      return new Promise((resolve, reject) => {
        this.send(data, options, (err) => (err ? reject(err) : resolve()));
      });
    }
  };

  for (const name of Reflect.ownKeys(methods)) {
    Object.defineProperty(Class.prototype, name, { configurable: true, value: methods[name], writable: true });
  }
}

module.exports = { makeAwaitable };
