'use strict';

// Does a change of drivers lose, double or reorder anything? Ten thousand of them are forced while fifty connections echo
// messages of all sizes and others come and go abruptly.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { test } = require('node:test');

const WebSocket = require('ws');

const { start } = require('../support/child');

const CONNECTIONS = 50;
const VISITORS = 10;
const SWITCHES = 10_000;
const BUSY = 9_000;
/** On both sides of every limit there is: lengths in headers, pools, direct writes, memory lent and assembled. */
const SMALL = [0, 1, 20, 63, 64, 65, 100, 125, 126, 200, 500, 513, 1000, 2000, 4000];
const LARGE = [9000, 15000, 16383, 16384, 16400, 20000, 65535, 65536, 65600, 140000, 300000, 1048576];

/**
 * A generator of numbers that are the same in every run.
 *
 * @param {Number} seed Where to begin
 * @return {Function} Returns a whole number below its argument
 */
function dice(seed) {
  let state = seed;

  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % below;
  };
}

/** A connection that sends messages and wants each back, in order. */
class Echoed {
  /**
   * @param {String} url The server
   * @param {Number} number The number of the connection
   */
  constructor(url, number) {
    this.roll = dice(number + 1);
    this.number = number;
    this.expected = [];
    this.sent = 0;
    this.faults = [];
    this.goesOn = true;
    this.ws = new WebSocket(url, { perMessageDeflate: false, skipUTF8Validation: true });
    this.ws.on('open', () => {
      for (let i = 0; i <= 3 * (number % 8); i++) this.send();
    });
    this.ws.on('message', (data, isBinary) => this.check(data, isBinary));
    this.done = once(this.ws, 'close');
  }

  /** Sends one more. */
  send() {
    const sizes = this.roll(20) === 0 ? LARGE : SMALL;
    const size = sizes[this.roll(sizes.length)];
    const data = Buffer.alloc(size, (this.sent * 31 + this.number) & 0x7f);
    const binary = this.roll(2) === 0;

    if (size >= 16) data.write(`${this.number}/${this.sent}`);
    this.sent++;
    this.expected.push({ data, binary });
    this.ws.send(data, { binary });
  }

  /**
   * @param {Buffer} data What came back
   * @param {Boolean} isBinary Whether it is binary
   */
  check(data, isBinary) {
    const { data: wanted, binary } = this.expected.shift() ?? {};

    if (wanted === undefined || binary !== isBinary || !data.equals(wanted)) {
      this.faults.push(`connection ${this.number}: ${data.length} bytes instead of ${wanted?.length}`);
    }

    if (this.goesOn) this.send();
    if (this.goesOn && this.roll(50) === 0 && this.expected.length < 40) this.send();
    if (this.expected.length === 0) this.ws.close();
  }
}

/**
 * Opens connections one after the other that leave without a word; what each of them gets has to be its own.
 *
 * @param {String} url The server
 * @param {Object} state `goesOn`; counts `visits` and `strange` messages
 */
async function visit(url, state) {
  while (state.goesOn) {
    const ws = new WebSocket(url, { perMessageDeflate: false });
    const number = ++state.visits;
    let count = 0;

    ws.on('message', (data) => {
      if (data.readUInt32LE(0) !== number) state.strange++;
      if (++count === 1 + (number % 5)) ws.terminate();
    });
    ws.on('error', () => {});
    await once(ws, 'open');
    for (let i = 0; i < 5; i++) {
      const data = Buffer.alloc(i === 3 ? 40_000 : 100);

      data.writeUInt32LE(number, 0);
      ws.send(data);
    }
    await once(ws, 'close');
  }
}

/**
 * @param {ChildProcess} child The server
 * @return {Promise<Object>} Its stats
 */
async function statsOf(child) {
  child.send('stats');
  return (await once(child, 'message'))[0];
}

for (const every of [1, 100]) {
  test(`10,000 switches, one every ${every} µs, harm nothing`, { timeout: 120_000 }, async (t) => {
    const env = { UPSHIFT_DRIVER: 'auto', UPSHIFT_TRANSPORT: 'fd', UPSHIFT_TEST_SWITCH_EVERY: String(every) };
    const child = start('echo-server', [], { env });

    t.after(() => child.kill());

    const [port] = await once(child, 'message');
    const url = `ws://127.0.0.1:${port}`;
    const all = Array.from({ length: CONNECTIONS }, (_, i) => new Echoed(url, i));
    const state = { goesOn: true, visits: 0, strange: 0 };
    const visitors = Array.from({ length: VISITORS }, () => visit(url, state));
    let stats;

    do {
      await new Promise((resolve) => setTimeout(resolve, 100));
      stats = await statsOf(child);
    } while (!(stats.switches >= SWITCHES && stats.busySwitches >= BUSY));

    state.goesOn = false;
    for (const connection of all) connection.goesOn = false;
    await Promise.all(visitors);
    await Promise.all(all.map(({ done }) => done));
    assert.deepEqual(
      all.flatMap(({ faults }) => faults),
      []
    );
    assert.equal(state.strange, 0);
    assert.ok(state.visits >= 100, `${state.visits} visits`);
    t.diagnostic(`${stats.switches} switches, ${stats.busySwitches} of them busy; ${stats.messagesIn} messages`);
    do {
      stats = await statsOf(child);
    } while (stats.connections > 0);
  });
}
