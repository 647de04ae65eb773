'use strict';

// What happens to events of a WebSocket that takes none now, because it is
// paused or wants one event per tick? They are kept in order; the connection is
// not read until they are delivered.

const asyncContext = require('../base/async-context');
const { TERMINATED } = require('../base/constants');

/**
 * The events kept back on one channel.
 */
class Backlog {
  /**
   * Create a backlog.
   *
   * @param {Object} channel The channel
   */
  constructor(channel) {
    this.channel = channel;
    /** The events of each WebSocket that has some. */
    this.kept = new Map();
  }

  /**
   * Whether a WebSocket has events waiting.
   *
   * @param {WebSocket} ws The WebSocket
   * @return {Boolean} `true` if it has
   * @private
   */
  has(ws) {
    return this.kept.size > 0 && this.kept.has(ws);
  }

  /**
   * Tells how much is kept.
   *
   * @return {Number} Bytes
   * @private
   */
  held() {
    let bytes = 0;

    for (const events of this.kept.values()) {
      for (let i = 1; i < events.length; i += 2) bytes += sizeOf(events[i]);
    }

    return bytes;
  }

  /**
   * Keeps an event.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {Number} kind Its kind
   * @param {*} data What it carries
   * @private
   */
  keep(ws, kind, data) {
    const events = this.kept.get(ws);

    if (events === undefined) {
      this.kept.set(ws, [kind, data]);
      this.channel.stopReading(ws);
    } else {
      events.push(kind, data);
    }

    if (this.channel.isLast(kind)) this.release(ws);
  }

  /**
   * The WebSocket takes events again: delivers what waits, not within the call
   * that made it so.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  release(ws) {
    process.nextTick(deliver, this, ws);
  }
}

module.exports = { Backlog };

/**
 * Delivers what waits, as long as it is taken.
 *
 * @param {Backlog} backlog The backlog
 * @param {WebSocket} ws The WebSocket
 * @private
 */
function deliver(backlog, ws) {
  const { channel, kept } = backlog;
  const events = kept.get(ws);

  if (events === undefined) return;

  // What was received before the end is delivered before it, paused or not.
  const isOver = channel.isLast(events[events.length - 2]);
  let done = 0;

  // Whoever looks or sends in a handler now comes too late.
  if (isOver) ws._$onEnd();

  try {
    while (done < events.length && (ws._$flow === 0 || isOver || isTerminated(ws))) {
      const kind = events[done];
      const data = events[done + 1];

      done += 2;
      // Asked anew each time: a handler may just have done it.
      if (!isTerminated(ws) || channel.isLast(kind)) {
        asyncContext.run(ws._$resource, deliverOne, channel, { ws, kind, data });
      }
    }
  } finally {
    // A handler that throws does not take the others with it.
    if (done === events.length) {
      kept.delete(ws);
      if (ws._$channel !== null && ws._$flow === 0) channel.startReading(ws);
    } else {
      events.splice(0, done);
      if (ws._$flow === 0 || isOver) backlog.release(ws);
    }
  }
}

/**
 * @param {(Buffer|ArrayBuffer|Buffer[]|Blob)} data What an event carries
 * @return {Number} How many bytes that is
 * @private
 */
function sizeOf(data) {
  if (Array.isArray(data)) return data.reduce((sum, fragment) => sum + fragment.length, 0);

  return data.byteLength ?? data.size;
}

/**
 * @param {WebSocket} ws The WebSocket
 * @return {Boolean} Whether nothing but the end is due any more
 * @private
 */
function isTerminated(ws) {
  return (ws._$flow & TERMINATED) !== 0;
}

/**
 * Delivers one event.
 *
 * @this FdChannel
 * @param {Object} event The event
 * @param {WebSocket} event.ws The WebSocket
 * @param {Number} event.kind Its kind
 * @param {*} event.data What it carries
 * @private
 */
function deliverOne({ ws, kind, data }) {
  this.deliver(ws, kind, data);
}
