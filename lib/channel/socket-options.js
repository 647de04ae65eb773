'use strict';

// How does an option of a socket reach the descriptor that the engine owns? At once, when the reactor is to be had and has
// done all that was asked of it before; else as a command, in its place behind that. The words are those of
// src/engine/transport/option.rs, the values those libuv would give the kernel.

const os = require('os');

/** The names, in the order of their numbers. */
const NAMES = ['nodelay', 'keepalive', 'tos'];

/** What libuv takes where Node.js does not say: seconds between two probes, and how many of them. */
const INTERVAL = 1;
const COUNT = 10;

/** Not the same number everywhere. */
const EAGAIN = -os.constants.errno.EAGAIN;

/**
 * A number as Node's own handles read one that may be missing.
 *
 * @param {*} value The number
 * @param {Number} otherwise What it is when there is none
 * @return {Number} It
 * @private
 */
function unsigned(value, otherwise) {
  return Number.isInteger(value) && value >= 0 && value <= 0xffffffff ? value : otherwise;
}

/**
 * The words of an option.
 *
 * @param {String} name `'nodelay'`, `'keepalive'` or `'tos'`
 * @param {(Boolean|Number)} value On or off; for `'tos'` the value
 * @param {Number} [idle] For `'keepalive'`: seconds of silence before the first probe
 * @param {Number} [interval] Seconds between two probes
 * @param {Number} [count] How many without an answer end the connection
 * @return {Number[]} Those
 * @private
 */
function wordsOf(name, value, idle, interval, count) {
  return [NAMES.indexOf(name), Number(value), idle >>> 0, unsigned(interval, INTERVAL), unsigned(count, COUNT)];
}

/**
 * Sets an option.
 *
 * @param {FdChannel} channel The channel; all commands that were given before have left its slab
 * @param {WebSocket} ws The WebSocket
 * @param {Number[]} words The option
 * @return {Number} 0, or a negated error number; 0 as well when the kernel will be asked later
 * @private
 */
function setOption(channel, ws, words) {
  const result = channel.native.setOption(ws._$id, words);

  if (result !== null) return result;

  // The reactor is at work, and nobody waits for it here.
  channel.slab.option(ws._$id, words);
  channel.schedule();
  return 0;
}

/**
 * Reads an option.
 *
 * @param {FdChannel} channel The channel; all commands that were given before have left its slab
 * @param {WebSocket} ws The WebSocket
 * @param {String} name The option
 * @return {Number[]} Its words; a single negated error number, `EAGAIN` while the reactor is at work
 * @private
 */
function getOption(channel, ws, name) {
  return channel.native.option(ws._$id, NAMES.indexOf(name)) ?? [EAGAIN];
}

module.exports = { getOption, setOption, wordsOf };
