'use strict';

// Where does a message's data live? Never in the batch it arrived in: that is
// used again, and a view on it would show other connections' bytes. V8 keeps
// typed arrays of up to 64 bytes on its own heap, which is the cheapest there
// is; above that every ArrayBuffer is an allocation, so medium messages share
// one per connection, and large ones come in memory of their own.

const { outside } = require('../base/root-context');

/** Node's own class, without the checks of `Buffer.from()`. */
const FastBuffer = Buffer[Symbol.species];

/** V8 keeps typed arrays of at most this many bytes on its heap. */
const ON_HEAP = 64;
/** Messages up to this size share memory with others of their connection. */
const SHARED = 4096;
/** The memory of a connection: the first piece, and those after it. */
const FIRST_POOL = 4096;
const POOL = 16 * 1024;
/** All pools of a channel together. */
const POOLS = 64 * 1024 * 1024;
/** A pool that was not used for this long is given up. */
const SWEEP = 1000;
/** V8 is made to look at the memory of large messages each time they come to this much. */
const LOOK = 1024 * 1024;

/**
 * The memory that the medium messages of one connection share.
 */
class Pool {
  /**
   * Create a pool.
   *
   * @param {Number} size Its size
   */
  constructor(size) {
    /** Zeroed: what is not used yet can be seen through `message.buffer`. */
    this.memory = new ArrayBuffer(size);
    /** The same; its own `buffer` is a call into C++. */
    this.bytes = new Uint8Array(this.memory);
    this.size = size;
    this.used = 0;
    this.isFresh = true;
  }

  /**
   * Whether a message fits. A buffer that was transferred away has no length.
   *
   * @param {Number} length Its length
   * @return {Boolean} `true` if it does
   * @private
   */
  fits(length) {
    return this.used + length <= this.bytes.length;
  }
}

/**
 * Makes message data for the connections of one channel.
 */
class MessageMemory {
  /**
   * Create it.
   */
  constructor() {
    /** The connections that have a pool. */
    this.owners = new Set();
    this.pooled = 0;
    this.timer = null;
    this.lentBytes = 0;
  }

  /**
   * A message came in memory that the engine lends. V8 collects its young objects when such memory has come to much, but
   * looks at that only when it allocates an ArrayBuffer itself; else it marks the whole heap, several times as often.
   *
   * @param {Number} length Its length
   * @private
   */
  lent(length) {
    this.lentBytes += length;
    if (this.lentBytes < LOOK) return;

    this.lentBytes = 0;
    new ArrayBuffer(1);
  }

  /**
   * A message that was alone in its read.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {ArrayBuffer} memory The memory of the batch
   * @param {Number} offset Where the message is
   * @param {Number} length Its length
   * @return {Buffer} The data
   * @private
   */
  copy(ws, memory, offset, length) {
    const source = new Uint8Array(memory, offset, length);

    if (length <= ON_HEAP) return new FastBuffer(source);
    if (length > SHARED) return own(source);

    const pool = this.poolFor(ws, length);

    if (pool === null) return own(source);

    const { bytes, memory: shared, used } = pool;

    bytes.set(source, used);
    pool.used = (used + length + 7) & ~7;
    pool.isFresh = true;
    return new FastBuffer(shared, used, length);
  }

  /**
   * The pool of a connection with room for a message.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {Number} length The length of the message
   * @return {(Pool|null)} The pool, `null` if there are too many
   * @private
   */
  poolFor(ws, length) {
    const pool = ws._$memory;

    if (pool !== null && pool.fits(length)) return pool;

    const size = pool === null ? FIRST_POOL : POOL;

    if (pool !== null) this.drop(ws);
    if (this.pooled + size > POOLS) return null;

    this.owners.add(ws);
    this.pooled += size;
    this.timer ??= outside(() => setTimeout(sweep, SWEEP, this).unref());
    return (ws._$memory = new Pool(size));
  }

  /**
   * Gives the pool of a connection up; messages keep what they use of it.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  drop(ws) {
    if (ws._$memory === null) return;

    this.pooled -= ws._$memory.size;
    this.owners.delete(ws);
    ws._$memory = null;
  }
}

/**
 * Gives up the pools of connections that have become quiet.
 *
 * @param {MessageMemory} memory The memory
 * @private
 */
function sweep(memory) {
  for (const ws of memory.owners) {
    if (ws._$memory.isFresh) ws._$memory.isFresh = false;
    else memory.drop(ws);
  }

  memory.timer = memory.owners.size > 0 ? setTimeout(sweep, SWEEP, memory).unref() : null;
}

/**
 * A copy in memory of its own.
 *
 * @param {Uint8Array} source The bytes
 * @return {Buffer} The copy
 * @private
 */
function own(source) {
  const copy = Buffer.allocUnsafeSlow(source.length);

  copy.set(source);
  return copy;
}

/**
 * Several messages of one read in one piece of memory.
 *
 * @param {ArrayBuffer} memory The memory of the batch
 * @param {Number} offset Where the first one begins
 * @param {Number} length Up to the end of the last one
 * @return {ArrayBuffer} The piece
 * @private
 */
function copyChunk(memory, offset, length) {
  return memory.slice(offset, offset + length);
}

/**
 * The fragments of a message.
 *
 * @param {Buffer} data The whole message
 * @param {Number[]} ends Where its fragments end; empty for a single one
 * @return {Buffer[]} The fragments that have content
 * @private
 */
function fragmentsOf(data, ends) {
  if (ends.length === 0) return data.length === 0 ? [] : [data];

  let start = 0;

  return ends.map((end) => {
    const fragment = data.subarray(start, end);

    start = end;
    return fragment;
  });
}

module.exports = { FastBuffer, MessageMemory, ON_HEAP, SHARED, copyChunk, fragmentsOf };
