'use strict';

// What does the same load cost with ws and with Upshift? A worker process plays it to both in short turns, so that both
// meet the same machine; this process, which serves both, measures itself and emits what it finds as it goes.

const EventEmitter = require('events');
const { setTimeout: pause } = require('timers/promises');

const LoopDelay = require('./loop-delay');
const Player = require('./player');
const summary = require('./summary');

const CONTENDERS = ['ws', 'upshift'];
const ROUNDS = 6;
const SETTLE_MS = 250;
const SAMPLES = 8;
const SAMPLE_MS = 100;

const SHAPES = [
  { name: 'small', title: 'Small messages, 50 connections with 50 in flight', conns: 50, pipeline: 50, size: 64 },
  { name: 'turns', title: 'One at a time, 100 connections, 64 bytes', conns: 100, pipeline: 1, size: 64 },
  { name: 'large', title: 'Large messages, 20 connections, 64 KiB', conns: 20, pipeline: 2, size: 65536 }
];

/** Emits 'storm' (phases begin, sample, end, failed) and 'traffic' (messages per second). */
class Storm extends EventEmitter {
  /**
   * @param {http.Server} server The server with the endpoints /echo/ws and /echo/upshift
   * @param {Gauges} gauges What this process measures
   */
  constructor(server, gauges) {
    super();
    this.shapes = SHAPES;
    this.gauges = gauges;
    this.player = new Player(() => server.address().port);
    /** The storm so far, or the last one, for pages that come later. */
    this.last = null;
    this.running = false;
    this.perSecond = 1000;
    this.watched = false;
  }

  /**
   * Begins a storm.
   *
   * @param {Object} shape One of the shapes
   * @return {Boolean} False while another one is under way
   * @public
   */
  start(shape) {
    if (this.running) return false;
    this.running = true;
    this.run(shape)
      .catch((err) => this.tell({ phase: 'failed', reason: err.message }))
      .finally(() => {
        this.running = false;
        this.playTraffic();
      });
    return true;
  }

  /**
   * Sets the steady traffic that keeps the live charts busy.
   *
   * @param {Number} perSecond Messages per second
   * @public
   */
  traffic(perSecond) {
    this.perSecond = perSecond;
    this.emit('traffic', perSecond);
    this.playTraffic();
  }

  /**
   * Somebody is looking.
   *
   * @public
   */
  wake() {
    this.watched = true;
    this.playTraffic();
  }

  /**
   * Nobody is looking: no traffic for nobody.
   *
   * @public
   */
  quiet() {
    this.watched = false;
    this.playTraffic();
  }

  /**
   * Ends the worker process.
   *
   * @public
   */
  stop() {
    this.player.stop();
  }

  /**
   * Tells the worker how much steady traffic there should be. A storm has the machine for itself.
   *
   * @private
   */
  playTraffic() {
    if (this.running) return;
    const perSecond = this.watched ? this.perSecond : 0;
    this.player.ask({ verb: 'traffic', path: '/echo/upshift', perSecond }).catch(() => {});
  }

  /**
   * @param {Object} shape What to play
   * @return {Promise<void>} Resolves when both have been measured
   * @private
   */
  async run(shape) {
    this.last = { phase: 'begin', shape, slots: ROUNDS * SAMPLES, samples: { ws: [], upshift: [] } };
    this.emit('storm', this.last);
    await this.player.ask({ verb: 'traffic', perSecond: 0 });
    for (const name of CONTENDERS) await this.player.ask({ ...shape, verb: 'open', name, path: `/echo/${name}` });
    this.delay = new LoopDelay();
    for (let round = 0; round < ROUNDS; round++) {
      const order = round % 2 ? [...CONTENDERS].reverse() : CONTENDERS;
      for (const name of order) await this.turn(name);
    }
    this.delay.stop();
    for (const name of CONTENDERS) await this.player.ask({ verb: 'close', name });
    const { ws, upshift } = this.last.samples;
    this.last.results = { ws: summary(ws), upshift: summary(upshift) };
    this.tell({ phase: 'end', results: this.last.results });
  }

  /**
   * One contender's turn: start, settle, measure, halt.
   *
   * @param {String} name The contender
   * @return {Promise<void>} Resolves when the last echo is back
   * @private
   */
  async turn(name) {
    await this.player.ask({ verb: 'go', name });
    await pause(SETTLE_MS);
    this.delay.worst();
    const samples = [];
    for (let before = this.gauges.read(); samples.length < SAMPLES;) {
      await pause(SAMPLE_MS);
      const now = this.gauges.read();
      samples.push({ ...measure(before, now, name), delay: this.delay.worst() });
      this.tell({ phase: 'sample', name, sample: samples.at(-1) });
      before = now;
    }
    const { roundTrip } = await this.player.ask({ verb: 'halt', name });
    this.last.samples[name].push(...samples.map((sample) => ({ ...sample, roundTrip })));
  }

  /**
   * @param {Object} value A phase
   * @private
   */
  tell(value) {
    this.emit('storm', value);
  }
}

/**
 * The figures between two readings.
 *
 * @param {Object} before The earlier reading
 * @param {Object} now The later one
 * @param {String} name Whose messages count
 * @return {Object} Messages per second, and microseconds per message
 * @private
 */
function measure(before, now, name) {
  const messages = now.messages[name] - before.messages[name];
  const each = (key) => (messages ? (now[key] - before[key]) / messages : null);
  const perSecond = (messages * 1e6) / (now.at - before.at);
  return { perSecond, threadTime: each('thread'), processTime: each('process') };
}

module.exports = Storm;
