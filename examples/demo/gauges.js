'use strict';

// What do messages cost this process right now? Messages, CPU time of the JS thread and of the process, event-loop
// delay, connections.

const EventEmitter = require('events');

const { stats } = require('../..');
const LoopDelay = require('./loop-delay');
const threadTime = require('./thread-time');

const SAMPLE_MS = 250;
/** Half a minute, for pages that come later. */
const REMEMBERED = 120;
/** With fewer messages in a sample, what the page itself costs would be most of "per message". */
const ENOUGH_MESSAGES = 100;

/** Counts, and emits 'sample' four times a second. */
class Gauges extends EventEmitter {
  /** Starts to measure. */
  constructor() {
    super();
    this.counts = { chat: 0, upshift: 0, ws: 0 };
    this.endpoints = [];
    this.delay = new LoopDelay();
    this.before = this.read();
    this.history = [];
    this.timer = setInterval(() => this.take(), SAMPLE_MS);
  }

  /**
   * @param {String} name Whose message it was
   * @public
   */
  count(name) {
    this.counts[name]++;
  }

  /**
   * @param {WebSocketServer[]} endpoints Whose connections to count
   * @public
   */
  watch(endpoints) {
    this.endpoints = endpoints;
  }

  /**
   * @return {Number} Open WebSockets
   * @public
   */
  connections() {
    return this.endpoints.reduce((sum, endpoint) => sum + endpoint.clients.size, 0);
  }

  /**
   * All counters as they stand; two readings make a figure.
   *
   * @return {Object} Times in microseconds
   * @public
   */
  read() {
    const { user, system } = process.cpuUsage();
    return {
      at: Number(process.hrtime.bigint() / 1000n),
      messages: { ...this.counts },
      thread: threadTime(),
      process: user + system
    };
  }

  /**
   * Takes a sample and tells it.
   *
   * @private
   */
  take() {
    const sample = this.sample();
    this.history.push(sample);
    if (this.history.length > REMEMBERED) this.history.shift();
    this.emit('sample', sample);
  }

  /**
   * The figures since the last sample.
   *
   * @return {Object} What the live charts draw
   * @private
   */
  sample() {
    const [before, now] = [this.before, this.read()];
    this.before = now;
    const total = ({ messages }) => messages.chat + messages.upshift + messages.ws;
    const messages = total(now) - total(before);
    return {
      at: Date.now(),
      perSecond: (messages * 1e6) / (now.at - before.at),
      threadTime: messages >= ENOUGH_MESSAGES ? (now.thread - before.thread) / messages : null,
      delay: this.delay.worst(),
      connections: this.connections(),
      driver: stats().reactors[0]?.driver
    };
  }

  /**
   * Lets go of what would keep the process alive.
   *
   * @public
   */
  stop() {
    clearInterval(this.timer);
    this.delay.stop();
  }
}

module.exports = Gauges;
