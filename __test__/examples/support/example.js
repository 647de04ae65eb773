'use strict';

// How does a test run an example? As a user would: as a process of its own, told its port by PORT, ended by Ctrl-C.

const assert = require('assert');
const path = require('path');
const { once } = require('events');
const { spawn } = require('child_process');

const WebSocket = require('ws');

const EXAMPLES = path.join(__dirname, '../../../examples');

/** What has not happened within this time (ms) is not going to. */
const PATIENCE = 30_000;

/**
 * Waits, but not for ever.
 *
 * @param {Promise} promise What for
 * @param {Function} describe Says what is missing
 * @return {Promise<*>} What came
 */
async function within(promise, describe) {
  let timer;
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`waited for ${describe()}`)), PATIENCE);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A running example. */
class Example {
  /**
   * @param {ChildProcess} child Its process
   */
  constructor(child) {
    this.child = child;
    this.output = '';
    this.errors = '';
    this.url = null;
    // It may end before it has read what it was given; its end is looked at elsewhere.
    child.stdin.on('error', () => {});
    child.stdout.setEncoding('utf8').on('data', (text) => (this.output += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (this.errors += text));
    this.ended = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  }

  /**
   * Starts a program.
   *
   * @param {String} command The program
   * @param {String[]} args Its arguments
   * @param {Object} [env] Variables for it
   * @return {Example} It
   */
  static spawn(command, args, env = {}) {
    // The runner of the tests leaves a mark by which a child would believe to be one of its own.
    const options = { env: { ...process.env, NODE_TEST_CONTEXT: '', ...env }, stdio: 'pipe' };
    return new Example(spawn(command, args, options));
  }

  /**
   * Starts an example, which need not be a server.
   *
   * @param {String} file Its file in examples/
   * @param {String[]} [args] Its arguments
   * @param {Object} [env] Variables for it
   * @return {Example} It
   */
  static run(file, args = [], env = {}) {
    return Example.spawn(process.execPath, [...process.execArgv, path.join(EXAMPLES, file), ...args], env);
  }

  /**
   * Starts a server for one test, after which nothing is left of it.
   *
   * @param {TestContext} t The test
   * @param {String} file Its file in examples/
   * @param {Object} [env] Variables for it
   * @return {Promise<Example>} The server, `url` is what it printed
   */
  static async start(t, file, env = {}) {
    const example = Example.run(file, [], env);
    t.after(() => example.kill());
    const [, url] = await example.print(/(\w+:\/\/[^\s'"]+)/);
    example.url = url;
    return example;
  }

  /**
   * @param {String} [target] A path
   * @return {String} Where its WebSocket is
   */
  ws(target = '') {
    return String(new URL(target, this.url)).replace(/^http/, 'ws');
  }

  /**
   * Waits until something has been printed, to either stream.
   *
   * @param {RegExp} pattern What
   * @return {Promise<Object>} The match
   */
  async print(pattern) {
    const look = async () => {
      for (;;) {
        const match = pattern.exec(this.output) ?? pattern.exec(this.errors);
        if (match !== null) return match;
        const ended = await Promise.race([this.ended, ...this.heard()]);
        // `close` comes after the last output, which has been looked at then.
        if (ended?.code !== undefined && !pattern.test(this.output + this.errors)) throw new Error(this.describe());
      }
    };
    return within(look(), () => `${pattern}; ${this.describe()}`);
  }

  /**
   * @return {Promise[]} What tells of more output
   */
  heard() {
    return [this.child.stdout, this.child.stderr].map(
      (stream) => new Promise((resolve) => stream.once('data', () => setImmediate(resolve)))
    );
  }

  /**
   * @return {String} What it said so far
   */
  describe() {
    return `printed so far:\n${this.output}${this.errors}`;
  }

  /**
   * Presses Ctrl-C, after which it has to end by itself and well.
   *
   * @return {Promise<void>}
   */
  async interrupt() {
    this.child.kill('SIGINT');
    await this.succeed();
  }

  /**
   * Waits for its end, which has to be a good one.
   *
   * @return {Promise<void>}
   */
  async succeed() {
    const ended = await within(this.ended, () => `its end; ${this.describe()}`);
    assert.deepStrictEqual(ended, { code: 0, signal: null }, this.describe());
    assert.strictEqual(this.errors, '');
  }

  /** Ends it, whatever it does. */
  async kill() {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    await this.ended;
  }
}

/** A client of an example: the package ws, so that the two ends don't share their mistakes. */
class Client {
  /**
   * @param {WebSocket} ws The connection, still being opened
   */
  constructor(ws) {
    this.ws = ws;
    this.messages = [];
    ws.on('message', (data, isBinary) => this.messages.push(isBinary ? data : String(data)));
    ws.on('error', () => {});
    this.closed = once(ws, 'close').then(([code, reason]) => ({ code, reason: String(reason) }));
  }

  /**
   * Connects.
   *
   * @param {TestContext} t The test
   * @param {String} url The server
   * @param {Object} [options] Of ws
   * @return {Promise<Client>} The client, open
   */
  static async open(t, url, options = {}) {
    const { protocols = [], ...rest } = options;
    const client = new Client(new WebSocket(url, protocols, { perMessageDeflate: false, ...rest }));
    t.after(() => client.ws.terminate());
    await within(once(client.ws, 'open'), () => `a connection to ${url}`);
    return client;
  }

  /**
   * @param {(String|Buffer|Object)} message What to send; objects become JSON
   */
  send(message) {
    const isPlain = typeof message === 'object' && !Buffer.isBuffer(message);
    this.ws.send(isPlain ? JSON.stringify(message) : message);
  }

  /**
   * @return {Promise<(String|Buffer)>} The next message
   */
  async next() {
    const look = async () => {
      while (this.messages.length === 0) {
        const end = await Promise.race([once(this.ws, 'message'), this.closed]);
        if (end.code !== undefined && this.messages.length === 0) {
          throw new Error(`closed with ${end.code} ${end.reason}`);
        }
      }
      return this.messages.shift();
    };
    return within(look(), () => 'a message');
  }

  /**
   * @return {Promise<Object>} The next message, which is JSON
   */
  async json() {
    return JSON.parse(await this.next());
  }

  /**
   * Waits for a message that fits; those before it are dropped.
   *
   * @param {Function} fits Says whether it does, of the value in JSON
   * @return {Promise<Object>} It
   */
  async until(fits) {
    for (;;) {
      const message = await this.json();
      if (fits(message)) return message;
    }
  }

  /**
   * @return {Promise<Object>} How it was closed: `code` and `reason`
   */
  close() {
    return within(this.closed, () => 'its close');
  }
}

/**
 * Asks for a WebSocket that is refused.
 *
 * @param {String} url The server
 * @param {Object} [options] Of ws
 * @return {Promise<Object>} The answer: `status`, `headers`, `body`
 */
async function refusal(url, options = {}) {
  const ws = new WebSocket(url, { perMessageDeflate: false, ...options });
  ws.on('error', () => {});
  const answered = once(ws, 'unexpected-response').then(async ([, res]) => {
    const parts = await res.toArray();
    ws.terminate();
    return { status: res.statusCode, headers: res.headers, body: Buffer.concat(parts).toString() };
  });
  const opened = once(ws, 'open').then(() => {
    ws.terminate();
    throw new Error(`${url} let it in`);
  });
  return within(Promise.race([answered, opened]), () => `a refusal by ${url}`);
}

module.exports = { Client, EXAMPLES, Example, refusal, within };
