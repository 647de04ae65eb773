'use strict';

// What stands between the WebSockets and their reactor? Commands go down in the
// slab (command-channel.js), events come up through the walker; ids, the ledger
// and what keeps the process alive are kept here.

const asyncContext = require('../base/async-context');
const native = require('../base/native');
const { Alarm } = require('../base/alarm');
const { Backlog } = require('./backlog');
const { CommandChannel } = require('./command-channel');
const { HELD } = require('../base/constants');
const { Ledger } = require('./ledger');
const { Slab } = require('./slab');
const { INDEX } = require('./batch');
const { GONE, Walker } = require('./walker');
const { SendCallbacks } = require('./send-callbacks');
const { nothing } = require('./figures');
const { getOption, setOption, wordsOf } = require('./socket-options');
const { noteConnection } = require('./trimming');

/** Ids are a generation and an index; this many bits are the index. */
const INDEX_BITS = 20;
const GENERATIONS = 0xfff;

/** So many connections have an id at the same time; tests make do with fewer. */
const CONNECTIONS = Number(process.env.UPSHIFT_TEST_CONNECTIONS || 1 << INDEX_BITS);

/** Tests run with a credit of 1. */
const TEST_CREDIT = Number(process.env.UPSHIFT_TEST_RECEIVE_CREDIT ?? 0);

/** The event that our FIN is out. */
const FINISHED = 14;

/** What any socket takes that has not refused anything: ten segments on their way, and as much waiting behind them. */
const NEVER_REFUSED = 28 * 1024;

const EBADF = -9;
const resolved = Promise.resolve();

/**
 * A reactor with the connections on it.
 */
class FdChannel extends CommandChannel {
  /**
   * Create a channel.
   *
   * @param {Object} options What the native side needs to know
   */
  constructor(options) {
    super();

    const payloads = [];

    this.alarm = new Alarm(() => this.turn());
    this.walker = new Walker(this);
    this.backlog = new Backlog(this);
    this.callbacks = new SendCallbacks();
    this.native = new native.NativeChannel(options, this.host(), payloads);
    this.calls = this.native.calls;
    this.slab = new Slab(this.native.slab, payloads, () => this.calls.flush());
    this.ledger = new Ledger(this.native.ledger);
    this.generations = [];
    this.free = [];
    this.settings = new WeakMap();
    this.connections = 0;
    this.held = 0;
    this.isScheduled = false;
    this.lastStats = nothing();
    this.flush = () => {
      this.isScheduled = false;
      this.calls.flush();
    };
  }

  /**
   * Whether there is no id left for another connection.
   *
   * @type {Boolean}
   */
  get isFull() {
    return this.connections >= CONNECTIONS;
  }

  /**
   * The functions the native side calls, and the resource in whose async context it does so.
   *
   * @return {Object} Those
   * @private
   */
  host() {
    return {
      resource: asyncContext.empty,
      later: (ms) => this.alarm.set(ms),
      output: (...piece) => this.output(...piece),
      walk: (index, from, to, memory, isWithin) => this.walker.walk(index, from, to, memory, isWithin),
      written: () => this.written()
    };
  }

  /**
   * Has the reactor look at what is due.
   *
   * @private
   */
  turn() {
    this.native.turn();
  }

  /**
   * Gives a connection to the reactor.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {Object} config Its settings, the same object for all of a server
   * @param {String} response What is sent first, a character per byte
   * @param {(Uint8Array|null)} leftover What was received already
   * @param {Number} fd The descriptor
   * @private
   */
  attach(ws, config, response, leftover, fd) {
    let settings = this.settings.get(config);

    if (settings === undefined) {
      settings = this.native.configure({
        ...config,
        deflate: config.deflate ?? undefined,
        receiveCredit: TEST_CREDIT > 0 ? TEST_CREDIT : config.receiveCredit
      });
      this.settings.set(config, settings);
    }

    this.adopt(ws);
    this.slab.attach(ws._$id, fd, settings, response, leftover);
    this.schedule();
  }

  /**
   * Sends all that was sent, as far as it goes without waiting: the process is about to exit. What is sent from now on, by
   * listeners of the application that come after ours, goes the same way at once: nothing comes after them.
   *
   * @private
   */
  flushLast() {
    this.schedule = this.offer = this.flushLast;
    this.flush(true);
    this.native.flushLast();
  }

  /**
   * Sends the slab at once.
   *
   * @private
   */
  offer() {
    this.calls.flush();
  }

  /**
   * Gives a WebSocket an id.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  adopt(ws) {
    const { sockets } = this.walker;
    const index = this.free.length > 0 ? this.free.pop() : sockets.length;

    this.generations[index] ??= 0;
    ws._$channel = this;
    ws._$id = ((this.generations[index] << INDEX_BITS) | index) >>> 0;
    ws._$sent = 0;
    sockets[index] = ws;
    this.ledger.reset(index);
    this.connections++;
    noteConnection();
    this.ref(ws);
  }

  /**
   * Sends the slab when the current callback is done; a dispatch does so anyway.
   *
   * @private
   */
  schedule() {
    if (this.isScheduled || this.walker.isWalking) return;

    this.isScheduled = true;
    resolved.then(this.flush);
  }

  /**
   * Tells how many bytes the kernel has not taken.
   *
   * @param {WebSocket} ws The WebSocket
   * @return {Number} That many
   * @private
   */
  bufferedAmount(ws) {
    const index = ws._$id & INDEX;
    let amount = ws._$sent - this.ledger.written(index);

    if (amount === 0 || this.ledger.isBlocked(index)) return amount;

    // A thread has not come to it, or is at it just now.
    this.native.settle();
    amount = ws._$sent - this.ledger.written(index);

    // The kernel takes a little at once as long as it has refused nothing: with ws it would have done so already.
    return amount <= NEVER_REFUSED && !this.ledger.isBlocked(index) ? 0 : amount;
  }

  /**
   * Tells how many bytes wait because the kernel would not take them: unlike
   * `bufferedAmount`, what it was not offered yet does not count.
   *
   * @param {WebSocket} ws The WebSocket
   * @return {Number} That many
   * @private
   */
  stuckAmount(ws) {
    this.offer();
    this.native.settle();
    return this.ledger.isBlocked(ws._$id & INDEX) ? this.bufferedAmount(ws) : 0;
  }

  /**
   * Keeps the process alive for a connection.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  ref(ws) {
    if ((ws._$marks & HELD) !== 0) return;

    ws._$marks |= HELD;
    if (this.held++ === 0) this.native.hold(true);
  }

  /**
   * Does so no longer.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  unref(ws) {
    if ((ws._$marks & HELD) === 0) return;

    ws._$marks &= ~HELD;
    if (--this.held === 0) this.native.hold(false);
  }

  /**
   * Sets or reads a socket option.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {String} name Its name
   * @param {...*} values Its values, see socket-options.js; none to read it
   * @return {Number} 0, the value read, or a negated error number
   * @private
   */
  option(ws, name, ...values) {
    if (ws._$channel !== this) return EBADF;

    // What was asked for before, the connection itself for one, comes before.
    this.flush();

    return values.length === 0 ? getOption(this, ws, name)[0] : setOption(this, ws, wordsOf(name, ...values));
  }

  /**
   * Tells how many bytes were read and written; also while its end is told.
   *
   * @param {WebSocket} ws The WebSocket
   * @return {Object} Those counts, and what the kernel has not taken
   * @private
   */
  counts(ws) {
    return this.ledger.counts(ws._$id & INDEX, ws._$channel === this ? this.bufferedAmount(ws) : 0);
  }

  /**
   * What the reactor has done. While it is at work, what it had done before.
   *
   * @return {Object} The totals
   * @private
   */
  stats() {
    this.lastStats = this.native.stats() ?? this.lastStats;

    // What waits here for WebSockets that take none now, and what their messages share.
    const memory = this.lastStats.memory + this.backlog.held() + this.walker.memory.pooled;

    return { driver: this.native.driver, ...this.lastStats, memory };
  }

  /**
   * A slab with callbacks went out at once.
   *
   * @private
   */
  written() {
    for (const ws of this.callbacks.takeFresh()) this.settle(ws);
  }

  /**
   * Calls the callbacks of a WebSocket that are due.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  settle(ws) {
    if (ws._$channel === this) this.callbacks.settle(ws, this.ledger.written(ws._$id & INDEX));
  }

  /**
   * Delivers an event that was kept back.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {Number} kind Its kind
   * @param {*} data What it carries
   * @private
   */
  deliver(ws, kind, data) {
    this.walker.deliver(ws, kind, data);
  }

  /**
   * Something that is no event of the WebSocket: it takes them now or not.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {Number} kind What it is
   * @private
   */
  told(ws, kind) {
    if (kind === FINISHED) ws._$link.finished();
  }

  /**
   * Whether a kind of event is a connection's last.
   *
   * @param {Number} kind The kind
   * @return {Boolean} `true` if nothing follows
   * @private
   */
  isLast(kind) {
    return kind === GONE;
  }

  /**
   * The peer sends no more.
   *
   * @param {WebSocket} ws The WebSocket
   * @private
   */
  ended(ws) {
    ws._$onEnd();
    if (ws._$channel === this) this.shutdown(ws);
  }

  /**
   * A connection is gone.
   *
   * @param {WebSocket} ws The WebSocket
   * @param {Buffer} last What the reactor has to say of it
   * @param {Number} [taken] How much of what was sent had not to be compressed any more
   * @private
   */
  closed(ws, last, taken = last.length > 0 ? last.readDoubleLE(0) : Infinity) {
    const index = ws._$id & INDEX;

    this.walker.memory.drop(ws);
    this.walker.sockets[index] = null;
    this.generations[index] = (this.generations[index] + 1) & GENERATIONS;
    this.free.push(index);
    this.connections--;
    noteConnection();
    this.callbacks.fail(ws, last, taken);
    try {
      ws._$onClosed();
    } finally {
      this.unref(ws);
    }
  }
}

module.exports = { FdChannel };
