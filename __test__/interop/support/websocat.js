'use strict';

// How is websocat driven? By its command line, a process per connection: lines of its input become messages, messages
// become lines of its output, each with a prefix for its type and in base64.

const fs = require('node:fs');
const readline = require('node:readline');
const { execFileSync, spawn } = require('node:child_process');
const { setTimeout: sleep } = require('node:timers/promises');

const { freePort } = require('../../../scripts/free-port');
const { WEBSOCAT } = require('../../../scripts/peer-programs');
const { Peer } = require('./peer');

/** How it closes a connection has to be said when it starts. */
const CLOSE = { code: 4002, reason: 'good bye, ü' };

/** No characters of base64: it looks for the second one behind the first, too. */
const PREFIXES = { text: '(', binary: '[' };

const OPTIONS = [
  ...['--text', '--text-prefix', PREFIXES.text, '--base64-text', '--binary-prefix', PREFIXES.binary, '--base64'],
  ...['--exit-on-eof', '--buffer-size', String(16 * 1024 * 1024)],
  ...['--close-status-code', String(CLOSE.code), '--close-reason', CLOSE.reason],
  ...['--ping-interval', '1', '--print-ping-rtts']
];

/**
 * websocat. It does not tell when a connection is open, which subprotocol was chosen, or how it was closed.
 */
class WebsocatPeer extends Peer {
  /**
   * Looks whether it is there.
   *
   * @return {Promise<WebsocatPeer>} It
   */
  static async start() {
    const peer = new WebsocatPeer();

    peer.version = execFileSync(WEBSOCAT, ['--version'], { encoding: 'utf8' }).trim();
    peer.children = new Map();
    return peer;
  }

  /**
   * @param {Object} command The command
   */
  write({ id, do: verb, kind, parts, protocols, url }) {
    const child = this.children.get(id);

    if (verb === 'connect') {
      this.spawn(id, protocols.length > 0 ? ['--protocol', protocols.join(', ')] : [], ['-', url]);
      this.read({ id, event: 'open' });
    } else if (verb === 'listen') this.listen(id, protocols);
    else if (verb === 'send') child.stdin.write(`${PREFIXES[kind]}${parts[0]}\n`);
    else if (verb === 'ping') child.pings++;
    else if (verb === 'close') child.stdin.end();
  }

  /**
   * Starts a server. It takes no port 0: it would not say which one it got. That it listens is read off the kernel's
   * table, because its own announcement may wait for ever for the thread that writes messages to the same output.
   *
   * @param {Number} id The number of its connection
   * @param {String[]} protocols The subprotocol to choose, if there is one
   * @return {Promise<void>}
   * @private
   */
  async listen(id, protocols) {
    const port = await freePort();

    this.spawn(id, protocols.length > 0 ? ['--server-protocol', protocols[0]] : [], [
      '-',
      `ws-listen:127.0.0.1:${port}`
    ]);

    const child = this.children.get(id);

    while (!isListening(port)) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      await sleep(5);
    }

    this.read({ id, event: 'listening', port });
    this.read({ id, event: 'open' });
  }

  /**
   * Starts a process.
   *
   * @param {Number} id The number of its connection
   * @param {String[]} options Options
   * @param {String[]} ends What it connects
   * @private
   */
  spawn(id, options, ends) {
    const child = spawn(WEBSOCAT, [...OPTIONS, ...options, ...ends], { stdio: 'pipe' });

    this.children.set(id, child);
    child.pings = 0;
    child.stdin.on('error', () => {});
    readline.createInterface({ input: child.stdout }).on('line', (line) => this.readLine(id, line));
    readline.createInterface({ input: child.stderr }).on('line', (line) => {
      // It pings by itself, too: a pong counts only when somebody waits for one.
      if (/^RTT /.test(line) && child.pings > 0) {
        child.pings--;
        this.read({ id, event: 'pong' });
      }
    });
    child.on('error', (err) => this.read({ id, event: 'error', message: err.message }));
    child.on('exit', () => this.read({ id, event: 'close', code: null }));
  }

  /**
   * Understands a line of output.
   *
   * @param {Number} id The number of the connection
   * @param {String} line The line
   * @private
   */
  readLine(id, line) {
    this.read({ id, event: 'message', kind: line[0] === PREFIXES.text ? 'text' : 'binary', data: line.slice(1) });
  }

  /**
   * Ends what is left of it.
   *
   * @return {Promise<void>}
   */
  async stop() {
    for (const child of this.children.values()) child.kill();
  }
}

module.exports = { CLOSE, WebsocatPeer };

/**
 * Does anybody listen on a port of IPv4?
 *
 * @param {Number} port The port
 * @return {Boolean} `true` if somebody does
 * @private
 */
function isListening(port) {
  const entry = `:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A `;

  return fs.readFileSync('/proc/net/tcp', 'latin1').includes(entry);
}
