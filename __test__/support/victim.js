'use strict';

// What does an attack leave behind? The server runs in a process of its own, which can be asked what it holds; a
// neighbour exchanges messages with it the whole time.

const assert = require('node:assert/strict');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { isDeepStrictEqual } = require('node:util');

const { RawClient } = require('./raw-client');

const FIXTURE = path.join(__dirname, '..', 'fixtures', 'victim.js');

/** How much more after a series of attacks is nothing to speak of, in parts of what there was: about 100 KiB of objects. */
const MORE = 0.01;
/** The same for what allocators have from the system, which is never at rest. */
const RESIDENT_MORE = 0.02;
/** The same for what the engine says it holds (bytes). */
const NATIVE_MORE = 64 * 1024;
/** The attacks of a series: what each of them leaves behind adds up. */
const SERIES = 2;
/** How many series may leave more than that behind: code is compiled and allocators grow, but what leaks does so each time. */
const MOST_SERIES = 4;
/** Has glibc give memory back as soon as it is free, or resident memory would say little. */
const FRUGAL = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '65536', MALLOC_TRIM_THRESHOLD_: '65536' };
/** How long a process may take to come to rest (ms). */
const PATIENCE = 20000;
/** How long until what the engine keeps warm has gone (ms): it does so within two seconds, or stays, as its compressors do. */
const REST = 3000;
/** How long collectors may take (ms). */
const SWEEP = 500;

/** A process that serves. */
class Victim {
  /**
   * @param {ChildProcess} child The process
   */
  constructor(child) {
    this.child = child;
    this.calls = new Map();
    this.last = 0;
    /** How connections ended, and who waits for that, by the target of their requests. */
    this.stories = new Map();
    this.wake = () => {};
    this.death = null;
    this.errors = '';
    child.stderr.on('data', (chunk) => (this.errors += chunk));
    child.on('message', (message) => this.hear(message));
    child.on('exit', (code, signal) => this.fail(new Error(`the server died (${signal ?? code}): ${this.errors}`)));
  }

  /**
   * Starts one.
   *
   * @param {Object} [options] `descriptors`, the most it may have
   * @return {Promise<Victim>} The process
   */
  static async start({ descriptors } = {}) {
    const limit = descriptors === undefined ? '' : `ulimit -n ${descriptors} && `;
    const child = spawn('sh', ['-c', `${limit}exec "$0" --expose-gc "$1"`, process.execPath, FIXTURE], {
      env: { ...process.env, ...FRUGAL },
      stdio: ['ignore', 'inherit', 'pipe', 'ipc']
    });
    const victim = new Victim(child);

    // The first call is answered as soon as everything is loaded.
    await victim.run(() => true);
    return victim;
  }

  /**
   * @param {Object} message What the process says
   */
  hear({ id, value, error, story }) {
    if (story !== undefined) {
      this.stories.set(story.url, [...(this.stories.get(story.url) ?? []), story]);
      this.wake();
      return;
    }

    const call = this.calls.get(id);

    if (call === undefined) return;

    this.calls.delete(id);
    if (error === undefined) call.resolve(value);
    else call.reject(new Error(error));
  }

  /**
   * Nobody answers any more.
   *
   * @param {Error} err Why
   */
  fail(err) {
    this.death = err;
    this.wake();
    for (const { reject } of this.calls.values()) reject(err);
    this.calls.clear();
  }

  /**
   * Runs a function there.
   *
   * @param {Function} act Gets what the fixture offers, then the arguments; sees nothing of what surrounds it
   * @param {...*} args What JSON can carry
   * @return {Promise<*>} What it returns
   */
  run(act, ...args) {
    return new Promise((resolve, reject) => {
      const id = ++this.last;

      this.calls.set(id, { resolve, reject });
      this.child.send({ id, source: act.toString(), args });
    });
  }

  /**
   * Starts a server that echoes.
   *
   * @param {Object} [options] Options of the WebSocketServer, and as `http` those of the HTTP server
   * @return {Promise<Number>} Its port
   */
  serve(options = {}) {
    return this.run((here, given) => here.serve(given), options);
  }

  /**
   * Waits until connections have ended.
   *
   * @param {String} url The target of their requests
   * @param {Number} [count] How many
   * @return {Promise<Object[]>} For each `{ url, transport, messages, error, close }`
   */
  async ended(url, count = 1) {
    while ((this.stories.get(url)?.length ?? 0) < count) {
      if (this.death !== null) throw this.death;
      await new Promise((resolve) => (this.wake = resolve));
    }

    const stories = this.stories.get(url);

    this.stories.delete(url);
    return stories;
  }

  /**
   * Counts what the process holds.
   *
   * @return {Promise<Object>} The counts
   */
  census() {
    return this.run((here) => here.census());
  }

  /**
   * Waits until the process holds what it should.
   *
   * @param {Function} isIt Says so of a census
   * @param {Number} [patience] How long to wait (ms)
   * @return {Promise<Object>} That census, or the last one
   */
  async settles(isIt, patience = PATIENCE) {
    const deadline = Date.now() + patience;
    let now;

    do now = await this.census();
    while (!isIt(now) && Date.now() < deadline);

    return now;
  }

  /** Ends the process. */
  async end() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;

    this.child.removeAllListeners('exit');

    const exit = once(this.child, 'exit');

    this.child.disconnect();
    await exit;
  }
}

/**
 * Tells what of a census has to be the same whenever nothing is under way.
 *
 * @param {Object} census The census
 * @return {Object} The counts
 */
function countsOf({ connections, sockets, starved }) {
  return { connections, sockets, starved };
}

/**
 * @param {Object} before A census
 * @param {Object} now A later one
 * @return {Boolean} Whether descriptors and memory are back
 */
function isBack(before, now) {
  return (
    now.descriptors <= before.descriptors &&
    now.memory <= before.memory * (1 + MORE) &&
    now.native <= before.native + NATIVE_MORE &&
    now.outside <= before.outside + before.rss * RESIDENT_MORE
  );
}

/** A client that exchanges numbered messages with a server, one after the other. */
class Neighbour {
  /**
   * @param {RawClient} client A connected client
   */
  constructor(client) {
    this.client = client;
    this.count = 0;
    this.isLeaving = false;
    this.failure = null;
    this.done = this.talk();
  }

  /**
   * Moves in.
   *
   * @param {(Number|Object)} target As for `RawClient.connect()`
   * @return {Promise<Neighbour>} The neighbour
   */
  static async open(target) {
    return new Neighbour(await RawClient.open(target, { path: '/neighbour' }));
  }

  /** Sends and receives until it leaves. */
  async talk() {
    while (!this.isLeaving) {
      const text = `message ${this.count} of a neighbour`;

      this.client.send(1, text);

      const { opcode, payload } = await this.client.frame();

      assert.deepEqual([opcode, payload.toString()], [1, text]);
      this.count++;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Waits for one more exchange from its beginning to its end. */
  async exchange() {
    const target = this.count + 2;

    while (this.count < target) {
      await Promise.race([this.done, new Promise((resolve) => setTimeout(resolve, 2))]);
    }
  }

  /** Leaves; fails if anything was ever wrong. */
  async leave() {
    this.isLeaving = true;
    await this.done;
    this.client.socket.destroy();
    await this.client.closed;
  }
}

/**
 * Attacks a server while a neighbour uses it: nothing may be left behind, and the neighbour must not notice. The first
 * attack warms up what the later ones need; what leaks, leaks each time.
 *
 * @param {Victim} victim The process
 * @param {(Number|Object)} target Where the neighbour connects
 * @param {Function} attack The attack
 */
async function withNeighbour(victim, target, attack) {
  const neighbour = await Neighbour.open(target);

  neighbour.done.catch(() => {});
  try {
    // Only the neighbour is there; the one before has left.
    const alone = await victim.settles((now) => now.connections === 1 && now.starved === 0 && now.sockets <= 1);
    const attackOnce = async () => {
      await attack();
      await neighbour.exchange();

      const now = await victim.settles((later) => isDeepStrictEqual(countsOf(later), countsOf(alone)));

      assert.deepEqual(countsOf(now), countsOf(alone), 'connections were left behind');
    };

    // What is warm now would hide what leaks.
    const rest = () => victim.settles(({ native }) => native <= NATIVE_MORE, REST);

    await attackOnce();

    let before = await rest();

    for (let series = 1; ; series++) {
      for (let i = 0; i < SERIES; i++) await attackOnce();
      await rest();

      const end = await victim.settles((now) => isBack(before, now), SWEEP);

      if (isBack(before, end)) return;
      assert.ok(series < MOST_SERIES, `something was left behind: ${JSON.stringify({ before, end })}`);
      before = end;
    }
  } finally {
    await neighbour.leave();
  }
}

module.exports = { Neighbour, Victim, withNeighbour };
