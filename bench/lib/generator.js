'use strict';

/**
 * How is the load made? By the Rust program in bench/load: built here, run once per measurement.
 */

const { spawn, spawnSync } = require('child_process');
const { once } = require('events');
const fs = require('fs');
const path = require('path');

const { pinned } = require('./machine');

const CRATE = path.join(__dirname, '../load');

/**
 * Builds the generator; quick when nothing changed.
 *
 * @return {String} The program
 * @throws {Error} If cargo fails
 * @public
 */
function buildGenerator() {
  const args = ['build', '--release', '--locked', '--message-format', 'json-render-diagnostics'];
  const { status, error, stdout } = spawnSync('cargo', args, {
    cwd: CRATE,
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 64 << 20
  });
  if (error || status !== 0) throw new Error('the load generator (bench/load) could not be built with cargo');
  const built = String(stdout)
    .trim()
    .split('\n')
    .map(JSON.parse)
    .findLast((line) => line.executable);
  if (!built || !fs.existsSync(built.executable)) throw new Error('cargo built no load generator');
  return built.executable;
}

/** One run of the generator. */
class Generator {
  /**
   * Starts it.
   *
   * @param {String} program The generator
   * @param {String|null} cores Its cores
   * @param {Array} args Mode and options
   */
  constructor(program, cores, args) {
    this.child = spawn(...pinned(cores, program, args.map(String)), { stdio: ['ignore', 'pipe', 'pipe'] });
    this.out = collect(this.child.stdout);
    this.err = collect(this.child.stderr);
    this.exited = once(this.child, 'close');
  }

  /**
   * @return {Promise<Object>} Its figures
   * @throws {Error} With what it complained about
   * @public
   */
  async result() {
    const [code] = await this.exited;
    if (code !== 0) throw new Error(`the load generator failed: ${this.err().trim() || `exit ${code}`}`);
    return JSON.parse(this.out());
  }

  /**
   * @return {Promise<String>} The first line it says beside its figures
   * @public
   */
  async said() {
    while (!this.err().includes('\n')) await once(this.child.stderr, 'data');
    return this.err().split('\n')[0];
  }

  /**
   * Ends it early.
   *
   * @return {Promise<void>} Resolves when it is gone
   * @public
   */
  async stop() {
    this.child.kill('SIGKILL');
    await this.exited;
  }
}

/**
 * @param {Readable} stream A stream of text
 * @return {Function} Tells what has come so far
 * @private
 */
function collect(stream) {
  let text = '';
  stream.setEncoding('utf8').on('data', (part) => (text += part));
  return () => text;
}

module.exports = { Generator, buildGenerator };
