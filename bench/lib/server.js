'use strict';

/**
 * How is a server under test started, asked and ended? A fresh process for each measurement.
 */

const { spawn } = require('child_process');
const { once } = require('events');
const path = require('path');

const { pinned } = require('./machine');

/** A running server. */
class Server {
  /**
   * Starts one.
   *
   * @param {Object} contender Its script and environment
   * @param {Object} setup How
   * @param {String|null} setup.cores Its cores
   * @param {String[]} [setup.flags] Flags for Node
   * @return {Promise<Server>} The server, listening
   * @public
   */
  static async start({ script, env }, { cores, flags = [] }) {
    const args = [...flags, path.join(__dirname, '../servers', script)];
    const child = spawn(...pinned(cores, process.execPath, args), {
      env: { ...process.env, PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'inherit']
    });
    const listening = once(child.stdout.setEncoding('utf8'), 'data').then(([line]) => Number(line));
    const failed = once(child, 'exit').then(() => Promise.reject(new Error(`${script} did not start`)));
    const port = await Promise.race([listening, failed]);
    failed.catch(() => {});
    return new Server(child, port);
  }

  /**
   * @param {ChildProcess} child The process; taskset replaced itself by Node, so its id is the server's
   * @param {Number} port Where it listens
   */
  constructor(child, port) {
    this.child = child;
    this.pid = child.pid;
    this.port = port;
  }

  /**
   * @return {Promise<Object>} What the server tells about itself, after garbage collection where it can
   * @public
   */
  async state() {
    return this.ask('/');
  }

  /**
   * @param {String} path What to ask for
   * @return {Promise<Object>} The answer
   * @public
   */
  async ask(path) {
    return (await fetch(`http://127.0.0.1:${this.port}${path}`)).json();
  }

  /**
   * Ends it.
   *
   * @return {Promise<void>} Resolves when it is gone
   * @public
   */
  async stop() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }
}

module.exports = Server;
