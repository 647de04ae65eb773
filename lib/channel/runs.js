'use strict';

// What becomes of a run, the events of one connection from one read? Messages
// that came together share a piece of memory; everything else goes one by one.

const { BINARY, TEXT } = require('../base/constants');
const { KIND, TABLE_BYTES } = require('./batch');
const { FastBuffer, SHARED, copyChunk } = require('./message-memory');

/**
 * Handles a run: the events of one connection from one read.
 *
 * @this Walker
 * @param {WebSocket} ws The WebSocket
 * @private
 */
function runEvents(ws) {
  const { words } = this.batch;

  while (this.cursor < this.stop) {
    if (this.cursor + 1 < this.stop && ws._binaryType === 'nodebuffer' && !this.isHeld(ws)) {
      const last = lastOfChunk(words, this.cursor, this.stop);

      if (last > this.cursor + 1) {
        runChunk(this, ws, last);
        continue;
      }
    }

    this.event(ws);
  }
}

module.exports = { runEvents };

/**
 * Finds how many messages from one read can share a piece of memory.
 *
 * @param {Uint32Array} words The words of the batch
 * @param {Number} first The first message
 * @param {Number} stop The end of the run
 * @return {Number} The first event that can not
 * @private
 */
function lastOfChunk(words, first, stop) {
  const start = words[(first << 2) + 2];
  let last = first;

  for (; last < stop; last++) {
    const at = last << 2;
    const kind = words[at + 1] & KIND;

    if (kind !== TEXT && kind !== BINARY) break;
    if (words[at + 2] + words[at + 3] - start > SHARED) break;
  }

  return last;
}

/**
 * Hands messages over that share a piece of memory.
 *
 * @param {Walker} walker The walker
 * @param {WebSocket} ws The WebSocket
 * @param {Number} last Where to stop
 * @private
 */
function runChunk(walker, ws, last) {
  const { memory, words } = walker.batch;
  const start = words[(walker.cursor << 2) + 2];
  const end = (last - 1) << 2;
  const size = words[end + 2] + words[end + 3] - start;
  const piece = copyChunk(memory, TABLE_BYTES + start, size);

  while (walker.cursor < last) {
    if (ws._$flow !== 0 || ws._binaryType !== 'nodebuffer') return;
    // A handler has given the piece away: the rest is copied once more.
    if (size !== 0 && piece.byteLength === 0) return;

    const at = walker.cursor++ << 2;

    ws._$onMessage(new FastBuffer(piece, words[at + 2] - start, words[at + 3]), (words[at + 1] & KIND) === BINARY);
  }
}
