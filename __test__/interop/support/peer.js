'use strict';

// How is a foreign program driven? It reads commands and writes events, one object in JSON per line, each with the number
// of the connection it belongs to. All that a program needs to know about it:
//
//   commands  connect { url, protocols, deflate }    open a connection
//             listen { protocols, deflate }          accept one on a port of its own
//             send { kind, parts }                   a message; several parts: as fragments where the program can
//             ping { data }, close { code, reason }  both may be empty or missing
//   events    ready { version }                      once, first
//             listening { port }, open { protocol, extensions }, message { kind, data }, ping { data }, pong { data },
//             close { code, reason }, error { message }
//
// Payloads are base64. A program that cannot tell of something (browsers never see a ping) just does not.

const { spawn } = require('node:child_process');
const readline = require('node:readline');

const { Side } = require('./side');

/**
 * The foreign end of a connection.
 */
class PeerSide extends Side {
  /**
   * @param {Peer} peer The program
   * @param {Number} id The number of the connection
   */
  constructor(peer, id) {
    super(peer.version);
    this.peer = peer;
    this.id = id;
  }

  /**
   * @param {String} command What the program has to do
   * @param {Object} [details] The rest of the command
   */
  tell(command, details) {
    this.peer.write({ id: this.id, do: command, ...details });
  }

  /**
   * As `OurSide.send()`.
   *
   * @param {String} kind `'text'` or `'binary'`
   * @param {...Buffer} parts Its fragments
   */
  send(kind, ...parts) {
    this.tell('send', { kind, parts: parts.map((part) => part.toString('base64')) });
  }

  /**
   * @param {Buffer} data What the ping carries
   */
  ping(data) {
    this.tell('ping', { data: data.toString('base64') });
  }

  /**
   * @param {Number} [code] The status code
   * @param {String} [reason] The reason
   */
  close(code, reason) {
    this.tell('close', { code, reason });
  }
}

/**
 * A foreign program. Subclasses know how to reach it: they `write()` commands and call `read()` with events.
 */
class Peer {
  constructor() {
    this.version = '?';
    this.sides = [];
  }

  /**
   * @return {PeerSide} The foreign end of a connection to come
   */
  side() {
    const side = new PeerSide(this, this.sides.length);

    this.sides.push(side);
    return side;
  }

  /**
   * Takes an event of the program.
   *
   * @param {Object} event The event
   */
  read({ id, data, ...event }) {
    if (data !== undefined) event.data = Buffer.from(data, 'base64');
    this.sides[id]?.note(event);
  }

  /**
   * The program has failed as a whole.
   *
   * @param {String} message How
   */
  fail(message) {
    for (const side of this.sides) side.note({ event: 'error', message });
  }
}

/**
 * A program that was written for these tests, as a child process.
 */
class ChildPeer extends Peer {
  /**
   * Starts it.
   *
   * @param {String} command The program
   * @param {String[]} [args] Its arguments
   * @return {Promise<ChildPeer>} The program, ready
   */
  static async start(command, args = []) {
    const peer = new ChildPeer();

    peer.child = spawn(command, args, {
      env: { ...process.env, NODE_TEST_CONTEXT: '' },
      stdio: ['pipe', 'pipe', 'inherit']
    });
    // Its death is told by 'exit'.
    peer.child.stdin.on('error', () => {});
    peer.version = await new Promise((resolve, reject) => {
      peer.child.on('error', reject);
      peer.child.on('exit', (code, signal) => {
        reject(new Error(`${command} ended with ${code ?? signal} before it was ready`));
        peer.fail(`the program ended with ${code ?? signal}`);
      });
      readline.createInterface({ input: peer.child.stdout }).on('line', (line) => {
        const event = JSON.parse(line);

        if (event.event === 'ready') resolve(event.version);
        else peer.read(event);
      });
    });
    return peer;
  }

  /**
   * @param {Object} command The command
   */
  write(command) {
    this.child.stdin.write(`${JSON.stringify(command)}\n`);
  }

  /**
   * Ends it: without commands to come it has nothing left to do.
   *
   * @return {Promise<void>}
   */
  async stop() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;

    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 5000);

    this.child.stdin.end();
    await ended;
    clearTimeout(timer);
  }
}

module.exports = { ChildPeer, Peer };
