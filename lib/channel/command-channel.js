'use strict';

// What can a WebSocket ask of the reactor it is on? Everything becomes a command
// in the slab.

const { FIN, MASK, PLAIN, VERB, framedLength } = require('./slab');

/**
 * The commands of a channel. Where the slab and what else they need come from is
 * the business of those that extend it.
 */
class CommandChannel {
  /**
   * Create a channel.
   */
  constructor() {
    /** The outgoing slab. */
    this.slab = null;
    /** The events that are kept back. */
    this.backlog = null;
    /** The callbacks of what was sent. */
    this.callbacks = null;
  }

  /**
   * Sends a frame.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {(String|Uint8Array)} data The payload
   * @param {Number} opcode The opcode
   * @param {Boolean} fin Whether this is the last fragment
   * @param {Boolean} mask Whether to mask it
   * @param {Function} [cb] Called when it is out
   * @param {Boolean} [isPlain=false] Whether not to compress it
   * @private
   */
  send(ws, data, opcode, fin, mask, cb, isPlain = false) {
    if (mask) this.chooseKey(ws);

    const operation = opcode | (fin ? FIN : 0) | (mask ? MASK : 0) | (isPlain ? PLAIN : 0);
    const length =
      typeof data === 'string' ? this.slab.text(ws._$id, data, operation) : this.slab.frame(ws._$id, data, operation);

    this.posted(ws, framedLength(length) + (mask ? 4 : 0), cb);
  }

  /**
   * Sends a frame that was encoded already.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {Uint8Array} start Its first bytes, the header among them
   * @param {Uint8Array} rest Its other bytes
   * @param {Function} [cb] Called when it is out
   * @private
   */
  sendRaw(ws, start, rest, cb) {
    this.slab.raw(ws._$id, start, rest);
    this.posted(ws, start.length + rest.length, cb);
  }

  /**
   * A frame is in the slab.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {Number} length Its length
   * @param {Function} [cb] Called when it is out
   * @private
   */
  posted(ws, length, cb) {
    ws._$sent += length;
    if (cb !== undefined) {
      this.slab.notify();
      this.callbacks.add(ws, ws._$sent, cb);
    }

    // Memory that was lent is used at once: the application may transfer it as soon as the call returns.
    if (this.slab.hasPayloads) this.offer();
    else this.schedule();
  }

  /**
   * Has the application choose the mask of the next frame, if it wants to.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  chooseKey(ws) {
    const { generateMask } = ws._$config;

    if (generateMask === null) return;

    const key = Buffer.alloc(4);

    generateMask(key);
    this.slab.key(ws._$id, key);
  }

  /**
   * Sends a close frame.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {Number} [code] The status code
   * @param {(String|Uint8Array)} reason The reason
   * @private
   */
  close(ws, code, reason) {
    const { isServer } = ws._$config;

    if (!isServer) this.chooseKey(ws);
    this.slab.close(ws._$id, code ?? 0, reason, isServer ? 0 : MASK);
    this.schedule();
  }

  /**
   * Writes a command.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {Number} verb What to do
   * @private
   */
  command(ws, verb) {
    this.slab.command(ws._$id, verb);
    this.schedule();
  }

  /**
   * Ends our side after all output.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  shutdown(ws) {
    this.command(ws, VERB.SHUTDOWN);
  }

  /**
   * Ends our side after all output, without a closing handshake: the peer has as long as it likes to end its own.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  halfClose(ws) {
    this.command(ws, VERB.SHUTDOWN | FIN);
  }

  /**
   * Asks to be told when our FIN is out.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  watch(ws) {
    this.command(ws, VERB.WATCH);
  }

  /**
   * Drops the connection.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  terminate(ws) {
    this.command(ws, VERB.TERMINATE);
    if (this.backlog.has(ws)) this.backlog.release(ws);
  }

  /**
   * Drops the connection with a reset.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  reset(ws) {
    this.command(ws, VERB.RESET);
    if (this.backlog.has(ws)) this.backlog.release(ws);
  }

  /**
   * Stops reading.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  pause(ws) {
    this.stopReading(ws);
  }

  /**
   * Goes on: with what was kept back first.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  resume(ws) {
    if (this.backlog.has(ws)) this.backlog.release(ws);
    else this.startReading(ws);
  }

  /**
   * Stops reading.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  stopReading(ws) {
    this.command(ws, VERB.PAUSE);
  }

  /**
   * Starts reading.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  startReading(ws) {
    this.command(ws, VERB.RESUME);
  }
}

module.exports = { CommandChannel };
