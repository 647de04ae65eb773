'use strict';

/**
 * How far is it? One line that is written over on a terminal, a line per measurement elsewhere.
 */

const WIDTH = 24;

/** Counts measurements. */
class Progress {
  /**
   * @param {Number} total How many there will be
   * @param {WriteStream} [stream] Where to
   */
  constructor(total, stream = process.stderr) {
    this.total = total;
    this.stream = stream;
    this.done = 0;
    this.began = Date.now();
  }

  /**
   * @param {String} what What begins now
   * @public
   */
  step(what) {
    const filled = Math.round((this.done / this.total) * WIDTH);
    const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
    const line = `${bar} ${this.done + 1}/${this.total}  ${what}${this.left()}`;
    if (this.stream.isTTY) this.stream.write(`\r\x1b[2K${line.slice(0, this.stream.columns - 1)}`);
    else this.stream.write(`${line}\n`);
    this.done++;
  }

  /**
   * Leaves a clean line.
   *
   * @public
   */
  clear() {
    if (this.stream.isTTY) this.stream.write('\r\x1b[2K');
  }

  /**
   * @return {String} How long the rest will take
   * @private
   */
  left() {
    if (this.done === 0) return '';
    const seconds = Math.round(((Date.now() - this.began) / this.done / 1000) * (this.total - this.done));
    return `  ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} left`;
  }
}

module.exports = Progress;
