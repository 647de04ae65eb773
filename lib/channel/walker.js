'use strict';

// How do the events of a batch reach their WebSockets? The engine has laid them
// out in one piece of memory (src/engine/memory/batch.rs); this walks it. The
// cursor is no local variable: when a handler throws, the engine reports it and
// has the walk go on behind that event.

const { run, runWithin } = require('../base/async-context');
const { Batch, FRAGMENTED, INDEX, KIND, LARGE, OPCODE, TABLE_BYTES } = require('./batch');
const { FastBuffer, MessageMemory, copyChunk, fragmentsOf } = require('./message-memory');
const { runEvents } = require('./runs');
const { BINARY, EMPTY_BUFFER, PING, PONG, TERMINATED, TEXT } = require('../base/constants');

/** The walk goes on behind the event whose handler threw. */
const GO_ON = 0xffffffff;
/** Kinds of events that are no frames. */
const PEER_CLOSE = 3;
const ERROR = 4;
const DRAIN = 5;
const END = 6;
const GONE = 7;
const WRITTEN = 8;
/** A walk looks at the clock after so many events, and gives way after so long. */
const EVENTS_PER_LOOK = 32;
const PATIENCE = 10;

/**
 * Walks the batches of one channel.
 */
class Walker {
  /**
   * Create a walker.
   *
   * @param {Object} channel The channel
   */
  constructor(channel) {
    this.channel = channel;
    this.memory = new MessageMemory();
    /** The WebSockets, by index. */
    this.sockets = [];
    this.batches = [];
    this.batch = null;
    /** Events before `cursor` are done; those before `stop` are one run; the scope ends at `end`. */
    this.cursor = 0;
    this.stop = 0;
    this.end = 0;
    this.isWalking = false;
    /** The process is about to exit: no application sees an event any more. */
    this.isOver = false;
  }

  /**
   * Walks a scope.
   *
   * @param {Number} index The number of the batch, or `GO_ON`
   * @param {Number} [from] The first event
   * @param {Number} [to] The end of the scope
   * @param {ArrayBuffer} [memory] The batch's memory, the first time it is seen
   * @param {Boolean} [isWithin=false] Whether the engine calls in a scope of its own
   * @return {Number} Where the walk stopped
   * @private
   */
  walk(index, from, to, memory, isWithin = false) {
    if (index !== GO_ON) this.open(index, from, to, memory);
    if (this.isOver) return this.walkLast();

    const { sockets } = this;
    // An uncaught error has emptied Node's stack of contexts: the walk that goes on behind it is within none.
    const enter = isWithin ? runWithin : run;
    const { words } = this.batch;
    let look = this.cursor + EVENTS_PER_LOOK;
    let begun = 0;

    this.isWalking = true;

    while (this.cursor < this.end) {
      const at = this.cursor << 2;
      const ws = sockets[words[at] & INDEX];

      if (this.cursor >= this.stop) this.stop = this.cursor + (words[at + 1] >>> 16);

      if (ws === undefined || ws === null || ws._$id !== words[at]) this.cursor = this.stop;
      else enter(ws._$resource, runEvents, this, ws);

      if (this.cursor >= look && this.cursor < this.end) {
        const now = performance.now();

        if (begun === 0) begun = now;
        else if (now - begun > PATIENCE) break;
        look = this.cursor + EVENTS_PER_LOOK;
      }
    }

    this.isWalking = false;
    return this.cursor;
  }

  /**
   * Walks a scope of which only what is for streams counts.
   *
   * @return {Number} Where the walk stopped
   * @private
   */
  walkLast() {
    const { words } = this.batch;

    while (this.cursor < this.end) {
      const at = this.cursor++ << 2;
      const ws = this.sockets[words[at] & INDEX];
      const kind = words[at + 1] & KIND;

      if (ws && ws._$id === words[at] && (kind & OPCODE) > PONG) {
        this.channel.told(ws, kind & OPCODE, this.dataOf(ws, kind, words[at + 2], words[at + 3]));
      }
    }

    return this.cursor;
  }

  /**
   * Turns to a scope.
   *
   * @param {Number} index The number of the batch
   * @param {Number} from The first event
   * @param {Number} to The end of the scope
   * @param {ArrayBuffer} [memory] The batch's memory, the first time it is seen
   * @private
   */
  open(index, from, to, memory) {
    if (memory !== undefined) this.batches[index] = new Batch(memory);

    this.batch = this.batches[index];
    this.cursor = this.stop = from;
    this.end = to;
  }

  /**
   * Handles the event at the cursor.
   *
   * @param {WebSocket} ws Its WebSocket
   * @private
   */
  event(ws) {
    const { words, memory } = this.batch;
    const at = this.cursor++ << 2;
    const kind = words[at + 1] & KIND;
    const offset = words[at + 2];
    const length = words[at + 3];

    if ((kind & OPCODE) > PONG) {
      this.channel.told(ws, kind & OPCODE, this.dataOf(ws, kind, offset, length));
      return;
    }

    if (this.isHeld(ws)) {
      this.keepBack(ws, kind, offset, length);
      return;
    }

    if (kind === BINARY && ws._binaryType === 'nodebuffer') {
      ws._$onMessage(this.memory.copy(ws, memory, TABLE_BYTES + offset, length), true);
    } else if (kind === TEXT) {
      ws._$onMessage(this.memory.copy(ws, memory, TABLE_BYTES + offset, length), false);
    } else {
      this.deliver(ws, kind, this.dataOf(ws, kind, offset, length));
    }
  }

  /**
   * Whether a WebSocket takes no events now, or has older ones waiting.
   *
   * @param {WebSocket} ws The WebSocket
   * @return {Boolean} `true` if it does not
   * @private
   */
  isHeld(ws) {
    return ws._$flow !== 0 || this.channel.backlog.has(ws);
  }

  /**
   * What an event carries, in memory of its own.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {Number} kind The kind of the event
   * @param {Number} offset Where its bytes are
   * @param {Number} length How many
   * @return {*} The data
   * @private
   */
  dataOf(ws, kind, offset, length) {
    const opcode = kind & OPCODE;

    if ((opcode !== TEXT && opcode !== BINARY) || ws._binaryType === 'nodebuffer' || opcode === TEXT) {
      if ((kind & LARGE) !== 0) return length === 0 ? EMPTY_BUFFER : this.large(offset);
      return length === 0 ? EMPTY_BUFFER : this.memory.copy(ws, this.batch.memory, TABLE_BYTES + offset, length);
    }

    const isLarge = (kind & LARGE) !== 0 && length > 0;
    const bytes = isLarge ? this.large(offset) : this.exact(offset, length);

    // Memory that was lent to JavaScript cannot be transferred to another thread.
    if (ws._binaryType === 'arraybuffer') return isLarge ? bytes.buffer.slice(0) : bytes.buffer;
    if (ws._binaryType === 'blob') return new Blob([bytes]);

    const ends = (kind & FRAGMENTED) !== 0 ? this.channel.native.fragmentEnds(offset) : [];

    return fragmentsOf(bytes, ends);
  }

  /**
   * A message that has memory of its own already.
   *
   * @param {Number} index Its number in the batch
   * @return {Buffer} The message
   * @private
   */
  large(index) {
    const memory = this.channel.calls.takeLarge(index);

    this.memory.lent(memory.byteLength);
    return new FastBuffer(memory);
  }

  /**
   * A message in an ArrayBuffer of exactly its size.
   *
   * @param {Number} offset Where it is
   * @param {Number} length Its length
   * @return {Buffer} The message
   * @private
   */
  exact(offset, length) {
    return new FastBuffer(copyChunk(this.batch.memory, TABLE_BYTES + offset, length));
  }

  /**
   * Hands an event over.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {Number} kind The kind of the event
   * @param {*} data What it carries
   * @private
   */
  deliver(ws, kind, data) {
    switch (kind & OPCODE) {
      case TEXT:
        return ws._$onMessage(data, false);
      case BINARY:
        return ws._$onMessage(data, true);
      case PING:
        return ws._$onPing(data);
      case PONG:
        return ws._$onPong(data);
      case PEER_CLOSE:
        return ws._$onPeerClose(data.readUInt16LE(0), data.subarray(2));
      case ERROR:
        return this.fail(ws, data);
      case DRAIN:
        this.channel.settle(ws);
        return ws._$onDrain();
      case WRITTEN:
        return this.channel.settle(ws);
      case END:
        return this.channel.ended(ws);
      case GONE:
        return this.channel.closed(ws, data);
      default:
        throw new RangeError(`the engine sent an event of unknown kind ${kind}`);
    }
  }

  /**
   * Hands a protocol error over.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {Buffer} data Close code, error code, NUL, message
   * @private
   */
  fail(ws, data) {
    const end = data.indexOf(0, 2);

    ws._$onError(data.latin1Slice(2, end), data.utf8Slice(end + 1), data.readUInt16LE(0));
  }

  /**
   * Keeps an event of a WebSocket back that takes none now, and everything
   * behind it.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {Number} kind The kind of the event
   * @param {Number} offset Where its bytes are
   * @param {Number} length How many
   * @private
   */
  keepBack(ws, kind, offset, length) {
    // What is due in any case, and does not wait for messages.
    const isTerminated = (ws._$flow & TERMINATED) !== 0;

    if (kind === WRITTEN || (kind === DRAIN && !isTerminated)) {
      this.deliver(ws, kind, EMPTY_BUFFER);
      return;
    }

    if (isTerminated && kind !== GONE) return;

    const data = this.dataOf(ws, kind, offset, length);

    if (isTerminated) this.deliver(ws, kind, data);
    else this.channel.backlog.keep(ws, kind, data);
  }
}

module.exports = { EVENTS_PER_LOOK, GONE, GO_ON, PATIENCE, Walker };
