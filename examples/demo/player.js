'use strict';

// How is the load process asked to do something? A request and an answer over its IPC channel.

const { fork } = require('child_process');
const path = require('path');

/** The worker process, forked when first needed. */
class Player {
  /**
   * @param {Function} port Tells the port of the server to load
   */
  constructor(port) {
    this.port = port;
    this.worker = null;
    this.waiting = new Map();
    this.asked = 0;
    this.stopped = false;
  }

  /**
   * Sends a request.
   *
   * @param {Object} request The verb and what it needs
   * @return {Promise<Object>} The answer
   * @public
   */
  ask(request) {
    if (this.stopped) return Promise.reject(new Error('the demo ends'));
    const worker = (this.worker ??= this.launch());
    const id = ++this.asked;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      worker.send({ id, port: this.port(), ...request }, (err) => err && this.answer({ id, error: err.message }));
    });
  }

  /**
   * Ends the worker, which leaves when its channel closes; none is forked any more.
   *
   * @public
   */
  stop() {
    this.stopped = true;
    if (this.worker?.connected) this.worker.disconnect();
  }

  /**
   * @return {ChildProcess} A new worker
   * @private
   */
  launch() {
    const worker = fork(path.join(__dirname, 'storm-worker.js'));
    worker.on('message', (answer) => this.answer(answer));
    worker.on('exit', () => this.lost());
    return worker;
  }

  /**
   * @param {Object} answer What the worker said
   * @private
   */
  answer({ id, error, ...answer }) {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (error) waiting?.reject(new Error(error));
    else waiting?.resolve(answer);
  }

  /**
   * The worker is gone: nobody waits for it any longer, and the next request forks another.
   *
   * @private
   */
  lost() {
    this.worker = null;
    for (const id of [...this.waiting.keys()]) this.answer({ id, error: 'the load process ended' });
  }
}

module.exports = Player;
